import type { ErrorCode } from "../errors/resonance-error";
import type { Refusal } from "./field-error";
import type { Incoming } from "./incoming";
import type { ValueQuality } from "./interface-record";
import type { Ticket } from "./ledger";
import { createWindow, type SampleWindow, type WindowContents, type WindowEvents } from "./sample-window";
import type { TagPlan } from "./tag-plan";

/** What happens to a field when its source reports bad quality: no value, or the last good one as Uncertain until it is too old. */
export type BadQuality = "reject" | "lastGood";

/** A value a field has. */
export interface Held {
  readonly value: unknown;
  /** Source time and time of arrival, milliseconds since 1970. */
  readonly time: number;
  readonly receivedAt: number;
  readonly status: ValueQuality["status"];
  readonly code: string | undefined;
}

/** Where a field's latest value, or the window it is worked out of, waits for a record. */
export interface Slot {
  readonly plan: TagPlan;
  readonly window: SampleWindow | undefined;
  held: Held | undefined;
  /** The last value of good quality, for `lastGood`; with a window the last one worked out, for `hold`. */
  lastGood: Held | undefined;
  /** The sample that came since the last record; `undefined` once a record took it. Samples of a window wait there. */
  pending: Ticket | undefined;
  /** Whether a usable sample came since the last record. */
  fresh: boolean;
  /** The newest usable sample of a window. */
  latest: Pick<Held, "time" | "receivedAt"> | undefined;
  /** What `held` was worked out of. */
  contents: WindowContents | undefined;
  /** What has been reported of the present value, so that it is reported once. */
  told: ErrorCode | undefined;
}

/** A sample's value is in its slot, or a last good one (or the rest of the window) stands in for it. */
export type Fate = "applied" | "held";

/** What filling needs besides the sample. */
export interface Filling {
  readonly badQuality: BadQuality;
  readonly receivedAt: number;
  readonly ticket: Ticket;
  readonly events: WindowEvents;
}

export function createSlot(plan: TagPlan, events: WindowEvents): Slot {
  const window = plan.aggregate && createWindow(plan.aggregate.span, plan.aggregate.fold, events);
  return { plan, window, held: undefined, lastGood: undefined, pending: undefined, fresh: false, latest: undefined, contents: undefined, told: undefined };
}

/**
 * Puts a sample into its slot. One that is refused leaves the slot empty, so that no record is made with an older value unseen; a window
 * does without it, and what is worked out of it is Uncertain.
 */
export function fill(slot: Slot, sample: Incoming, filling: Filling): Fate | Refusal {
  if (slot.window) return fillWindow(slot, slot.window, sample, filling);
  const { badQuality, receivedAt, ticket, events } = filling;
  if (slot.pending) events.release(slot.pending);
  slot.pending = undefined;
  slot.fresh = false;
  slot.told = undefined;
  const fate = sample.quality === "Bad" ? fallBack(slot, sample, badQuality, receivedAt) : replace(slot, sample, receivedAt);
  if (typeof fate === "object") return fate;
  ticket.holders++;
  slot.pending = ticket;
  slot.fresh = true;
  return fate;
}

function replace(slot: Slot, sample: Incoming, receivedAt: number): Fate | Refusal {
  const admission = slot.plan.admit(sample.value, sample.unit);
  if ("refusal" in admission) {
    slot.held = undefined;
    return admission.refusal;
  }
  slot.held = { value: admission.value, time: sample.time, receivedAt, ...statusOf(sample) };
  if (sample.quality === "Good") slot.lastGood = slot.held;
  return "applied";
}

function fallBack(slot: Slot, sample: Incoming, badQuality: BadQuality, receivedAt: number): Fate | Refusal {
  const { lastGood, plan } = slot;
  if (badQuality === "lastGood" && lastGood && ageOf(lastGood, sample.time, receivedAt) <= plan.maxAge) {
    slot.held = { ...lastGood, status: "Uncertain", code: sample.status };
    return "held";
  }
  slot.held = undefined;
  return isBad(sample);
}

function fillWindow(slot: Slot, window: SampleWindow, sample: Incoming, { badQuality, receivedAt, ticket }: Filling): Fate | Refusal {
  if (sample.quality === "Bad") {
    window.addGap(sample.time);
    return badQuality === "lastGood" && window.size() > 0 ? "held" : isBad(sample);
  }
  const admission = slot.plan.admit(sample.value, sample.unit);
  if ("refusal" in admission) {
    window.addGap(sample.time);
    return admission.refusal;
  }
  ticket.holders++;
  const { time } = sample;
  // A late sample does not move the window back; one as late as the window is long says that the machine's clock was ahead before.
  if (!slot.latest || time >= slot.latest.time || !(time > slot.latest.time - spanOf(slot))) slot.latest = { time, receivedAt };
  window.add({ value: admission.value, time, receivedAt, ...statusOf(sample), ticket });
  slot.fresh = true;
  slot.told = undefined;
  // Stands for the value to come; what it is, is worked out when a record is made.
  slot.held = window.size() >= (slot.plan.aggregate?.least ?? 1) ? { value: undefined, ...slot.latest, status: undefined, code: undefined } : undefined;
  return "applied";
}

function spanOf({ plan: { aggregate } }: Slot): number {
  return aggregate?.span.kind === "time" ? aggregate.span.milliseconds : 0;
}

/**
 * Milliseconds a value is behind: against the newest source time, and since it came. Each compares times of one clock only,
 * so a machine whose clock is wrong does not make fresh values old.
 */
export function ageOf({ time, receivedAt }: Pick<Held, "time" | "receivedAt">, newest: number, now: number): number {
  return Math.max(newest - time, now - receivedAt);
}

function statusOf({ quality, status }: Incoming): Pick<Held, "status" | "code"> {
  return quality === "Good" ? { status: undefined, code: undefined } : { status: quality, code: status };
}

function isBad({ status }: Incoming): Refusal {
  return { code: "RESONANCE_QUALITY_BAD", expected: "Good | Uncertain", actual: status ?? "Bad" };
}
