import { readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import type Ajv from "ajv/dist/core";
import type { AnySchemaObject, ValidateFunction } from "ajv";
import { ResonanceError, type Language } from "../errors/resonance-error";
import { formatOf, readDocument } from "../isa95/read-document";
import { readJsonObject } from "../isa95/json-reader";
import { writeJson } from "../isa95/json-writer";
import { fieldError, type FieldError } from "../record/field-error";
import { checkPatterns, createAjv, refillSteps } from "./ajv";
import { textIn, toFieldError } from "./b2mml-validator";
import { compileBoth, limitError, runGuarded, type CompiledSchema } from "./guarded";
import type { Check } from "./record-validator";
import { toFieldErrors } from "./schema-errors";
import { schemaNodes } from "./schema-nodes";
import { unusable } from "./xsd-files";

/** The file's name in the official set. */
const FILE = "AllSchemas.json";
const LONGEST = 32 * 1024 * 1024;
/** Where the definitions stand for the validator; not an address of any network. */
const ID = "b2mml:///schema";

type Definitions = Readonly<Record<string, AnySchemaObject>>;

/** The official schema: its definitions and the messages it knows. */
interface Official {
  readonly definitions: Definitions;
  readonly messages: ReadonlySet<string>;
}

/**
 * Checks messages by the official JSON schema: JSON as it came, XML by the JSON that says the same. The schema is checked at once against the
 * draft it is written in, with every reference and pattern in it; a message is compiled (some 0.3 s) when its first document comes. That a
 * document has exactly one message, the schema does not say; here it must.
 * @throws RESONANCE_B2MML_SCHEMA_INVALID for a file or folder without the schema, or one that cannot be used
 */
export function compileOfficialJson(place: string, language: Language): Check {
  const { definitions, messages } = readOfficial(place);
  const both = new Map<boolean, Ajv>();
  const ajvFor = (allErrors: boolean): Ajv => {
    const ajv = both.get(allErrors) ?? createAjv("2020-12", allErrors, LENIENT).addSchema({ $id: ID, $defs: definitions });
    both.set(allErrors, ajv);
    return ajv;
  };
  const compiled = new Map<string, CompiledSchema>();
  const validatorOf = (message: string): CompiledSchema => {
    const known = compiled.get(message) ?? compileBoth((allErrors) => compileMessage(ajvFor(allErrors), message, place));
    compiled.set(message, known);
    return known;
  };
  const [first] = messages;
  if (first !== undefined) validatorOf(first);

  return (payload) => {
    const read = documentOf(payload, language);
    if ("error" in read) return [read.error];
    const { document } = read;
    const [message = "", ...others] = Object.keys(document);
    if (!messages.has(message) || others.length > 0) {
      const found = [message, ...others].join(", ").slice(0, 60);
      return [fieldError("", { code: "RESONANCE_ISA95_MESSAGE_UNKNOWN", expected: "B2MML", actual: found }, language, { message: found })];
    }
    const outcome = runGuarded(validatorOf(message), document, language);
    return "limit" in outcome ? [outcome.limit] : toFieldErrors(outcome.errors, language);
  };
}

/** The official file names a draft in its own way and repeats keywords; what it means is checked all the same. */
const LENIENT = { strict: false } as const;

function readOfficial(place: string): Official {
  const file = locate(place);
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, "utf8"), (key, value: unknown) => (key === "pattern" && typeof value === "string" ? plainPattern(value) : value));
  } catch (cause) {
    throw unusable(file, (cause as Error).message, cause);
  }
  const { $defs: definitions, properties } = Object(raw) as { readonly $defs?: Definitions; readonly properties?: Readonly<Record<string, unknown>> };
  if (typeof definitions !== "object" || typeof properties !== "object") throw unusable(file, "it has no $defs and properties");
  const messages = new Set(Object.keys(properties).filter((name) => !name.startsWith("@") && Object.hasOwn(definitions, name)));
  if (messages.size === 0) throw unusable(file, "it describes no message");
  try {
    const ajv = createAjv("2020-12", false, { ...LENIENT, validateFormats: false });
    refillSteps();
    if (ajv.validateSchema({ $defs: definitions }) !== true) throw new Error(ajv.errorsText(ajv.errors?.slice(0, 1), { dataVar: "" }));
    checkReferences(definitions);
    checkPatterns(definitions);
  } catch (cause) {
    throw unusable(file, (cause as Error).message, cause);
  }
  return { definitions, messages };
}

/** The official file escapes hyphens where Unicode patterns do not allow it. */
function plainPattern(pattern: string): string {
  return pattern.replaceAll(/\[(?:\\.|[^\]\\])*\]|\\./gs, (part) => (part === "\\-" ? "-" : part));
}

function locate(place: string): string {
  try {
    const real = realpathSync(place);
    const file = statSync(real).isDirectory() ? realpathSync(path.join(real, FILE)) : real;
    if (statSync(file).size > LONGEST) throw new Error(`longer than ${LONGEST} bytes`);
    return file;
  } catch (cause) {
    throw unusable(place, (cause as NodeJS.ErrnoException).code === "ENOENT" ? `there is no ${FILE}` : (cause as Error).message, cause);
  }
}

/** Every reference leads to a definition of the file. */
function checkReferences(definitions: Definitions): void {
  for (const { $ref: reference } of schemaNodes(definitions)) {
    if (typeof reference !== "string") continue;
    const target = /^#\/\$defs\/([^/]+)$/.exec(reference)?.[1];
    if (target === undefined || !Object.hasOwn(definitions, target)) throw new Error(`can't resolve reference ${reference}`);
  }
}

function compileMessage(ajv: Ajv, message: string, place: string): ValidateFunction {
  try {
    return ajv.compile({ type: "object", required: [message], properties: { [message]: { $ref: `${ID}#/$defs/${message}` } } });
  } catch (cause) {
    throw unusable(place, (cause as Error).message, cause);
  }
}

/** The payload as B2MML JSON, or why it cannot be one. */
function documentOf(payload: unknown, language: Language): { readonly document: Readonly<Record<string, unknown>> } | { readonly error: FieldError } {
  const text = textIn(payload);
  if (text === undefined) return { error: fieldError("", { code: "RESONANCE_VALUE_TYPE", expected: "XML | JSON", actual: payload }, language) };
  try {
    return { document: formatOf(text) === "xml" ? writeJson(readDocument(text, "xml")) : readJsonObject(text) };
  } catch (cause) {
    return { error: cause instanceof ResonanceError ? toFieldError(cause, language) : limitError(cause, language) };
  }
}
