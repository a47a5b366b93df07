import { createHeap } from "./heap";
import { createKeptQueue, type Kept, type KeptQueue } from "./kept";

interface Lane {
  readonly queue: KeptQueue;
  /** `held`: its oldest entry is under way or waits for its next attempt. */
  state: "ready" | "held";
}

/** Which entry is next: the order within a lane is kept, and a lane whose oldest entry is not settled gives no other. */
export interface Lanes {
  readonly size: number;
  add(kept: Kept): void;
  /** The oldest waiting entry of a lane that is free and not in `busy`; its lane is held from now on. */
  take(busy: ReadonlySet<string>): Kept | undefined;
  /** The lane goes on with the entry that is now its oldest. */
  release(lane: string): void;
}

/** Lanes in memory; `take` in O(log n) beside the busy lanes it passes over. */
export function createLanes(): Lanes {
  const lanes = new Map<string, Lane>();
  const ready = createHeap<string>();
  const offer = (name: string, lane: Lane): void => {
    const front = lane.queue.front();
    if (front) ready.push(front.sequence, name);
    else lanes.delete(name);
  };
  return {
    get size() { return lanes.size; },
    add(kept) {
      const known = lanes.get(kept.lane);
      const lane = known ?? { queue: createKeptQueue(), state: "ready" as const };
      const idle = lane.queue.front() === undefined;
      lane.queue.push(kept);
      if (!known) lanes.set(kept.lane, lane);
      if (idle && lane.state === "ready") ready.push(kept.sequence, kept.lane);
    },
    take(busy) {
      const passed: { key: number; value: string }[] = [];
      let found: Kept | undefined;
      for (let least = ready.pop(); least && !found; least = found ? undefined : ready.pop()) {
        const lane = lanes.get(least.value);
        if (lane?.state !== "ready") continue;
        const front = lane.queue.front();
        // An entry that was dropped meanwhile leaves its place in the heap to the next one of its lane.
        if (front?.sequence !== least.key) {
          offer(least.value, lane);
        } else if (busy.has(least.value)) {
          passed.push(least);
        } else {
          lane.state = "held";
          found = front;
        }
      }
      for (const { key, value } of passed) ready.push(key, value);
      return found;
    },
    release(name) {
      const lane = lanes.get(name);
      if (lane?.state !== "held") return;
      lane.state = "ready";
      offer(name, lane);
    },
  };
}
