import type { TensorSpec } from "../inference/tensor";
import type { Profile } from "../profile/profile";
import { requireCategory } from "../profile/profile-lookup";
import { buildOutputRecord } from "./build-record";
import type { InputRecord, ModelLineage, OutputRecord, ValueQuality } from "./interface-record";
import { readAnswer } from "./model-answer";
import { compileValidity, type Validity } from "./output-envelope";
import type { OutputMapping } from "./output-mapping";
import { compileOutputs, type OutputPlan } from "./output-plan";
import type { Rule } from "./rule";

export type { OutputMapping } from "./output-mapping";
export type { Rule } from "./rule";

export interface OutputOptions {
  readonly profile: Profile;
  readonly model: ModelLineage & {
    /** Where it is given, everything is compiled at once; otherwise when the first record of a category comes. */
    readonly category?: string;
    readonly outputs: readonly TensorSpec[];
  };
  readonly rules: readonly Rule[];
  /** Parts of the answer that the model's described tensors do not cover: of tensors, JSON or text. */
  readonly mappings?: readonly OutputMapping[];
  /** Seconds an output is valid; 0 where that is not stated. */
  readonly validFor: number;
  /** An output that says until when, or how long, the record is valid; it counts before `validFor`. Empty or absent for none. */
  readonly validField?: string;
}

export interface OutputBuilder {
  /**
   * Makes the output record to a model's answer (tensors, a JSON document or a text); `now` is its time, milliseconds since 1970.
   * Place and physical asset are those of the input; if a value of the input was not Good, no output is better than Uncertain.
   * @throws RESONANCE_ANSWER_MISSING, RESONANCE_OUTPUT_MISSING, RESONANCE_OUTPUT_COUNT, RESONANCE_VALUE_… and what a mapping throws; for a category first seen now also what compiling throws
   */
  build(answer: unknown, input: InputRecord, now?: number): OutputRecord;
}

/**
 * Turns a model's raw answers into output records; the nature is the category's, so a prediction is marked as one.
 * @throws RESONANCE_CATEGORY_UNKNOWN and what `compileOutputs` and `compileValidity` throw
 */
export function createOutputBuilder({ profile, model, rules, mappings = [], validFor, validField = "" }: OutputOptions): OutputBuilder {
  const { id, version, digest, outputs } = model;
  const lineage: ModelLineage = { id, version, ...(digest !== undefined && digest !== "" && { digest }) };
  const plans = new Map<string, CategoryPlan>();
  const planOf = (name: string): CategoryPlan => {
    const known = plans.get(name);
    if (known) return known;
    const category = requireCategory(profile, name);
    const plan = { read: compileOutputs(category, outputs, rules, mappings), validity: compileValidity(category, validField, validFor) };
    plans.set(name, plan);
    return plan;
  };
  if (model.category !== undefined && model.category !== "") planOf(model.category);

  return {
    build(answer, input, now = Date.now()) {
      const { read, validity } = planOf(input.category);
      const { nature } = requireCategory(profile, input.category);
      const { values, envelope } = read(readAnswer(answer), now);
      const end = validity({ ...values, ...envelope }, now);
      return buildOutputRecord({
        profile, category: input.category, nature, values,
        confidence: envelope["confidence"] as number | undefined,
        equipment: input.equipment, physicalAsset: input.physicalAsset,
        timestamp: new Date(now).toISOString(),
        quality: isUncertain(input) ? allUncertain(values) : undefined,
        inputId: input.id,
        model: lineage,
        validUntil: end === undefined ? undefined : new Date(end).toISOString(),
      });
    },
  };
}

/** What is compiled for a category. */
interface CategoryPlan {
  readonly read: OutputPlan;
  readonly validity: Validity;
}

function isUncertain({ quality }: InputRecord): boolean {
  return quality !== undefined && Object.values(quality).some(({ status }) => status !== undefined && status !== "Good");
}

function allUncertain(values: OutputRecord["values"]): Record<string, ValueQuality> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, { status: "Uncertain" as const }]));
}
