import { ResonanceError } from "../errors/resonance-error";
import type { Category, Field } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import type { Admit } from "./admission";
import { compilePattern, PATTERN_LIMIT } from "./bounded-pattern";
import { classOf, greatestOf, type Labels } from "./class-label";
import { shorten } from "./field-error";
import { compileAdmission } from "./field-value";
import { compilePointer } from "./json-pointer";
import { namesOf, type Answer } from "./model-answer";
import { envelopeField, pathOf } from "./output-envelope";
import { fromText, refusedValue } from "./setting-value";

/** A row of the mapping of answers: where in the model's answer a field stands. */
export interface OutputMapping {
  /** An output of the category, or `confidence`, `validUntil`, `validFor` for the record's own. */
  readonly field: string;
  readonly source: "tensor" | "json" | "text";
  /** `tensor`: its name, with `/3` for one element; `json`: a JSON pointer; `text`: a regular expression. */
  readonly path: string;
  /** UN/CEFACT code of the answer; empty for the profile's own unit. */
  readonly unit: string;
  /** `json`, `text`: where the document stands, as the name of a tensor (its first element) or a JSON pointer; empty or absent for the whole answer. */
  readonly within?: string;
  /** Names of the model's classes by index or name; a list of scores counts as the class with the greatest. */
  readonly labels?: Labels | null;
  /** For a yes-or-no field: it is true from this value on. */
  readonly threshold?: number | string | null;
  /** Whether the answer may lack the field; never for one that the profile requires. */
  readonly optional?: boolean;
}

/** A row, compiled. */
export interface MappingPlan {
  readonly field: string;
  /** The value as the profile wants it; `undefined` where an optional one is missing. */
  readonly read: (answer: Answer) => unknown;
}

/** Finds the raw value in an answer; `undefined` where it is missing. */
type Find = (answer: Answer) => unknown;

/** What a row's source says of its path. */
const SOURCES: Readonly<Record<OutputMapping["source"], (mapping: OutputMapping, field: Field, at: string) => Find>> = {
  tensor: ({ path }, _, at) => {
    if (path === "") throw invalid(`${at}/path`, "empty");
    const [, name = path, index] = /^(.+)\/(\d+)$/.exec(path) ?? [];
    return (answer) => {
      const data = answer.tensor(path);
      if (data) return data.length === 1 ? data[0] : data;
      const part = index === undefined ? undefined : answer.tensor(name);
      if (part || answer.tensor(name)) return part?.[Number(index)];
      throw new ResonanceError("RESONANCE_OUTPUT_MISSING", { tensor: name, found: namesOf(answer.tensors) }, { path: `outputs/${name}` });
    };
  },
  json: ({ path, within = "" }, _, at) => {
    const point = compilePointer(path);
    if (!point) throw invalid(`${at}/path`, `${path} ≠ JSON pointer, /a/0/b`);
    return (answer) => point(answer.json(within)) ?? undefined;
  },
  text: ({ path, within = "" }, field, at) => {
    const { name } = field;
    const search = patternOf(path, `${at}/path`);
    return (answer) => {
      const result = search(answer.text(within));
      if (result !== "timeout") return result.found;
      throw new ResonanceError("RESONANCE_PATTERN_TIMEOUT", { field: name, limit: PATTERN_LIMIT }, { path: pathOf(field) });
    };
  },
};

/**
 * Compiles a row for the outputs of a category; `at` names it, e.g. `mappings/0`. Reading throws RESONANCE_OUTPUT_MISSING,
 * RESONANCE_ANSWER_PART_MISSING, RESONANCE_ANSWER_UNREADABLE, RESONANCE_LABEL_UNKNOWN, RESONANCE_PATTERN_TIMEOUT and, with path `values/<field>`, RESONANCE_VALUE_….
 * @throws RESONANCE_FIELD_UNKNOWN, RESONANCE_CONFIG_INVALID, RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE, RESONANCE_VALUE_… (a label)
 */
export function compileMapping(category: Category, mapping: OutputMapping, at: string): MappingPlan {
  const { field: name, source, path, optional = false } = mapping;
  const field = envelopeField(category, name) ?? requireField(category, "output", name, `${at}/field`);
  if (!Object.hasOwn(SOURCES, source)) throw invalid(`${at}/source`, `${source} ≠ ${Object.keys(SOURCES).join(", ")}`);
  const find = SOURCES[source](mapping, field, at);
  const judge = compileJudge(field, mapping, at);
  return {
    field: name,
    read(answer) {
      const raw = find(answer);
      if (raw !== undefined) return judge(source === "text" ? fromText(field, raw) : raw);
      if (optional && !field.required) return undefined;
      throw new ResonanceError("RESONANCE_ANSWER_PART_MISSING", { field: name, path: shorten(path) }, { path: pathOf(field) });
    },
  };
}

/** From what stands in the answer to the field's value: by a label, by a threshold, or as it is. */
function compileJudge(field: Field, { labels, threshold, unit }: OutputMapping, at: string): (raw: unknown) => unknown {
  const admit = compileAdmission(field, unit, `${at}/unit`);
  const admitted = (by: Admit, raw: unknown): unknown => {
    const admission = by(raw);
    if ("refusal" in admission) throw refusedValue(field.name, admission.refusal, pathOf(field));
    return admission.value;
  };
  const named = Object.entries(labels ?? {});
  const limited = threshold !== undefined && threshold !== null && threshold !== "";
  if (limited) {
    const limit = Number(threshold);
    if (!Number.isFinite(limit)) throw invalid(`${at}/threshold`, String(threshold));
    if (field.schema.type !== "boolean") throw invalid(`${at}/threshold`, `${field.name}: ${String(field.schema.type)} ≠ boolean`);
    if (named.length > 0) throw invalid(`${at}/threshold`, "labels and threshold");
    const number = compileAdmission({ schema: { type: "number" } }, "", at);
    return (raw) => (admitted(number, fromText({ schema: { ...field.schema, type: "number" } }, raw)) as number) >= limit;
  }
  if (named.length > 0) {
    const own = compileAdmission(field, "", `${at}/unit`);
    const values = new Map(named.map(([key, label]) => {
      const admission = own(fromText(field, label));
      if ("refusal" in admission) throw refusedValue(field.name, admission.refusal, `${at}/labels/${key}`);
      return [key, admission.value] as const;
    }));
    return (raw) => {
      const key = classOf(raw);
      if (key !== undefined && values.has(key)) return values.get(key);
      const expected = shorten([...values.keys()].join(", "));
      throw new ResonanceError("RESONANCE_LABEL_UNKNOWN", { field: field.name, actual: shorten(key ?? raw), expected }, { path: pathOf(field) });
    };
  }
  return (raw) => admitted(admit, pathOf(field) === "confidence" ? greatestOf(raw) : raw);
}

function patternOf(path: string, at: string): ReturnType<typeof compilePattern> {
  if (path === "") throw invalid(at, "empty");
  try {
    return compilePattern(path);
  } catch (thrown) {
    throw invalid(at, thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail: shorten(detail) }, { path: setting });
}
