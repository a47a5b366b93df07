import type { Category } from "../profile/profile";
import type { ModelLineage, OutputRecord } from "../record/interface-record";
import { APPLICABILITIES, DRIFT_STATES, worse, type Applicability, type DriftState } from "./states";

/** What is to be said of an output beyond what its model said. */
export interface OutputStates {
  readonly applicability?: Applicability;
  readonly driftState?: DriftState;
}

/**
 * An output record with its lineage and states. What the model itself said of its applicability or drift stays where it is worse. A category
 * whose profile has no such field, or no such word in it, says nothing.
 */
export function markRecord(record: OutputRecord, category: Category, model: ModelLineage, { applicability, driftState }: OutputStates): OutputRecord {
  const { values } = record;
  const states = {
    ...(applicability !== undefined && { applicability: worse(APPLICABILITIES, applicability, values["applicability"]) }),
    ...(driftState !== undefined && { driftState: worse(DRIFT_STATES, driftState, values["driftState"]) }),
  };
  const known = Object.entries(states).filter(([name, state]) => {
    const words = category.output.fields.get(name)?.schema.enum;
    return words !== undefined && words.includes(state);
  });
  return { ...record, values: known.length === 0 ? values : { ...values, ...Object.fromEntries(known) }, model };
}
