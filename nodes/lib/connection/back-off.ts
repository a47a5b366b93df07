const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** Waiting times between attempts. */
export interface BackOff {
  /** The next waiting time in ms: doubles from 1 s to 30 s, each up to a quarter shorter by chance. */
  next(): number;
  /** The longest waiting time: for a refusal that only a person can end. */
  longest(): number;
  /** The next failure starts at the beginning again. */
  reset(): void;
}

/** Back-off with jitter, so that many clients of a restarted server do not all come back in the same moment. */
export function createBackOff(first = FIRST_MS, longest = LONGEST_MS, random: () => number = Math.random): BackOff {
  let failures = 0;
  const shorten = (delay: number): number => Math.round(delay * (1 - random() / 4));
  return {
    next: () => shorten(Math.min(longest, first * 2 ** failures++)),
    longest: () => shorten(longest),
    reset() { failures = 0; },
  };
}
