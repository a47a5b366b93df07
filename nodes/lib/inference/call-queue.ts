import { ResonanceError } from "../errors/resonance-error";

/** Bounds of a queue. */
export interface CallQueueOptions {
  /** Calls at work at the same time. */
  readonly concurrency: number;
  /** Calls that may wait beyond those. */
  readonly queueLimit: number;
}

/** Where the calls of a queue stand; `refused` counts since the start. */
export interface CallCounts {
  readonly active: number;
  readonly waiting: number;
  readonly refused: number;
}

/** Runs calls, a bounded number at a time, and gives their results in the order in which they arrived. */
export interface CallQueue {
  /**
   * Runs `work`, now or when its turn comes; settles after every earlier call has settled. The signal is aborted on close.
   * @throws RESONANCE_MODEL_QUEUE_FULL at once, RESONANCE_MODEL_CLOSED
   */
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  counts(): CallCounts;
  /** Rejects every open call now, whether its work heeds the signal or not. */
  close(): void;
}

interface Call {
  start(): void;
  /** Hands over the result once it is there and every earlier one was handed over. */
  settle: (() => void) | undefined;
  reject(reason: unknown): void;
}

/**
 * A queue without timers of its own: how long a call takes is the work's affair. A result that waits for an earlier one
 * still counts against the bounds, so a hanging call cannot pile up results.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function createCallQueue({ concurrency, queueLimit }: CallQueueOptions): CallQueue {
  checkCount("concurrency", concurrency, 1);
  checkCount("queueLimit", queueLimit, 0);
  const abort = new AbortController();
  /** Every call without a handed-over result, oldest first; those not yet started also stand in `waiting`. */
  const open: Call[] = [];
  const waiting: Call[] = [];
  let active = 0;
  let refused = 0;
  let closed = false;

  const deliver = (): void => {
    for (let first = open[0]; first?.settle; first = open[0]) {
      open.shift();
      first.settle();
    }
  };
  const startNext = (): void => {
    while (active < concurrency) {
      const call = waiting.shift();
      if (!call) return;
      active += 1;
      call.start();
    }
  };
  const finish = (call: Call, settle: () => void): void => {
    if (closed) return;
    active -= 1;
    call.settle = settle;
    deliver();
    startNext();
  };

  return {
    run<T>(work: (signal: AbortSignal) => Promise<T>) {
      if (closed) return Promise.reject(new ResonanceError("RESONANCE_MODEL_CLOSED"));
      if (open.length >= concurrency + queueLimit) {
        refused += 1;
        return Promise.reject(new ResonanceError("RESONANCE_MODEL_QUEUE_FULL", { limit: queueLimit, refused }));
      }
      return new Promise<T>((resolve, reject) => {
        const call: Call = {
          start: () => {
            new Promise<T>((begin) => { begin(work(abort.signal)); }).then(
              (result) => finish(call, () => resolve(result)),
              (thrown: unknown) => finish(call, () => call.reject(thrown)),
            );
          },
          settle: undefined,
          reject,
        };
        open.push(call);
        waiting.push(call);
        startNext();
      });
    },
    counts: () => ({ active, waiting: waiting.length, refused }),
    close() {
      if (closed) return;
      closed = true;
      abort.abort();
      active = 0;
      waiting.length = 0;
      for (const call of open.splice(0)) (call.settle ?? (() => call.reject(new ResonanceError("RESONANCE_MODEL_CLOSED"))))();
    },
  };
}

function checkCount(setting: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail: `${value} is no whole number from ${least} on` }, { path: setting });
}
