/** A part that is below one that must not be above it. */
export interface Disorder {
  readonly property: string;
  /** e.g. `≥ lowerValue 3` */
  readonly expected: string;
}

/** The first part of a value that breaks one of the lists of parts that must not decrease in their order; parts that are not there are passed over. */
export function findDisorder(lists: readonly (readonly string[])[], value: Readonly<Record<string, unknown>>): Disorder | undefined {
  for (const names of lists) {
    const there = names.filter((name) => Object.hasOwn(value, name));
    for (let index = 1; index < there.length; index++) {
      const [before = "", property = ""] = there.slice(index - 1, index + 1);
      if (numberOf(value[before]) > numberOf(value[property])) return { property, expected: `≥ ${before} ${String(value[before])}` };
    }
  }
  return undefined;
}

/** Decimal texts count as numbers; anything else is of no order, and another check says so. */
function numberOf(value: unknown): number {
  return typeof value === "number" || (typeof value === "string" && value.length <= 64) ? Number(value) : NaN;
}
