import type { DeadMark } from "./frame";
import type { Place } from "./segment-log";

/** An entry as it is remembered: everything but its body, key and headers, which stay on the disk. */
export interface Kept {
  readonly sequence: number;
  readonly lane: string;
  /** Milliseconds since 1970. */
  readonly queuedAt: number;
  place: Place;
  attempts: number;
  /** `gone`: delivered, dropped or purged. */
  state: "waiting" | "under-way" | "dead" | "gone";
  dead: DeadMark | undefined;
}

/** Entries in their order; those that are no longer in the state `waiting` or `under-way` fall out when they come to the front. */
export interface KeptQueue {
  push(kept: Kept): void;
  /** The oldest entry that waits or is under way. */
  front(): Kept | undefined;
  /** The oldest entry that waits. */
  waiting(): Kept | undefined;
}

/** A queue in an array with a moving front: each entry is passed over once. */
export function createKeptQueue(): KeptQueue {
  let items: Kept[] = [];
  let first = 0;
  const front = (): Kept | undefined => {
    for (; first < items.length; first += 1) {
      const item = items[first];
      if (item?.state === "waiting" || item?.state === "under-way") return item;
    }
    items = [];
    first = 0;
    return undefined;
  };
  return {
    front,
    push(kept) {
      if (first > 1024 && first * 2 > items.length) {
        items = items.slice(first);
        first = 0;
      }
      items.push(kept);
    },
    waiting() {
      if (!front()) return undefined;
      for (let at = first; at < items.length; at += 1) {
        const item = items[at];
        if (item?.state === "waiting") return item;
      }
      return undefined;
    },
  };
}
