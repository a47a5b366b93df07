import type { Refusal } from "./field-error";
import type { Incoming } from "./incoming";
import type { ValueQuality } from "./interface-record";
import type { TagPlan } from "./tag-plan";

/** What happens to a field when its source reports bad quality: no value, or the last good one as Uncertain until it is too old. */
export type BadQuality = "reject" | "lastGood";

/** A value a field has. */
interface Held {
  readonly value: unknown;
  /** Source time and time of arrival, milliseconds since 1970. */
  readonly time: number;
  readonly receivedAt: number;
  readonly status: ValueQuality["status"];
  readonly code: string | undefined;
}

/** Where a field's latest value waits for a record. */
export interface Slot {
  readonly plan: TagPlan;
  held: Held | undefined;
  /** The last value of good quality, for `lastGood`. */
  lastGood: Held | undefined;
  /** What became of the sample that came since the last record; `undefined` once a record took it. */
  pending: Fate | undefined;
}

/** A sample's value is in its slot, or a last good one stands in for it. */
export type Fate = "applied" | "held";

export function createSlot(plan: TagPlan): Slot {
  return { plan, held: undefined, lastGood: undefined, pending: undefined };
}

/** Puts a sample into its slot; one that is refused leaves the slot empty, so that no record is made with an older value unseen. */
export function fill(slot: Slot, sample: Incoming, badQuality: BadQuality, receivedAt: number): Fate | Refusal {
  slot.pending = undefined;
  if (sample.quality === "Bad") return fallBack(slot, sample, badQuality, receivedAt);
  const admission = slot.plan.admit(sample.value);
  if ("refusal" in admission) {
    slot.held = undefined;
    return admission.refusal;
  }
  const good = sample.quality === "Good";
  slot.held = {
    value: admission.value,
    time: sample.time,
    receivedAt,
    status: good ? undefined : sample.quality,
    code: good ? undefined : sample.status,
  };
  if (good) slot.lastGood = slot.held;
  slot.pending = "applied";
  return "applied";
}

function fallBack(slot: Slot, sample: Incoming, badQuality: BadQuality, receivedAt: number): Fate | Refusal {
  const { lastGood, plan } = slot;
  if (badQuality === "lastGood" && lastGood && ageOf(lastGood, sample.time, receivedAt) <= plan.maxAge) {
    slot.held = { ...lastGood, status: "Uncertain", code: sample.status };
    slot.pending = "held";
    return "held";
  }
  slot.held = undefined;
  return { code: "RESONANCE_QUALITY_BAD", expected: "Good | Uncertain", actual: sample.status ?? "Bad" };
}

/** Empties a slot whose value is too old, and says so; `undefined` for one that is still good or already empty. */
export function expire(slot: Slot, newest: number, now: number): Refusal | undefined {
  const { held, plan } = slot;
  if (!held) return undefined;
  const age = ageOf(held, newest, now);
  if (age <= plan.maxAge) return undefined;
  slot.held = undefined;
  slot.pending = undefined;
  return { code: "RESONANCE_VALUE_STALE", expected: String(plan.maxAge / 1000), actual: Math.round(age) / 1000 };
}

/**
 * Milliseconds a value is behind: against the newest source time, and since it came. Each compares times of one clock only,
 * so a machine whose clock is wrong does not make fresh values old.
 */
function ageOf({ time, receivedAt }: Held, newest: number, now: number): number {
  return Math.max(newest - time, now - receivedAt);
}
