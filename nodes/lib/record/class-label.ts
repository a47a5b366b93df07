/** Names of a model's classes, by their index or by what the model calls them. */
export type Labels = Readonly<Record<string, string>>;

/**
 * What a model says of classes, as the key of a label: a class itself (its index, its name, yes or no), or the greatest of the scores of
 * all classes, as a list or by name; the first of several equal ones. `undefined` for anything else, such as a score that is no number.
 */
export function classOf(raw: unknown): string | undefined {
  const scores = scoresOf(raw);
  if (!scores) return typeof raw === "string" || typeof raw === "number" || typeof raw === "boolean" ? String(raw).trim() : undefined;
  let best: readonly [string, number] | undefined;
  for (const [name, score] of scores) {
    if (!Number.isFinite(score)) return undefined;
    if (!best || score > best[1]) best = [name, score];
  }
  return best?.[0];
}

/** The greatest of several scores, as the confidence in the class that has it; a single value as it is. */
export function greatestOf(raw: unknown): unknown {
  const scores = scoresOf(raw)?.map(([, score]) => score);
  return scores && scores.length > 0 ? Math.max(...scores) : raw;
}

/** Scores by class; NaN for what is no number. A list in a list of one is that list, as models answer for a batch of one. */
function scoresOf(raw: unknown): readonly (readonly [string, number])[] | undefined {
  if (Array.isArray(raw) && raw.length === 1 && Array.isArray(raw[0])) return scoresOf(raw[0]);
  if (typeof raw !== "object" || raw === null) return undefined;
  const entries = Object.entries(raw) as (readonly [string, unknown])[];
  return entries.map(([name, score]) => [name, typeof score === "number" ? score : typeof score === "boolean" ? Number(score) : NaN]);
}
