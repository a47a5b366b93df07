import type { Refusal } from "./field-error";
import type { Held, Slot } from "./slot";

/** Status code of OPC UA for a value worked out of fewer good samples than belong to it. */
const SUB_NORMAL = "UncertainDataSubNormal";

/** Status code of OPC UA for a value whose source has not told anything newer. */
export const LAST_USABLE = "UncertainLastUsableValue";

/**
 * Works a field out of its window, which ends at `end` (source time): the value has the time of its newest sample, and is Uncertain where a sample
 * is, or where one is missing. Gives the refusal of a result that the field does not admit; a window with too few samples leaves the slot empty,
 * or with its former value as the row says.
 */
export function workOut(slot: Slot, end: number, now: number): Refusal | undefined {
  const { window, latest, plan: { aggregate, stale } } = slot;
  if (!window || !aggregate) return undefined;
  const contents = window.contents(end, now);
  slot.contents = undefined;
  const { digest, gap } = contents;
  const result = latest && (digest?.count ?? 0) >= aggregate.least ? aggregate.work(contents) : undefined;
  if (!result || "refusal" in result) {
    slot.held = stale === "reject" || result ? undefined : former(slot);
    return result?.refusal;
  }
  slot.held = {
    value: result.value,
    // The count of an empty window is of the time it ends.
    time: digest?.last.time ?? end,
    receivedAt: digest?.last.receivedAt ?? now,
    status: digest?.uncertain || gap ? "Uncertain" : undefined,
    code: gap ? SUB_NORMAL : digest?.uncertain?.code,
  };
  slot.lastGood = slot.held;
  slot.contents = contents;
  return undefined;
}

function former({ lastGood, plan }: Slot): Held | undefined {
  return lastGood && plan.stale === "uncertain" ? { ...lastGood, status: "Uncertain", code: LAST_USABLE } : lastGood;
}
