import type { ResonanceError } from "../errors/resonance-error";
import type { TensorSpec } from "../inference/tensor";
import type { Category, Profile } from "../profile/profile";
import { requireCategory } from "../profile/profile-lookup";
import type { InputRecord, ModelLineage, OutputRecord } from "../record/interface-record";
import { compileApplicability, type JudgeInput, type Judgement } from "./applicability";
import { compileReference, type ReferencePlan } from "./compile-reference";
import { createDriftWatch, type DriftChange, type DriftSettings, type DriftWatch, type FieldDrift, type KeptWatch } from "./drift-watch";
import { markRecord, type OutputStates } from "./mark-record";
import type { Applicability, DriftState } from "./states";
import { trainingRangeOf } from "./training-range";
import type { TrainingReference } from "./training-reference";
import { createVersionCheck, type Told } from "./version-check";

export interface EntitlementSettings {
  /** Seconds; older values count as stale. 0 for no limit. */
  readonly staleAfter: number;
  /** Absent: drift is not watched. */
  readonly drift: DriftSettings | undefined;
}

/** The model whose entitlement is told. */
export interface EntitledModel {
  readonly lineage: ModelLineage & { readonly category?: string };
  readonly inputs: readonly TensorSpec[];
  readonly expectedVersion?: string | undefined;
  readonly reference?: TrainingReference | undefined;
}

/** What is known of an output beyond what its model said. */
export interface Entitled {
  /** The record, with lineage and states. */
  readonly record: OutputRecord;
  readonly applicability?: Judgement;
  readonly drift?: { readonly state: DriftState; readonly fields: readonly FieldDrift[] };
  readonly driftChange?: DriftChange;
  /** Once a change of the version that answers. */
  readonly notice?: ResonanceError;
}

export interface Entitlement {
  /** `now` is milliseconds since 1970. @throws what `compileReference` throws, for a category first seen now */
  entitle(input: InputRecord, output: OutputRecord, told: Told, now: number): Entitled;
  keep(): KeptEntitlement;
}

/** What is kept beyond a deploy, plain JSON; it counts as long as the model is the same. */
export interface KeptEntitlement {
  readonly of: string;
  readonly named?: string | undefined;
  /** By category and place. */
  readonly watches: readonly (readonly [key: string, watch: KeptWatch])[];
}

interface Plan {
  readonly reference: ReferencePlan;
  readonly judge: JudgeInput;
  readonly lineage: ModelLineage;
}

/** Places whose drift is watched at the same time; beyond that, the one unused for longest is forgotten. */
export const MOST_PLACES = 64;

/**
 * Says of each output whether its model was entitled to it: the lineage with data set and training range, the applicability, the state of drift.
 * Where nothing is known of the training, only the version is watched. Drift is watched place by place.
 * @throws what `compileReference` throws
 */
export function createEntitlement(profile: Profile, model: EntitledModel, settings: EntitlementSettings, kept?: KeptEntitlement): Entitlement {
  const { reference } = model;
  const { id, version, digest, category: ownCategory } = model.lineage;
  const base: ModelLineage = { id, version, ...(digest !== undefined && digest !== "" && { digest }) };
  const of = JSON.stringify([base, model.expectedVersion ?? ""]);
  const known = kept?.of === of ? kept : undefined;
  const versions = createVersionCheck({ ...base, served: model.expectedVersion }, known?.named);
  const plans = new Map<string, Plan>();
  const watches = new Map<string, DriftWatch>();
  /** Watches of places that did not report since the deploy. */
  const asleep = new Map(known?.watches);

  const planOf = (category: Category): Plan | undefined => {
    if (!reference) return undefined;
    const found = plans.get(category.id);
    if (found) return found;
    const compiled = compileReference(reference, category);
    const trainingRange = trainingRangeOf(compiled.inputs);
    const plan: Plan = {
      reference: compiled,
      judge: compileApplicability(compiled.inputs, { needed: neededBy(model.inputs, category), staleAfter: settings.staleAfter }),
      lineage: { ...base, ...(compiled.dataSet !== undefined && { dataSet: compiled.dataSet }), ...(trainingRange && { trainingRange }) },
    };
    plans.set(category.id, plan);
    return plan;
  };
  const watchOf = (drift: DriftSettings, { inputs, outputs }: ReferencePlan, key: string): DriftWatch => {
    const watch = watches.get(key) ?? createDriftWatch([...inputs, ...outputs], drift, asleep.get(key));
    asleep.delete(key);
    watches.delete(key);
    watches.set(key, watch);
    const [oldest] = watches.keys();
    if (watches.size > MOST_PLACES && oldest !== undefined) watches.delete(oldest);
    return watch;
  };
  if (reference && ownCategory !== undefined && ownCategory !== "") planOf(requireCategory(profile, ownCategory));

  return {
    entitle(input, output, told, now) {
      const category = requireCategory(profile, input.category);
      const plan = planOf(category);
      const { other, notice } = versions.check(told);
      if (other) {
        const lineage = { id, version: told.version ?? version, ...(told.digest !== undefined && told.digest !== digest && { digest: told.digest }) };
        const states: OutputStates = { applicability: "unknown", ...(plan && settings.drift && { driftState: "unknown" as const }) };
        return { record: markRecord(output, category, lineage, states), applicability: UNKNOWN, ...(notice && { notice }) };
      }
      const digested = told.digest ?? base.digest;
      const lineage = { ...(plan?.lineage ?? base), ...(digested !== undefined && { digest: digested }) };
      if (!plan) return { record: markRecord(output, category, lineage, {}) };
      const applicability = plan.judge(input, now);
      const states: { applicability: Applicability; driftState?: DriftState } = { applicability: applicability.state };
      const watchable = settings.drift && [...plan.reference.inputs, ...plan.reference.outputs].some(({ distribution }) => distribution);
      if (!settings.drift || !watchable) return { record: markRecord(output, category, lineage, states), applicability };
      const watch = watchOf(settings.drift, plan.reference, `${category.id} ${input.equipment}`);
      const driftChange = watch.observe(input.values, output.values, now);
      states.driftState = watch.state();
      return {
        record: markRecord(output, category, lineage, states), applicability,
        drift: { state: watch.state(), fields: watch.fields() }, ...(driftChange && { driftChange }),
      };
    },
    keep: () => ({
      of, named: versions.named(),
      watches: [...asleep, ...[...watches].map(([key, watch]) => [key, watch.keep()] as const)].slice(-MOST_PLACES),
    }),
  };
}

const UNKNOWN: Judgement = { state: "unknown", reasons: [], more: 0 };

/** What the profile requires, and what the model's tensors take. */
function neededBy(inputs: readonly TensorSpec[], { input }: Category): ReadonlySet<string> {
  const used = inputs.flatMap(({ elements }) => elements.map(({ field }) => (input.fields.has(field) ? field : field.replace(/\/\d+$/, ""))));
  return new Set([...input.required, ...used.filter((field) => field !== "")]);
}
