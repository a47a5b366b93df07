import type { ModelAnswer, TensorSpec } from "../inference/tensor";
import type { Profile } from "../profile/profile";
import { requireCategory } from "../profile/profile-lookup";
import { buildOutputRecord } from "./build-record";
import type { InputRecord, ModelLineage, OutputRecord, ValueQuality } from "./interface-record";
import { compileOutputs, type OutputPlan } from "./output-plan";
import type { Rule } from "./rule";

export type { Rule } from "./rule";

export interface OutputOptions {
  readonly profile: Profile;
  readonly model: ModelLineage & {
    /** Where it is given, everything is compiled at once; otherwise when the first record of a category comes. */
    readonly category?: string;
    readonly outputs: readonly TensorSpec[];
  };
  readonly rules: readonly Rule[];
  /** Seconds an output is valid; 0 where that is not stated. */
  readonly validFor: number;
}

export interface OutputBuilder {
  /**
   * Makes the output record to a model's answer; `now` is its time, milliseconds since 1970.
   * Place and physical asset are those of the input; if a value of the input was not Good, no output is better than Uncertain.
   * @throws RESONANCE_OUTPUT_MISSING, RESONANCE_OUTPUT_COUNT, RESONANCE_VALUE_…; for a category first seen now also what compiling throws
   */
  build(answer: ModelAnswer, input: InputRecord, now?: number): OutputRecord;
}

/**
 * Turns a model's raw answers into output records; the nature is the category's, so a prediction is marked as one.
 * @throws RESONANCE_CATEGORY_UNKNOWN and what `compileOutputs` throws
 */
export function createOutputBuilder({ profile, model, rules, validFor }: OutputOptions): OutputBuilder {
  const { id, version, digest, outputs } = model;
  const lineage: ModelLineage = { id, version, ...(digest !== undefined && digest !== "" && { digest }) };
  const plans = new Map<string, OutputPlan>();
  const planOf = (name: string): OutputPlan => {
    const known = plans.get(name);
    if (known) return known;
    const plan = compileOutputs(requireCategory(profile, name), outputs, rules);
    plans.set(name, plan);
    return plan;
  };
  if (model.category !== undefined && model.category !== "") planOf(model.category);

  return {
    build(answer, input, now = Date.now()) {
      const plan = planOf(input.category);
      const { nature } = requireCategory(profile, input.category);
      const { values, confidence } = plan(answer, now);
      return buildOutputRecord({
        profile, category: input.category, nature, values, confidence,
        equipment: input.equipment, physicalAsset: input.physicalAsset,
        timestamp: new Date(now).toISOString(),
        quality: isUncertain(input) ? allUncertain(values) : undefined,
        inputId: input.id,
        model: lineage,
        validUntil: validFor > 0 ? new Date(now + validFor * 1000).toISOString() : undefined,
      });
    },
  };
}

function isUncertain({ quality }: InputRecord): boolean {
  return quality !== undefined && Object.values(quality).some(({ status }) => status !== undefined && status !== "Good");
}

function allUncertain(values: OutputRecord["values"]): Record<string, ValueQuality> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, { status: "Uncertain" as const }]));
}
