import type { Entitled } from "./entitlement";
import type { FieldDrift } from "./drift-watch";
import type { DriftState } from "./states";

/** What a change of the state of drift says to the flow. */
export interface DriftEvent {
  readonly event: "drift";
  readonly from: DriftState;
  readonly to: DriftState;
  /** ISO 8601 UTC */
  readonly timestamp: string;
  readonly model: { readonly id: string; readonly version: string };
  readonly category: string;
  readonly equipment: string;
  /** The output that showed it. */
  readonly recordId: string;
  /** Those with the greatest index first. */
  readonly fields: readonly FieldDrift[];
}

/** Fields that a message names at most. */
export const MOST_TOLD = 10;

/** The event of a change; `undefined` where there was none. */
export function driftEventOf({ driftChange, drift, record }: Entitled): DriftEvent | undefined {
  if (!driftChange || !drift) return undefined;
  const { model: { id, version }, category, equipment, timestamp, id: recordId } = record;
  return { event: "drift", ...driftChange, timestamp, model: { id, version }, category, equipment, recordId, fields: drift.fields.slice(0, MOST_TOLD) };
}

/** What `msg.resonance` says of an output beside its record. */
export function aboutOutput({ applicability, drift }: Entitled): object {
  return {
    ...(applicability && { applicability }),
    ...(drift && { drift: { state: drift.state, fields: drift.fields.slice(0, MOST_TOLD) } }),
  };
}
