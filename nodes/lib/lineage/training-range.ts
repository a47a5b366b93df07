import type { TrainingRange } from "../record/interface-record";
import type { FieldPlan } from "./compile-reference";

/** Fields, and values of one, that a record's lineage names at most: it travels with every output. */
export const MOST_RANGES = 64;
export const MOST_RANGE_VALUES = 32;

/** The ranges of a reference as a record's lineage carries them, frozen as all its records share them; `undefined` where there is none. */
export function trainingRangeOf(inputs: readonly FieldPlan[]): Readonly<Record<string, TrainingRange>> | undefined {
  const ranges = inputs.flatMap(({ field, minimum, maximum, values }) => {
    const named = values && values.size <= MOST_RANGE_VALUES ? Object.freeze([...values]) : undefined;
    if (minimum === undefined && maximum === undefined && !named) return [];
    return [[field, Object.freeze({ ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }), ...(named && { values: named }) })] as const];
  });
  return ranges.length === 0 ? undefined : Object.freeze(Object.fromEntries(ranges.slice(0, MOST_RANGES)));
}
