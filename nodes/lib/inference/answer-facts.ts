import type { ModelLineage } from "../record/interface-record";

/** What travels with a model's answer, as `msg.resonance.answer`: who gave it, and how. */
export interface AnswerFacts {
  readonly model: ModelLineage;
  /** Id of the `resonance-model` node that answered. */
  readonly node: string;
  readonly role: "primary" | "fallback";
  readonly from: "model" | "cache";
  /** The version that answered, as the server tells. */
  readonly servedVersion?: string;
  /** How often the model was asked. */
  readonly attempts: number;
  /** From the message's arrival to its answer, waiting included. */
  readonly milliseconds: number;
}
