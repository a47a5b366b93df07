/** Whether a model was entitled to its output: did the input lie inside what it was trained with. */
export type Applicability = "inside" | "partly" | "outside" | "unknown";

/** Whether data have moved away from those of the training. */
export type DriftState = "none" | "suspected" | "confirmed" | "unknown";

/** From good to bad: what is not known is worse than what was found good, and better than what was found bad. */
export const APPLICABILITIES: readonly Applicability[] = ["inside", "unknown", "partly", "outside"];
export const DRIFT_STATES: readonly DriftState[] = ["none", "unknown", "suspected", "confirmed"];

/** The worse of two states, `order` going from good to bad; a word that is not in it gives way. */
export function worse<S extends string>(order: readonly S[], a: S, b: unknown): S {
  const other = order.indexOf(b as S);
  return other > order.indexOf(a) ? (b as S) : a;
}
