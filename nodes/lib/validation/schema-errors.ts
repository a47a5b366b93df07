import type { ErrorObject } from "ajv";
import type { ErrorCode, Language } from "../errors/resonance-error";
import { fieldError, type FieldError } from "../record/field-error";
import { rangeText } from "../record/field-value";

/** More errors than this help nobody; the rest is left out. */
export const MOST_ERRORS = 50;

/** How an error of ajv is told: code, what was expected, where, and what was there. */
interface Telling {
  readonly code: ErrorCode;
  readonly expected: string;
  /** Property the error is about, below the place ajv names. */
  readonly property?: string;
  /** How the message names what it is about; the last part of the path where it is not given. */
  readonly name?: string;
  readonly actual: unknown;
  /** Further words of the code's text. */
  readonly words?: Readonly<Record<string, string>>;
}

type Tell = (error: ErrorObject, params: Readonly<Record<string, unknown>>) => Telling;

const size: Tell = ({ keyword, data }, { limit }) => ({
  code: "RESONANCE_VALUE_LENGTH",
  expected: `${keyword.startsWith("min") ? "≥" : "≤"} ${String(limit)}`,
  actual: sizeOf(data),
});
const range: Tell = ({ parentSchema, data }, { comparison, limit }) => ({
  code: "RESONANCE_VALUE_RANGE",
  expected: rangeText((parentSchema ?? {}) as Parameters<typeof rangeText>[0]) || `${String(comparison)} ${String(limit)}`,
  actual: data,
});
const form: Tell = ({ data }, { format, pattern }) => ({ code: "RESONANCE_VALUE_FORMAT", expected: String(format ?? pattern), actual: data });
const unexpected: Tell = ({ data }, params) => {
  const property = String(params["additionalProperty"] ?? params["unevaluatedProperty"] ?? params["propertyName"]);
  return { code: "RESONANCE_FIELD_UNEXPECTED", expected: "", property, actual: own(data, property) };
};

/** Keywords that are told in their own way; all others as `RESONANCE_VALUE_MISMATCH` with ajv's words. */
const TELLINGS: Readonly<Record<string, Tell>> = {
  required: (_, { missingProperty }) => ({ code: "RESONANCE_FIELD_MISSING", expected: "", property: String(missingProperty), actual: undefined }),
  additionalProperties: unexpected,
  unevaluatedProperties: unexpected,
  propertyNames: unexpected,
  type: ({ data }, { type }) => ({
    code: typeof data === "number" && !Number.isFinite(data) ? "RESONANCE_VALUE_NOT_FINITE" : "RESONANCE_VALUE_TYPE",
    expected: [type].flat().join(" | "),
    actual: data,
  }),
  minimum: range, maximum: range, exclusiveMinimum: range, exclusiveMaximum: range,
  multipleOf: ({ data }, { multipleOf }) => ({ code: "RESONANCE_VALUE_RANGE", expected: `n × ${String(multipleOf)}`, actual: data }),
  enum: ({ data }, { allowedValues }) => ({ code: "RESONANCE_VALUE_ENUM", expected: (allowedValues as unknown[]).map(text).join(", "), actual: data }),
  const: ({ data }, { allowedValue }) => ({ code: "RESONANCE_VALUE_ENUM", expected: text(allowedValue), actual: data }),
  format: form, pattern: form,
  ordered: ({ data }, { property, expected }) => ({ code: "RESONANCE_VALUE_RANGE", expected: String(expected), property: String(property), actual: own(data, String(property)) }),
  unitCode: ({ data }, { unit }) => ({ code: "RESONANCE_UNIT_UNKNOWN", expected: "UN/CEFACT", actual: data, words: { unit: String(unit) } }),
  minLength: size, maxLength: size, minItems: size, maxItems: size, minProperties: size, maxProperties: size,
};

/** Errors that only repeat others: `if` stands beside the errors of its branch, and what a property's name violates beside `propertyNames`. */
function repeats({ keyword, propertyName }: ErrorObject): boolean {
  return keyword === "if" || propertyName !== undefined;
}

/** ajv's errors as field errors in a language; `MOST_ERRORS` at most. `retell` may change how one is told. */
export function toFieldErrors(
  errors: readonly ErrorObject[], language: Language, retell: (telling: Telling, error: ErrorObject) => Telling = (telling) => telling,
): readonly FieldError[] {
  return errors.filter((error) => !repeats(error)).slice(0, MOST_ERRORS).map((error) => {
    const tell = TELLINGS[error.keyword];
    const params = error.params as Readonly<Record<string, unknown>>;
    const told = tell ? tell(error, params) : { code: "RESONANCE_VALUE_MISMATCH" as const, expected: error.message ?? error.keyword, actual: error.data };
    const { code, expected, property, name, actual, words }: Telling = retell(told, error);
    const place = error.instancePath.split("/").slice(1).map(unescape);
    const path = (property === undefined ? place : [...place, property]).join("/");
    return fieldError(path, { code, expected, actual }, language, { ...words, ...(name !== undefined && { field: name }) });
  });
}

/** A part of a JSON pointer as it was written in the document. */
function unescape(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function sizeOf(data: unknown): number {
  if (typeof data === "string") return Array.from(data).length;
  return Array.isArray(data) ? data.length : Object.keys(data as object).length;
}

function own(data: unknown, property: string): unknown {
  return Object.getOwnPropertyDescriptor(Object(data), property)?.value;
}
