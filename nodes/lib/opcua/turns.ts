import { ResonanceError } from "../errors/resonance-error";

/** Works that come one after the other, in the order in which they were given. */
export interface Turns {
  /**
   * Runs `work` when its turn comes. The signal aborts when the turns are closed, with the error as reason.
   * @throws RESONANCE_OPCUA_BUSY at once, RESONANCE_OPCUA_STOPPED when it has not begun by then.
   */
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Works that have not ended. */
  size(): number;
  /** Nothing begins any more. */
  close(): void;
}

/** Turns of which at most `limit` wait besides the one that runs. */
export function createTurns(limit: number): Turns {
  const stop = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  let size = 0;
  return {
    run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
      if (size > limit) return Promise.reject(new ResonanceError("RESONANCE_OPCUA_BUSY", { limit }));
      size += 1;
      const turn = last.then(() => {
        stop.signal.throwIfAborted();
        return work(stop.signal);
      });
      last = turn.catch(() => undefined).then(() => { size -= 1; });
      return turn;
    },
    size: () => size,
    close() { stop.abort(new ResonanceError("RESONANCE_OPCUA_STOPPED")); },
  };
}
