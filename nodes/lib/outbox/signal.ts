/** Tells listeners that something changed, at most once a turn, and keeps the timers of what changes later. */
export interface Signal {
  notify(): void;
  /** Runs `work` after `delayMs`, then notifies; the timer keeps no process alive. */
  later(delayMs: number, work: () => void): void;
  listen(listener: () => void): () => void;
  close(): void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createSignal(): Signal {
  const listeners = new Set<() => void>();
  const timers = new Set<NodeJS.Timeout>();
  let told: NodeJS.Immediate | undefined;
  let closed = false;
  const notify = (): void => {
    if (closed) return;
    told ??= setImmediate(() => {
      told = undefined;
      for (const listener of [...listeners]) listener();
    });
  };
  return {
    notify,
    later(delayMs, work) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        work();
        notify();
      }, Math.min(delayMs, LONGEST_TIMER_MS));
      timer.unref();
      timers.add(timer);
    },
    listen(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    close() {
      closed = true;
      if (told) clearImmediate(told);
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      listeners.clear();
    },
  };
}
