import type { ErrorObject, ValidateFunction } from "ajv";
import type { Language } from "../errors/resonance-error";
import { StepsExceeded } from "../json/pattern";
import { fieldError, type FieldError } from "../record/field-error";
import { refillSteps } from "./ajv";
import { sizeOf } from "./payload-size";

/** A schema, compiled to find all errors; for large payloads to find the first one, which is compiled when it is needed. */
export interface CompiledSchema {
  readonly all: ValidateFunction;
  readonly first: () => ValidateFunction;
}

/** What a schema found: its errors, none for a valid payload, or that the payload is beyond what is checked. */
export type Outcome = { readonly errors: readonly ErrorObject[] } | { readonly limit: FieldError };

const NONE: Outcome = { errors: [] };

/** Both ways of a schema; `compile` gets whether all errors are wanted. */
export function compileBoth(compile: (allErrors: boolean) => ValidateFunction): CompiledSchema {
  let first: ValidateFunction | undefined;
  // A schema is itself checked while it is compiled, which takes steps too.
  const compiled = (allErrors: boolean): ValidateFunction => {
    refillSteps();
    return compile(allErrors);
  };
  return { all: compiled(true), first: () => (first ??= compiled(false)) };
}

/**
 * Runs a schema on a payload that may be anything: too deep, in a circle, or with texts too long for the schema's patterns. A `flat`
 * schema does not refer to itself: it never goes deeper than it is written, and says where a payload does.
 */
export function runGuarded(schema: CompiledSchema, payload: unknown, language: Language, { flat = false } = {}): Outcome {
  refillSteps();
  try {
    const size = sizeOf(payload);
    if (size === "limit" && !flat) return { limit: limitError(new RangeError(), language) };
    const validate = size === "usual" ? schema.all : schema.first();
    return validate(payload) ? NONE : { errors: validate.errors ?? [] };
  } catch (cause) {
    return { limit: limitError(cause, language) };
  }
}

/** What a failure of the runtime says about a payload; rethrows what is none of the payload's doing. */
export function limitError(cause: unknown, language: Language): FieldError {
  const limit = cause instanceof StepsExceeded ? "its texts are too long for the patterns"
    : cause instanceof RangeError ? "it nests too deep, holds itself, or is too long"
      : undefined;
  if (limit === undefined) throw cause;
  return fieldError("", { code: "RESONANCE_PAYLOAD_LIMIT", expected: limit, actual: undefined }, language);
}
