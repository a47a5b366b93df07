/**
 * The outcome of `work`, or a rejection with `late()` after `ms`, or with the signal's reason when it aborts first.
 * `work` itself goes on; what becomes of it then is nobody's concern and never an unhandled rejection.
 */
export function within<T>(work: Promise<T>, ms: number, late: () => unknown, signal?: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const fail = (reason: unknown): void => {
      stop();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passes on what was thrown
      reject(reason);
    };
    const aborted = (): void => { fail(signal?.reason); };
    const timer = setTimeout(() => { fail(late()); }, ms);
    const stop = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    };
    signal?.addEventListener("abort", aborted, { once: true });
    if (signal?.aborted) aborted();
    work.then((value) => { stop(); resolve(value); }, fail);
  });
}

/** Resolves when `work` ended, however it ended, or after `ms`; says whether it ended. */
export function settled(work: Promise<unknown>, ms: number): Promise<boolean> {
  return within(work.then(() => true, () => true), ms, () => undefined).catch(() => false);
}

/** Resolves after `ms`, at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return within(new Promise<never>(() => undefined), ms, () => undefined, signal).catch(() => undefined);
}
