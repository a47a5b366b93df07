import type { Format, Options } from "ajv";
import type Ajv from "ajv/dist/core";
import { compilePattern, STEPS, type StepBudget } from "../json/pattern";
import { PatternUnsupported } from "../json/pattern-syntax";
import { isDateTime } from "../record/date-time";
import { PROFILE_KEYWORDS } from "./profile-keywords";
import { schemaNodes } from "./schema-nodes";
import { UNIQUE_ITEMS } from "./unique-items";

/** The annotations a profile adds to JSON Schema; they say something about a field and check nothing. */
const ANNOTATIONS = ["unit", "isa95", "vdi2182", "nature", "derivation", "follows", "unitIn"] as const;

/** The drafts a schema may be written in. */
export type Draft = "2020-12" | "2019-09" | "draft-07";

/** All formats of ajv-formats but the two that its fast mode does not check against the calendar; those are ours. */
const FAST_FORMATS = [
  "time", "duration", "uri", "uri-reference", "uri-template", "url", "email", "hostname", "ipv4", "ipv6", "regex", "uuid",
  "json-pointer", "relative-json-pointer", "byte", "int32", "int64", "float", "double", "binary",
] as const;
/** No text of a format is longer; what is longer is not looked at. */
const LONGEST_FORMATTED = 65_536;

/** A pattern that cannot be checked in one pass over a text. */
export class UnsafePattern extends Error {
  constructor(readonly pattern: string, reason: string) {
    super(reason);
  }
}

/** Steps the patterns of one message may take; whoever checks a message fills it up before. */
const budget: StepBudget = { left: STEPS };

/** Gives the patterns of a new message their steps. */
export function refillSteps(): void {
  budget.left = STEPS;
}

/** Patterns run on the pack's own machine, which no text can stall. */
const regExp = Object.assign(
  (pattern: string) => {
    try {
      return compilePattern(pattern, budget);
    } catch (cause) {
      throw cause instanceof PatternUnsupported ? new UnsafePattern(pattern, cause.message) : cause;
    }
  },
  { code: "compilePattern" },
);

/** Steps that a call of a schema that is referred to takes: one that refers to itself by several ways can double its calls with every level. */
const CALL = 5;

/** Counts a call of a compiled schema; more than a message may have end its check. */
function countCall(): void {
  if ((budget.left -= CALL) < 0) throw new RangeError("too many steps");
}

/** Every function that ajv writes for a schema begins by counting its call; `self` is the validator it belongs to. */
function withCount(code: string): string {
  return code.replace(/function validate\d+\(data, \{[^)]*\)\{/g, "$&self.countCall();");
}

/** Unknown keywords and formats are errors, since they are mostly misspelt; shapes of schemas are not judged. `verbose` costs only when something is wrong. */
const OPTIONS: Options = {
  verbose: true, strict: true, strictTypes: false, strictRequired: false, strictTuples: false, messages: true,
  logger: false, code: { regExp, process: withCount },
};

/** How each draft's validator is made; ajv is loaded here, on first use. */
const DRAFTS: Readonly<Record<Draft, (options: Options) => Ajv>> = {
  "2020-12": (options) => new (require("ajv/dist/2020") as typeof import("ajv/dist/2020")).Ajv2020(options),
  "2019-09": (options) => new (require("ajv/dist/2019") as typeof import("ajv/dist/2019")).Ajv2019(options),
  "draft-07": (options) => new (require("ajv") as typeof import("ajv")).Ajv(options),
};

/** A validator that loads no other document and checks dates against the calendar; it finds all errors, or ends at the first. */
export function createAjv(draft: Draft, allErrors = true, options: Options = {}): Ajv {
  const ajv = Object.assign(DRAFTS[draft]({ ...OPTIONS, ...options, allErrors }), { countCall });
  const { default: addFormats } = require("ajv-formats") as typeof import("ajv-formats");
  addFormats(ajv, { mode: "fast", formats: [...FAST_FORMATS] });
  for (const name of FAST_FORMATS) {
    const format = ajv.formats[name];
    if (format) ajv.addFormat(name, bounded(format));
  }
  ajv.addFormat("date-time", isDateTime);
  ajv.addFormat("date", (text) => text.length === 10 && isDateTime(`${text}T00:00:00Z`));
  ajv.addVocabulary([...ANNOTATIONS]);
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword(UNIQUE_ITEMS);
  for (const keyword of PROFILE_KEYWORDS) ajv.addKeyword(keyword);
  return ajv;
}

/**
 * Checks every `pattern` in a part of a schema.
 * @throws UnsafePattern, SyntaxError
 */
export function checkPatterns(schema: unknown): void {
  for (const { pattern } of schemaNodes(schema)) if (typeof pattern === "string") regExp(pattern);
}

function bounded(format: Format): Format {
  const test = format instanceof RegExp ? (text: string) => format.test(text)
    : typeof format === "function" ? format
      : undefined;
  return test ? (text: string) => text.length <= LONGEST_FORMATTED && test(text) : format;
}
