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
  const { samples } = contents;
  const result = latest && samples.length >= aggregate.least ? aggregate.work(samples) : undefined;
  if (!result || "refusal" in result) {
    slot.held = stale === "reject" || result ? undefined : former(slot);
    return result?.refusal;
  }
  const uncertain = samples.findLast(({ status }) => status !== undefined);
  slot.held = {
    value: result.value,
    ...newestOf(samples, end, now),
    status: uncertain || contents.gap ? "Uncertain" : undefined,
    code: contents.gap ? SUB_NORMAL : uncertain?.code,
  };
  slot.lastGood = slot.held;
  slot.contents = contents;
  return undefined;
}

function former({ lastGood, plan }: Slot): Held | undefined {
  return lastGood && plan.stale === "uncertain" ? { ...lastGood, status: "Uncertain", code: LAST_USABLE } : lastGood;
}

/** The count of an empty window is of the time it ends. */
function newestOf(samples: readonly Pick<Held, "time" | "receivedAt">[], end: number, now: number): Pick<Held, "time" | "receivedAt"> {
  const newest = samples.at(-1);
  return newest ? { time: newest.time, receivedAt: newest.receivedAt } : { time: end, receivedAt: now };
}
