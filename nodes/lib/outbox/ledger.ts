import type { DeadMark } from "./frame";
import { createKeptQueue, type Kept } from "./kept";
import { createLanes, type Lanes } from "./lanes";
import type { Place, Segment } from "./segment-log";

/** The entries that count, with their numbers and bytes; keeps the lanes and each file's count of live entries. */
export interface Ledger {
  readonly lanes: Lanes;
  readonly dead: ReadonlyMap<number, Kept>;
  readonly totals: Readonly<Totals>;
  get(sequence: number): Kept | undefined;
  /** An entry that waits, or a dead letter. */
  add(kept: Kept): void;
  /** The entry was written again at another place. */
  move(kept: Kept, place: Place): void;
  kill(kept: Kept, mark: DeadMark): void;
  remove(kept: Kept): void;
  /** The oldest entry not settled. */
  oldest(): Kept | undefined;
  /** The oldest entry that is not under way. */
  oldestWaiting(): Kept | undefined;
  lying(segment: Segment): readonly Kept[];
}

interface Totals {
  waiting: number;
  bytes: number;
  deadBytes: number;
}

/** An empty ledger. */
export function createLedger(): Ledger {
  const live = new Map<number, Kept>();
  const dead = new Map<number, Kept>();
  const order = createKeptQueue();
  const lanes = createLanes();
  const totals: Totals = { waiting: 0, bytes: 0, deadBytes: 0 };

  const count = (kept: Kept, by: 1 | -1): void => {
    const { segment, length } = kept.place;
    segment.live += by;
    segment.liveBytes += by * length;
    if (kept.state === "dead") {
      totals.deadBytes += by * length;
    } else {
      totals.waiting += by;
      totals.bytes += by * length;
    }
  };
  return {
    lanes, dead, totals,
    get: (sequence) => live.get(sequence),
    add(kept) {
      live.set(kept.sequence, kept);
      count(kept, 1);
      if (kept.state === "dead") {
        dead.set(kept.sequence, kept);
      } else {
        order.push(kept);
        lanes.add(kept);
      }
    },
    move(kept, place) {
      count(kept, -1);
      kept.place = place;
      count(kept, 1);
    },
    kill(kept, mark) {
      count(kept, -1);
      kept.state = "dead";
      kept.dead = mark;
      count(kept, 1);
      dead.set(kept.sequence, kept);
    },
    remove(kept) {
      count(kept, -1);
      kept.state = "gone";
      live.delete(kept.sequence);
      dead.delete(kept.sequence);
    },
    oldest: () => order.front(),
    oldestWaiting: () => order.waiting(),
    lying: (segment) => [...live.values()].filter(({ place }) => place.segment === segment),
  };
}
