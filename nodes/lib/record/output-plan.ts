import { ResonanceError } from "../errors/resonance-error";
import type { TensorSpec } from "../inference/tensor";
import type { Category } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import { compileConversion } from "../units/conversion";
import type { Admit } from "./admission";
import { compileAdmission } from "./field-value";
import { namesOf as tensorNames, type Answer } from "./model-answer";
import { envelopeField, pathOf } from "./output-envelope";
import { compileMapping, type OutputMapping } from "./output-mapping";
import { compileRule, type Rule, type RulePlan } from "./rule";
import { refusedValue } from "./setting-value";

/** What a model's answer says, in the terms of the profile. */
export interface OutputContents {
  readonly values: Record<string, unknown>;
  /** What it says of the record itself: `confidence`, `validUntil`, `validFor`. */
  readonly envelope: Readonly<Record<string, unknown>>;
}

/** Reads a model's answer; `time` is the record's, milliseconds since 1970. */
export type OutputPlan = (answer: Answer, time: number) => OutputContents;

interface ElementPlan {
  readonly position: number;
  /** Field name, or `confidence`. */
  readonly name: string;
  readonly path: string;
  /** Place of the value in the record. */
  readonly place: string;
  readonly admit: Admit;
}

interface TensorPlan {
  readonly name: string;
  readonly count: number;
  readonly elements: readonly ElementPlan[];
}

/** A time that follows from a span: the record's time plus `source` × `factor` milliseconds. */
interface DerivationPlan {
  readonly field: string;
  readonly source: string;
  readonly factor: number;
}

/** The field that stands for the record's confidence in a tensor's elements. */
const CONFIDENCE = "confidence";

/**
 * Compiles the way from a model's answer to the outputs of a category: values in the profile's units, from tensors whose elements
 * the model node describes and from mapped parts of any answer; then rules, then what the profile derives. Several rules for one field are
 * alternatives: it is true where any of them holds; of a value that is not there nothing is said.
 * The plan throws RESONANCE_OUTPUT_MISSING, RESONANCE_OUTPUT_COUNT, RESONANCE_FIELD_MISSING, what `compileMapping` names and, with path `values/<field>`, RESONANCE_VALUE_….
 * @throws RESONANCE_FIELD_UNKNOWN, RESONANCE_MAPPING_TWICE, RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE,
 * RESONANCE_RULE_INVALID with a path like `outputs/0/elements/1/field`, RESONANCE_FIELD_UNMAPPED, what `compileMapping` throws
 */
export function compileOutputs(category: Category, outputs: readonly TensorSpec[], rules: readonly Rule[], mappings: readonly OutputMapping[] = []): OutputPlan {
  const tensors = outputs.map((spec, index) => compileTensor(category, spec, `outputs/${index}`)).filter(({ count }) => count > 0);
  const parts = mappings.map((mapping, index) => compileMapping(category, mapping, `mappings/${index}`));
  const given = namesOf([
    ...tensors.flatMap(({ elements }) => elements),
    ...parts.map(({ field }, index) => ({ name: field, path: `mappings/${index}` })),
  ]);
  const rulePlans = rules.map((rule, index) => compileRuleFor(category, rule, given, `rules/${index}`));
  const known = new Set([...given, ...rulePlans.map(({ field }) => field)]);
  const derivations = compileDerivations(category, known);
  for (const { field } of derivations) known.add(field);
  refuseUnmapped(category, known);
  return (answer, time) => {
    const values: Record<string, unknown> = {};
    if (tensors.length > 0 && !answer.hasTensors) throw new ResonanceError("RESONANCE_ANSWER_MISSING");
    for (const tensor of tensors) readTensor(answer, tensor, values);
    for (const { field, read } of parts) {
      const value = read(answer);
      if (value !== undefined) values[field] = value;
    }
    for (const { field, source, holds } of rulePlans) if (source in values) values[field] = values[field] === true || holds(values[source] as number);
    for (const { field, source, factor } of derivations) if (source in values) values[field] = timeAfter(time, (values[source] as number) * factor, field);
    const entries = Object.entries(values);
    const contents = {
      values: Object.fromEntries(entries.filter(([name]) => !envelopeField(category, name))),
      envelope: Object.fromEntries(entries.filter(([name]) => envelopeField(category, name))),
    };
    refuseIncomplete(category, contents.values);
    return contents;
  };
}

function compileTensor(category: Category, spec: TensorSpec, at: string): TensorPlan {
  const elements = spec.elements.flatMap(({ field: name, unit }, position) => {
    if (name === "") return [];
    const path = `${at}/elements/${position}`;
    const field = (name === CONFIDENCE ? envelopeField(category, name) : undefined) ?? requireField(category, "output", name, `${path}/field`);
    return [{ position, name, path, place: pathOf(field), admit: compileAdmission(field, unit, `${path}/unit`) }];
  });
  return { name: spec.name, count: spec.elements.length, elements };
}

function namesOf(elements: readonly { readonly name: string; readonly path: string }[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name, path } of elements) {
    if (names.has(name)) throw new ResonanceError("RESONANCE_MAPPING_TWICE", { name }, { path: `${path}/field` });
    names.add(name);
  }
  return names;
}

function compileRuleFor(category: Category, rule: Rule, given: ReadonlySet<string>, path: string): RulePlan {
  const plan = compileRule(category, rule, path);
  if (given.has(rule.field)) throw new ResonanceError("RESONANCE_MAPPING_TWICE", { name: rule.field }, { path: `${path}/field` });
  if (!given.has(rule.source)) {
    throw new ResonanceError("RESONANCE_FIELD_UNMAPPED", { category: category.id, fields: rule.source }, { path: `${path}/source` });
  }
  return plan;
}

/** What the model gives itself is not derived, and what has no source cannot be. */
function compileDerivations({ output }: Category, known: ReadonlySet<string>): readonly DerivationPlan[] {
  return [...output.fields.values()].flatMap(({ name, schema }) => {
    const source = schema.derivation?.timeAfter;
    if (source === undefined || known.has(name) || !known.has(source)) return [];
    const unit = output.fields.get(source)?.schema.unit ?? "";
    return [{ field: name, source, factor: compileConversion(unit, "C26").factor }];
  });
}

function refuseUnmapped({ id, output }: Category, known: ReadonlySet<string>): void {
  const missing = output.required.filter((name) => !known.has(name));
  if (missing.length > 0) throw new ResonanceError("RESONANCE_FIELD_UNMAPPED", { category: id, fields: missing.join(", ") }, { path: "outputs" });
  const { requireOneOf } = output;
  if (requireOneOf.length > 0 && !requireOneOf.some((name) => known.has(name))) {
    throw new ResonanceError("RESONANCE_FIELD_UNMAPPED", { category: id, fields: requireOneOf.join(" | ") }, { path: "outputs" });
  }
}

/** Of an answer that may leave fields out. */
function refuseIncomplete({ output: { required, requireOneOf } }: Category, values: Readonly<Record<string, unknown>>): void {
  const missing = required.find((name) => values[name] === undefined)
    ?? (requireOneOf.length > 0 && requireOneOf.every((name) => values[name] === undefined) ? requireOneOf.join(" | ") : undefined);
  if (missing !== undefined) throw refusedValue(missing, { code: "RESONANCE_FIELD_MISSING", expected: "", actual: undefined }, "values");
}

function readTensor(answer: Answer, { name, count, elements }: TensorPlan, values: Record<string, unknown>): void {
  const data = answer.tensor(name);
  const path = `outputs/${name}`;
  if (!data) throw new ResonanceError("RESONANCE_OUTPUT_MISSING", { tensor: name, found: tensorNames(answer.tensors) }, { path });
  if (data.length !== count) throw new ResonanceError("RESONANCE_OUTPUT_COUNT", { tensor: name, actual: data.length, expected: count }, { path });
  for (const element of elements) {
    const admission = element.admit(data[element.position]);
    if ("refusal" in admission) throw refusedValue(element.name, admission.refusal, element.place);
    values[element.name] = admission.value;
  }
}

function timeAfter(time: number, span: number, field: string): string {
  const end = new Date(time + Math.round(span));
  if (Number.isNaN(end.getTime()) || end.getUTCFullYear() > 9999) {
    throw refusedValue(field, { code: "RESONANCE_VALUE_RANGE", expected: "≤ 9999-12-31", actual: span }, `values/${field}`);
  }
  return end.toISOString();
}
