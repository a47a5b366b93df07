import type { OutputRecord } from "../record/interface-record";
import type { JobIdentifiers } from "../record/job-context";

/** What became of a proposal, an operator's word or a command whose time is over. */
export type Verdict = "passed" | "limited" | "held" | "rejected" | "expired" | "fallback";

/** Why; stable, with a text in the node's catalogue. */
export type Reason =
  | "WITHIN_LIMITS" | "LIMITED" | "APPROVED" | "APPROVAL_AWAITED" | "WITHIN_DEAD_BAND" | "FALLBACK"
  | "RECORD_INVALID" | "NOT_A_PROPOSAL" | "OTHER_CATEGORY" | "OTHER_EQUIPMENT" | "OTHER_JOB" | "DUPLICATE" | "OLDER_THAN_LAST"
  | "VALIDITY_ENDED" | "TIME_IN_FUTURE" | "CONFIDENCE_MISSING" | "CONFIDENCE_LOW" | "NOT_APPLICABLE" | "MODEL_DRIFT"
  | "INTERLOCK_UNKNOWN" | "INTERLOCK_BAD" | "INTERLOCK_STALE" | "INTERLOCK_OPEN"
  | "NO_VALUE" | "VALUE_INVALID" | "VALUE_BAD" | "BOUND_MISSING" | "BOUND_UNIT" | "BOUNDS_EMPTY" | "OUT_OF_BOUNDS" | "STEP_TOO_LARGE" | "RAMP_TOO_FAST" | "REFERENCE_UNKNOWN"
  | "HOLD_OFF" | "OPERATOR_REJECTED" | "APPROVAL_UNKNOWN" | "APPROVAL_TIMED_OUT" | "SUPERSEDED" | "COMMAND_STALE";

/** What was proposed for a field and what left; in the profile's unit. */
export interface DecidedValue {
  readonly proposed?: unknown;
  readonly passed?: number;
  /** The bound that was passed or came into force. */
  readonly bound?: number;
}

/** The record of a decision, but for its text. */
export interface Decision {
  readonly decision: Verdict;
  readonly reason: Reason;
  /** What the reason's text speaks of: a field, a tag, a limit. */
  readonly about: Readonly<Record<string, string | number>>;
  /** Empty where the message had none. */
  readonly proposalId: string;
  readonly commandId?: string;
  /** ISO 8601 UTC */
  readonly at: string;
  readonly values: Readonly<Record<string, DecidedValue>>;
  /** The job whose bounds counted. */
  readonly job?: JobIdentifiers;
  readonly by?: string;
  readonly comment?: string;
}

/** What the guard has to send. */
export interface Outcome {
  readonly commands: readonly OutputRecord[];
  readonly decisions: readonly Decision[];
}

/** Why something may not pass. */
export interface Objection {
  readonly reason: Reason;
  readonly about?: Readonly<Record<string, string | number>>;
  readonly verdict?: Verdict;
}
