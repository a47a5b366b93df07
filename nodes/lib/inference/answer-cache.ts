import { checkNumber } from "./check-setting";

/** How much a cache keeps, and for how long. */
export interface CacheRules {
  /** Answers; the one least recently asked for gives way. */
  readonly entries: number;
  /** Milliseconds. */
  readonly ageMs: number;
}

/** An answer, and whether it was there already. */
export interface Cached<A> {
  readonly answer: A;
  readonly cached: boolean;
}

/** Keeps answers by the id of the input they answer. */
export interface AnswerCache<A> {
  /** The kept answer, that of the same question which is under way, or what `ask` gives; a failure is not kept. */
  get(id: string, ask: () => Promise<A>): Promise<Cached<A>>;
}

/**
 * A cache of which nobody gets the kept answer itself, but a copy: what a flow does to its message changes no other.
 * `keep` tells whether an answer is worth keeping.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function createAnswerCache<A>({ entries, ageMs }: CacheRules, keep: (answer: A) => boolean = () => true, now: () => number = () => performance.now()): AnswerCache<A> {
  checkNumber("cacheSize", entries, { min: 1, whole: true });
  checkNumber("cacheTime", ageMs / 1000, { min: 0.001 });
  const kept = new Map<string, { readonly answer: A; readonly until: number }>();
  const underWay = new Map<string, Promise<A>>();

  const find = (id: string): A | undefined => {
    const found = kept.get(id);
    if (!found) return undefined;
    kept.delete(id);
    if (found.until <= now()) return undefined;
    kept.set(id, found);
    return found.answer;
  };
  const put = (id: string, answer: A): void => {
    kept.set(id, { answer, until: now() + ageMs });
    const [oldest] = kept.keys();
    if (kept.size > entries && oldest !== undefined) kept.delete(oldest);
  };

  return {
    async get(id, ask) {
      const found = find(id);
      if (found !== undefined) return { answer: structuredClone(found), cached: true };
      const shared = underWay.get(id);
      if (shared) return { answer: structuredClone(await shared), cached: true };
      const asked = ask();
      // A copy at once: the first one's message is on its way before a second one asks.
      const copy = asked.then((answer) => structuredClone(answer));
      copy.catch(() => undefined);
      underWay.set(id, copy);
      try {
        const answer = await asked;
        if (keep(answer)) put(id, await copy);
        return { answer, cached: false };
      } finally {
        underWay.delete(id);
      }
    },
  };
}
