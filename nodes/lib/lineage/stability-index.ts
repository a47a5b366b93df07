/** A share below this counts as this much, so that an empty bin gives a large index and not an infinite one. */
export const LEAST_SHARE = 0.0001;

/**
 * The population stability index of counts against the shares of a reference, which add up to 1:
 * the sum over all bins of (a − e) · ln(a / e), a and e being the actual and the expected share, each at least `LEAST_SHARE`.
 * 0 where both are the same. Without any count it is 0.
 * By chance alone it is about (bins − 1) / count, so few values say little.
 */
export function stabilityIndex(expected: readonly number[], counts: ArrayLike<number>, total: number): number {
  if (total <= 0) return 0;
  let index = 0;
  for (let bin = 0; bin < expected.length; bin++) {
    const e = Math.max(expected[bin] as number, LEAST_SHARE);
    const a = Math.max((counts[bin] as number) / total, LEAST_SHARE);
    index += (a - e) * Math.log(a / e);
  }
  return index;
}
