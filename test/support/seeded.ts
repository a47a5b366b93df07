/** Random choices that a seed repeats. */
export interface Seeded {
  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
  chance(share: number): boolean;
}

/** The seed of this run: `FUZZ_SEED`, else a new one; whoever uses it prints it. */
export function fuzzSeed(): number {
  const given = Number(process.env["FUZZ_SEED"]);
  return Number.isInteger(given) && given > 0 ? given : Date.now() % 2 ** 31;
}

/** Choices by the generator mulberry32. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, pick: (list) => list[below(list.length)] as (typeof list)[number], chance: (share) => next() < share };
}
