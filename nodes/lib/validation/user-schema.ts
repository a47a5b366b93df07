import type { ValidateFunction } from "ajv";
import { ResonanceError, type Language } from "../errors/resonance-error";
import { createAjv, type Draft } from "./ajv";
import type { Check } from "./record-validator";
import { toFieldErrors } from "./schema-errors";

const DRAFTS: readonly (readonly [RegExp, Draft])[] = [
  [/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/, "2020-12"],
  [/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/, "draft-07"],
];

/**
 * Compiles a user's JSON Schema: 2020-12, or draft-07 where `$schema` says so. No other document is ever loaded; unknown keywords and
 * formats are refused, since they are mostly misspelt (a profile's annotations are known).
 * @throws RESONANCE_SCHEMA_INVALID with the reason
 */
export function compileUserSchema(schemaText: string, language: Language = "en-US"): Check {
  const schema = parse(schemaText);
  const validate = compile(schema);
  return (payload) => (validate(payload) ? [] : toFieldErrors(validate.errors ?? [], language));
}

function parse(text: string): object | boolean {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (cause) {
    throw invalid(cause);
  }
  if (typeof schema === "boolean" || (typeof schema === "object" && schema !== null && !Array.isArray(schema))) return schema;
  throw invalid(new Error("a schema is an object, true or false"));
}

function compile(schema: object | boolean): ValidateFunction {
  const draft = draftOf(schema);
  try {
    return createAjv(draft).compile(schema);
  } catch (cause) {
    throw invalid(cause);
  }
}

function draftOf(schema: object | boolean): Draft {
  const named = typeof schema === "object" ? (schema as { $schema?: unknown }).$schema : undefined;
  if (named === undefined) return "2020-12";
  const known = typeof named === "string" ? DRAFTS.find(([pattern]) => pattern.test(named)) : undefined;
  if (!known) throw invalid(new Error(`$schema ${JSON.stringify(named)} is neither 2020-12 nor draft-07`));
  return known[1];
}

function invalid(cause: unknown): ResonanceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ResonanceError("RESONANCE_SCHEMA_INVALID", { reason: reason.slice(0, 500) }, { path: "schema", cause });
}
