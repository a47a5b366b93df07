import { ResonanceError } from "../errors/resonance-error";

/** Strings (skipped) and numbers of a JSON text. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;
/** Strings (skipped) and the literals that JSON does not have but some servers write. */
const STRING_OR_LITERAL = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/**
 * Reads JSON. With `exact`, integers of 16 digits and more become decimal strings instead of losing digits. The literals `NaN` and
 * `Infinity`, which JSON does not have, become strings, so that the value at fault can be named.
 * @throws RESONANCE_MODEL_ANSWER_INVALID for what is not JSON
 */
export function decodeJson(text: string, exact: boolean): unknown {
  const readable = exact && /\d{16}/.test(text)
    ? text.replace(STRING_OR_NUMBER, (token) => (LONG_INTEGER.test(token) ? `"${token}"` : token))
    : text;
  try {
    return JSON.parse(readable) as unknown;
  } catch (cause) {
    const literals = /NaN|Infinity/.test(readable) ? parsed(readable.replace(STRING_OR_LITERAL, (token) => (token.startsWith('"') ? token : `"${token}"`))) : undefined;
    if (literals !== undefined) return literals;
    throw new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail: notJson(text, cause as Error) }, { cause });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function notJson(text: string, { message }: Error): string {
  if (text.trim() === "") return "the answer is empty";
  return /^\s*<(?:!doctype|html)/i.test(text) ? "not JSON but a web page (HTML)" : `not JSON (${message})`;
}
