import { ResonanceError } from "../errors/resonance-error";

// What decides whether a token stands in a text is matched sign by sign: one pattern for a whole text takes a stack as long as the
// text, and time without bound where it is never closed.
/** Signs of a JSON text that begin, end or stand in its texts, and its numbers. */
const SIGN_OR_NUMBER = /\\[^]|"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;
/** The same, and the literals that JSON does not have but some servers write. */
const SIGN_OR_LITERAL = /\\[^]|"|-?\b(?:NaN|Infinity)\b/g;
/** Levels of a document at most; what goes on with it descends level by level. */
const DEEPEST = 100;

/**
 * Reads JSON. With `exact`, integers of 16 digits and more become decimal strings instead of losing digits. The literals `NaN` and
 * `Infinity`, which JSON does not have, become strings, so that the value at fault can be named.
 * @throws RESONANCE_MODEL_ANSWER_INVALID for what is not JSON
 */
export function decodeJson(text: string, exact: boolean): unknown {
  const readable = exact && /\d{16}/.test(text)
    ? replaceOutside(text, SIGN_OR_NUMBER, (token) => (LONG_INTEGER.test(token) ? `"${token}"` : token))
    : text;
  return notTooDeep(parse(readable, text));
}

function parse(readable: string, text: string): unknown {
  try {
    return JSON.parse(readable) as unknown;
  } catch (cause) {
    const literals = /NaN|Infinity/.test(readable) ? parsed(replaceOutside(readable, SIGN_OR_LITERAL, (token) => `"${token}"`)) : undefined;
    if (literals !== undefined) return literals;
    throw new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail: notJson(text, cause as Error) }, { cause });
  }
}

/** Replaces the tokens that stand outside the texts of a JSON text. */
function replaceOutside(text: string, tokens: RegExp, replace: (token: string) => string): string {
  let inText = false;
  return text.replace(tokens, (token) => {
    if (token === '"') inText = !inText;
    return inText || token === '"' || token.startsWith("\\") ? token : replace(token);
  });
}

/** @throws RESONANCE_MODEL_ANSWER_INVALID */
function notTooDeep(document: unknown): unknown {
  let level = [document].filter(isNested);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > DEEPEST) throw new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail: `nested deeper than ${DEEPEST} levels` });
    const below: object[] = [];
    for (const part of level) {
      const members = Array.isArray(part) ? part as unknown[] : Object.values(part) as unknown[];
      for (const member of members) if (isNested(member)) below.push(member);
    }
    level = below;
  }
  return document;
}

function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null;
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
