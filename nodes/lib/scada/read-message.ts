import type { Profile } from "../profile/profile";
import type { InterfaceRecord } from "../record/interface-record";
import { readRecord } from "../record/read-record";
import type { Decision, JobReport } from "./model-space";
import type { ProposalState } from "./proposals";

/** What a guard can have decided. */
const DECISIONS: ReadonlySet<unknown> = new Set<ProposalState>(["passed", "limited", "held", "rejected", "expired", "fallback"]);

/** What a message is to the server. */
export type ScadaInput = { readonly job: JobReport } | { readonly decision: Decision } | { readonly record: InterfaceRecord };

/**
 * Takes a payload as a record of the profile, as the decision of a setpoint guard or as the state of a job.
 * @throws RESONANCE_RECORD_INVALID
 */
export function readScadaInput(payload: unknown, profile: Profile): ScadaInput {
  const { decision, proposalId, jobOrderId, jobState } = (payload ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof proposalId === "string" && DECISIONS.has(decision)) return { decision: { proposalId, state: decision as ProposalState } };
  if (typeof jobOrderId === "string" && typeof jobState === "string") return { job: { jobOrderId, jobState } };
  return { record: readRecord(payload, profile) };
}
