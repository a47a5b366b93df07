import type { Profile } from "../profile/profile";
import type { InterfaceRecord } from "../record/interface-record";
import { readRecord } from "../record/read-record";
import type { Decision } from "./model-space";
import type { ProposalState } from "./proposals";

/** What a guard can have decided. */
const DECISIONS: ReadonlySet<unknown> = new Set<ProposalState>(["passed", "limited", "held", "rejected", "expired", "fallback"]);

/** What a message is to the server. */
export type ScadaInput = { readonly decision: Decision } | { readonly record: InterfaceRecord };

/**
 * Takes a payload as a record of the profile or as the decision of a setpoint guard.
 * @throws RESONANCE_RECORD_INVALID
 */
export function readScadaInput(payload: unknown, profile: Profile): ScadaInput {
  const { decision, proposalId } = (payload ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof proposalId === "string" && DECISIONS.has(decision)) return { decision: { proposalId, state: decision as ProposalState } };
  return { record: readRecord(payload, profile) };
}
