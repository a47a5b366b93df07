import { ResonanceError } from "../errors/resonance-error";
import { checkNumber } from "./check-setting";

/**
 * What happens to a call beyond the bounds: it is refused; or the call that waits longest gives way to it; or, whether the
 * bounds are reached or not, it takes the place of the one call of its lane that waits.
 */
export type QueuePolicy = "refuse" | "drop-oldest" | "latest";

export const QUEUE_POLICIES: readonly QueuePolicy[] = ["refuse", "drop-oldest", "latest"];

/** Bounds of a queue. */
export interface CallQueueOptions {
  /** Calls at work at the same time. */
  readonly concurrency: number;
  /** Calls that may wait beyond those. */
  readonly queueLimit: number;
  /** `refuse` unless told. */
  readonly policy?: QueuePolicy;
}

/** Where the calls of a queue stand; `refused`, `dropped` and `superseded` count since the start. */
export interface CallCounts {
  readonly active: number;
  readonly waiting: number;
  readonly refused: number;
  readonly dropped: number;
  readonly superseded: number;
}

/** Runs calls, a bounded number at a time, and gives their results in the order in which they arrived, lane by lane. */
export interface CallQueue {
  /**
   * Runs `work`, now or when its turn comes; settles after every earlier call of the same lane has settled. A call that gives
   * way to another settles at once. The signal is aborted on close.
   * @throws RESONANCE_MODEL_QUEUE_FULL at once, RESONANCE_MODEL_DROPPED, RESONANCE_MODEL_SUPERSEDED, RESONANCE_MODEL_CLOSED
   */
  run<T>(work: (signal: AbortSignal) => Promise<T>, lane?: string): Promise<T>;
  counts(): CallCounts;
  /** Rejects every open call now, whether its work heeds the signal or not. */
  close(): void;
}

/** A place in the queue; with the policy `latest` a newer call may move into one that waits. */
interface Seat {
  start(): void;
  readonly reject: (reason: unknown) => void;
  /** Hands over the result once it is there and every earlier one of the lane was handed over. */
  settle: (() => void) | undefined;
}

interface Lane {
  /** Every seat without a handed-over result, oldest first. */
  readonly open: Seat[];
  /** The seat that waits; kept for the policy `latest`, under which there is one at most. */
  waiting: Seat | undefined;
}

/**
 * A queue without timers of its own: how long a call takes is the work's affair. A result that waits for an earlier one
 * still counts against the bounds, so a hanging call cannot pile up results.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function createCallQueue({ concurrency, queueLimit, policy = "refuse" }: CallQueueOptions): CallQueue {
  checkNumber("concurrency", concurrency, { min: 1, whole: true });
  checkNumber("queueLimit", queueLimit, { min: 0, whole: true });
  if (!QUEUE_POLICIES.includes(policy)) {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "policy", detail: `${policy as string} ≠ ${QUEUE_POLICIES.join(", ")}` }, { path: "policy" });
  }
  const abort = new AbortController();
  const lanes = new Map<string, Lane>();
  /** Not yet started, oldest first. */
  const waiting = new Map<Seat, string>();
  const counted = { refused: 0, dropped: 0, superseded: 0 };
  let open = 0;
  let active = 0;
  let closed = false;

  const laneOf = (name: string): Lane => {
    const known = lanes.get(name);
    if (known) return known;
    const made: Lane = { open: [], waiting: undefined };
    lanes.set(name, made);
    return made;
  };
  const leave = (name: string, { open: seats }: Lane, seat: Seat): void => {
    seats.splice(seats.indexOf(seat), 1);
    open -= 1;
    if (seats.length === 0) lanes.delete(name);
  };
  const startNext = (): void => {
    for (const [seat, name] of waiting) {
      if (active >= concurrency) return;
      waiting.delete(seat);
      laneOf(name).waiting = undefined;
      active += 1;
      seat.start();
    }
  };
  const finish = (name: string, seat: Seat, settle: () => void): void => {
    if (closed) return;
    active -= 1;
    seat.settle = settle;
    const lane = laneOf(name);
    for (let first = lane.open[0]; first?.settle; first = lane.open[0]) {
      leave(name, lane, first);
      first.settle();
    }
    startNext();
  };
  /** Whether there is room for one more, made if the policy says so. */
  const makeRoom = (): boolean => {
    if (open < concurrency + queueLimit) return true;
    const [oldest] = policy === "drop-oldest" ? waiting : [];
    if (!oldest) return false;
    const [seat, name] = oldest;
    waiting.delete(seat);
    leave(name, laneOf(name), seat);
    counted.dropped += 1;
    seat.reject(new ResonanceError("RESONANCE_MODEL_DROPPED", { limit: queueLimit, dropped: counted.dropped }));
    return true;
  };
  const enter = (name: string, seat: Seat): void => {
    const inLane = policy === "latest" ? lanes.get(name)?.waiting : undefined;
    if (inLane) {
      const { reject } = inLane;
      Object.assign(inLane, seat);
      counted.superseded += 1;
      reject(new ResonanceError("RESONANCE_MODEL_SUPERSEDED", { superseded: counted.superseded }));
      return;
    }
    if (!makeRoom()) {
      counted.refused += 1;
      seat.reject(new ResonanceError("RESONANCE_MODEL_QUEUE_FULL", { limit: queueLimit, refused: counted.refused }));
      return;
    }
    const lane = laneOf(name);
    lane.open.push(seat);
    if (policy === "latest") lane.waiting = seat;
    open += 1;
    waiting.set(seat, name);
    startNext();
  };

  return {
    run<T>(work: (signal: AbortSignal) => Promise<T>, lane = "") {
      if (closed) return Promise.reject(new ResonanceError("RESONANCE_MODEL_CLOSED"));
      return new Promise<T>((resolve, reject) => {
        const seat: Seat = {
          start() {
            new Promise<T>((begin) => { begin(work(abort.signal)); }).then(
              (result) => finish(lane, this, () => resolve(result)),
              // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passes on what was thrown
              (thrown: unknown) => finish(lane, this, () => reject(thrown)),
            );
          },
          reject,
          settle: undefined,
        };
        enter(lane, seat);
      });
    },
    counts: () => ({ active, waiting: waiting.size, ...counted }),
    close() {
      if (closed) return;
      closed = true;
      abort.abort();
      active = 0;
      open = 0;
      waiting.clear();
      const seats = [...lanes.values()].flatMap((lane) => lane.open);
      lanes.clear();
      for (const seat of seats) {
        if (seat.settle) seat.settle();
        else seat.reject(new ResonanceError("RESONANCE_MODEL_CLOSED"));
      }
    },
  };
}
