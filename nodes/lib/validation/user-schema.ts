import type { ValidateFunction } from "ajv";
import { ResonanceError, type Language } from "../errors/resonance-error";
import { JsonSyntax, readJson } from "../json/json-source";
import { createAjv, UnsafePattern, type Draft } from "./ajv";
import { compileBoth, runGuarded } from "./guarded";
import type { Check } from "./record-validator";
import { FOLDER_URI, referredSchemas, type ReferredSchema } from "./schema-folder";
import { toFieldErrors } from "./schema-errors";

const DRAFTS: readonly (readonly [RegExp, Draft])[] = [
  [/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/, "2020-12"],
  [/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema#?$/, "2019-09"],
  [/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/, "draft-07"],
];
const LONGEST_SCHEMA = 4 * 1024 * 1024;

/**
 * Compiles a user's JSON Schema: 2020-12, or 2019-09 or draft-07 where `$schema` says so. References lead to files of `folder`,
 * where one is given, and never to a network; unknown keywords and formats are refused, since they are mostly misspelt (a profile's
 * annotations are known). Patterns run in time proportional to the text; those that cannot are refused.
 * @throws RESONANCE_SCHEMA_INVALID with the reason, RESONANCE_SCHEMA_PATTERN_UNSAFE
 */
export function compileUserSchema(schemaText: string, language: Language = "en-US", folder?: string): Check {
  const schema = parse(schemaText);
  const draft = draftOf(schema);
  const referred = referredBy(schema, folder);
  const compiled = compileBoth((allErrors) => compile(schema, draft, referred, allErrors));
  return (payload) => {
    const outcome = runGuarded(compiled, payload, language);
    return "limit" in outcome ? [outcome.limit] : toFieldErrors(outcome.errors, language);
  };
}

function parse(text: string): object | boolean {
  if (text.length > LONGEST_SCHEMA) throw invalid(new Error(`it is longer than ${LONGEST_SCHEMA} characters`));
  let schema: unknown;
  try {
    schema = readJson(text).value;
  } catch (cause) {
    if (!(cause instanceof JsonSyntax)) throw invalid(cause);
    const { line, column } = cause.position;
    throw invalid(new Error(`no JSON at line ${line}, column ${column}: ${cause.message}`, { cause }));
  }
  if (typeof schema === "boolean" || (typeof schema === "object" && schema !== null && !Array.isArray(schema))) return schema;
  throw invalid(new Error("a schema is an object, true or false"));
}

function referredBy(schema: object | boolean, folder: string | undefined): readonly ReferredSchema[] | undefined {
  try {
    return folder === undefined ? undefined : referredSchemas(schema, folder);
  } catch (cause) {
    throw invalid(cause);
  }
}

function compile(schema: object | boolean, draft: Draft, referred: readonly ReferredSchema[] | undefined, allErrors: boolean): ValidateFunction {
  try {
    const ajv = createAjv(draft, allErrors);
    if (referred === undefined) return ajv.compile(schema);
    for (const { uri, schema: document } of referred) ajv.addSchema(document, uri);
    // The user's schema stands in the folder too, so that names of files lead on from there.
    ajv.addSchema(schema, FOLDER_URI);
    return ajv.getSchema(FOLDER_URI) ?? ajv.compile(schema);
  } catch (cause) {
    throw invalid(cause);
  }
}

function draftOf(schema: object | boolean): Draft {
  const named = typeof schema === "object" ? (schema as { $schema?: unknown }).$schema : undefined;
  if (named === undefined) return "2020-12";
  const known = typeof named === "string" ? DRAFTS.find(([pattern]) => pattern.test(named)) : undefined;
  if (!known) throw invalid(new Error(`$schema ${JSON.stringify(named)} is none of 2020-12, 2019-09 and draft-07`));
  return known[1];
}

function invalid(cause: unknown): ResonanceError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).slice(0, 500);
  if (cause instanceof UnsafePattern) {
    return new ResonanceError("RESONANCE_SCHEMA_PATTERN_UNSAFE", { pattern: cause.pattern.slice(0, 100), reason }, { path: "schema", cause });
  }
  return new ResonanceError("RESONANCE_SCHEMA_INVALID", { reason }, { path: "schema", cause });
}
