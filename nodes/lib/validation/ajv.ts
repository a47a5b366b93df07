import type { Options } from "ajv";
import type Ajv from "ajv/dist/core";
import { isDateTime } from "../record/date-time";

/** The annotations a profile adds to JSON Schema; they say something about a field and check nothing. */
export const ANNOTATIONS = ["unit", "isa95", "vdi2182", "nature", "derivation", "follows"] as const;

/** The drafts a schema may be written in. */
export type Draft = "2020-12" | "draft-07";

/** All formats of ajv-formats but the two that its fast mode does not check against the calendar; those are ours. */
const FAST_FORMATS = [
  "time", "duration", "uri", "uri-reference", "uri-template", "url", "email", "hostname", "ipv4", "ipv6", "regex", "uuid",
  "json-pointer", "relative-json-pointer", "byte", "int32", "int64", "float", "double", "binary",
] as const;

/** Unknown keywords and formats are errors, since they are mostly misspelt; shapes of schemas are not judged. `verbose` costs only when something is wrong. */
const OPTIONS: Options = {
  allErrors: true, verbose: true, strict: true, strictTypes: false, strictRequired: false, strictTuples: false, messages: true,
};

/** How each draft's validator is made; ajv is loaded here, on first use. */
const DRAFTS: Readonly<Record<Draft, () => Ajv>> = {
  "2020-12": () => new (require("ajv/dist/2020") as typeof import("ajv/dist/2020")).Ajv2020(OPTIONS),
  "draft-07": () => new (require("ajv") as typeof import("ajv")).Ajv(OPTIONS),
};

/** A validator that loads no other document and checks dates against the calendar. */
export function createAjv(draft: Draft): Ajv {
  const ajv = DRAFTS[draft]();
  const { default: addFormats } = require("ajv-formats") as typeof import("ajv-formats");
  addFormats(ajv, { mode: "fast", formats: [...FAST_FORMATS] });
  ajv.addFormat("date-time", isDateTime);
  ajv.addFormat("date", (text) => text.length === 10 && isDateTime(`${text}T00:00:00Z`));
  ajv.addVocabulary([...ANNOTATIONS]);
  return ajv;
}
