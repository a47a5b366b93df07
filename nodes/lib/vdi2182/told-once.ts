import type { Violation } from "./violations";

/** Tells each cause once; one that was gone and comes back is told again. */
export interface ToldOnce {
  /** Those that are new. */
  news(violations: readonly Violation[]): readonly Violation[];
  readonly standing: () => readonly string[];
}

export function toldOnce(standing: readonly string[] = []): ToldOnce {
  let told = new Set(standing);
  return {
    news(violations) {
      const fresh = violations.filter(({ id }, index) => !told.has(id) && violations.findIndex((other) => other.id === id) === index);
      told = new Set(violations.map(({ id }) => id));
      return fresh;
    },
    standing: () => [...told],
  };
}
