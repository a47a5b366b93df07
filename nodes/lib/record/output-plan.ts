import { ResonanceError } from "../errors/resonance-error";
import type { ModelAnswer, TensorSpec } from "../inference/tensor";
import type { Category, Field } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import { compileConversion } from "../units/conversion";
import { shorten, type Refusal } from "./field-error";
import { compileAdmission, type Admit } from "./field-value";
import { compileRule, type Rule, type RulePlan } from "./rule";

/** What a model's answer says, in the terms of the profile. */
export interface OutputContents {
  readonly values: Record<string, unknown>;
  readonly confidence: number | undefined;
}

/** Reads a model's answer; `time` is the record's, milliseconds since 1970. */
export type OutputPlan = (answer: ModelAnswer, time: number) => OutputContents;

interface ElementPlan {
  readonly position: number;
  /** Field name, or `confidence`. */
  readonly name: string;
  readonly path: string;
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

const CONFIDENCE_FIELD = { name: CONFIDENCE, required: false, schema: { type: "number", unit: "C62", minimum: 0, maximum: 1 } } as unknown as Field;

/**
 * Compiles the way from a model's output tensors to the outputs of a category: values in the profile's units, then rules, then what
 * the profile derives. Several rules for one field are alternatives: it is true where any of them holds.
 * The plan throws RESONANCE_OUTPUT_MISSING, RESONANCE_OUTPUT_COUNT and, with path `values/<field>`, RESONANCE_VALUE_….
 * @throws RESONANCE_FIELD_UNKNOWN, RESONANCE_MAPPING_TWICE, RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE,
 * RESONANCE_RULE_INVALID with a path like `outputs/0/elements/1/field`, RESONANCE_FIELD_UNMAPPED
 */
export function compileOutputs(category: Category, outputs: readonly TensorSpec[], rules: readonly Rule[]): OutputPlan {
  const tensors = outputs.map((spec, index) => compileTensor(category, spec, `outputs/${index}`));
  const given = namesOf(tensors);
  const rulePlans = rules.map((rule, index) => compileRuleFor(category, rule, given, `rules/${index}`));
  const known = new Set([...given, ...rulePlans.map(({ field }) => field)]);
  const derivations = compileDerivations(category, known);
  for (const { field } of derivations) known.add(field);
  refuseUnmapped(category, known);
  return (answer, time) => {
    const values: Record<string, unknown> = {};
    for (const tensor of tensors) readTensor(answer, tensor, values);
    const { [CONFIDENCE]: confidence, ...fields } = values;
    for (const { field, source, holds } of rulePlans) fields[field] = fields[field] === true || holds(values[source] as number);
    for (const { field, source, factor } of derivations) fields[field] = timeAfter(time, (fields[source] as number) * factor, field);
    return { values: fields, confidence: confidence as number | undefined };
  };
}

function compileTensor(category: Category, spec: TensorSpec, at: string): TensorPlan {
  const elements = spec.elements.flatMap(({ field: name, unit }, position) => {
    if (name === "") return [];
    const path = `${at}/elements/${position}`;
    const field = name === CONFIDENCE ? CONFIDENCE_FIELD : requireField(category, "output", name, `${path}/field`);
    return [{ position, name, path, admit: compileAdmission(field, unit, `${path}/unit`) }];
  });
  return { name: spec.name, count: spec.elements.length, elements };
}

function namesOf(tensors: readonly TensorPlan[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name, path } of tensors.flatMap(({ elements }) => elements)) {
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

function readTensor(answer: ModelAnswer, { name, count, elements }: TensorPlan, values: Record<string, unknown>): void {
  const tensor = answer.outputs.find((output) => output.name === name);
  const path = `outputs/${name}`;
  if (!tensor) {
    const found = answer.outputs.map((output) => output.name).join(", ");
    throw new ResonanceError("RESONANCE_OUTPUT_MISSING", { tensor: name, found: found || "–" }, { path });
  }
  const { data } = tensor;
  if (data.length !== count) throw new ResonanceError("RESONANCE_OUTPUT_COUNT", { tensor: name, actual: data.length, expected: count }, { path });
  for (const element of elements) {
    const admission = element.admit(data[element.position]);
    if ("refusal" in admission) throw refused(element.name, admission.refusal);
    values[element.name] = admission.value;
  }
}

function timeAfter(time: number, span: number, field: string): string {
  const end = new Date(time + Math.round(span));
  if (Number.isNaN(end.getTime()) || end.getUTCFullYear() > 9999) {
    throw refused(field, { code: "RESONANCE_VALUE_RANGE", expected: "≤ 9999-12-31", actual: span });
  }
  return end.toISOString();
}

function refused(name: string, { code, expected, actual }: Refusal): ResonanceError {
  const path = name === CONFIDENCE ? CONFIDENCE : `values/${name}`;
  return new ResonanceError(code, { field: name, expected, actual: shorten(actual) }, { path });
}
