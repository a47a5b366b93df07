import { ResonanceError, textOf, type Language } from "../errors/resonance-error";
import { readDocument } from "../isa95/read-document";
import { fieldError, LONGEST_PATH, shorten, type FieldError } from "../record/field-error";
import { limitError } from "./guarded";
import type { Check } from "./record-validator";

/**
 * The check of B2MML V0701 messages, as XML text, JSON text or JSON object: names, order, cardinality, lists of values, dates and
 * numbers. It ends at the first error, since what follows from a wrong structure helps nobody.
 */
export function compileB2mmlValidator(language: Language): Check {
  return (payload) => {
    const text = textIn(payload);
    if (text === undefined) return [fieldError("", { code: "RESONANCE_VALUE_TYPE", expected: "XML | JSON", actual: payload }, language)];
    try {
      readDocument(text);
      return [];
    } catch (cause) {
      return [cause instanceof ResonanceError ? toFieldError(cause, language) : limitError(cause, language)];
    }
  };
}

/** The payload as text; `undefined` where it is nothing that can be written as such. */
export function textIn(payload: unknown): string | undefined {
  if (typeof payload === "string") return payload;
  if (Buffer.isBuffer(payload)) return payload.toString("utf8");
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return undefined;
  try {
    return JSON.stringify(payload);
  } catch {
    // In a circle, too deep, or with a value that JSON does not have.
    return undefined;
  }
}

/** A failure of reading or writing a document as what is wrong with a message. */
export function toFieldError({ code, params, path = "" }: ResonanceError, language: Language): FieldError {
  const { text } = textOf(code, params, language);
  return { path: path.slice(0, LONGEST_PATH), code, message: text, expected: String(params["expected"] ?? ""), actual: shorten(params["value"] ?? params["element"]) };
}
