/** A field of the training rows: its values in the unit the model takes or gives. */
export interface FieldValues {
  readonly field: string;
  /** UN/CEFACT code; empty for a value without unit. */
  readonly unit: string;
  readonly values: readonly (number | string)[];
}

/** What is kept of a field: range and distribution of its values. */
export interface FieldReference {
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly values?: readonly string[];
  /** Edges of the bins, rising: one more than there are shares. */
  readonly bins?: readonly number[];
  readonly shares?: readonly number[];
}

const BINS = 10;

/** Ranges and distributions of training rows, by field. Numbers get about ten bins of the same share; fewer where values repeat. */
export function referenceOf(fields: readonly FieldValues[]): Readonly<Record<string, FieldReference>> {
  return Object.fromEntries(fields.map(({ field, unit, values }) => {
    const numbers = values.filter((value) => typeof value === "number");
    return [field, { ...(unit === "" ? {} : { unit }), ...(numbers.length === values.length ? ofNumbers(numbers) : ofTexts(values.map(String))) }];
  }));
}

function ofNumbers(values: readonly number[]): FieldReference {
  const sorted = [...values].sort((a, b) => a - b);
  const [minimum, maximum] = [round(sorted[0] ?? NaN), round(sorted.at(-1) ?? NaN)];
  const quantiles = Array.from({ length: BINS + 1 }, (_, index) => round(sorted[Math.round((index * (sorted.length - 1)) / BINS)] ?? NaN));
  const bins = quantiles.filter((edge, index) => index === 0 || edge > (quantiles[index - 1] ?? NaN));
  if (bins.length < 3) return { minimum, maximum };
  const counts = new Array<number>(bins.length - 1).fill(0);
  for (const value of values) {
    const above = bins.slice(1, -1).filter((edge) => value >= edge).length;
    counts[above] = (counts[above] ?? 0) + 1;
  }
  return { minimum, maximum, bins, shares: counts.map((count) => Number((count / values.length).toFixed(4))) };
}

function ofTexts(values: readonly string[]): FieldReference {
  const known = [...new Set(values)].sort();
  return { values: known, shares: known.map((text) => Number((values.filter((value) => value === text).length / values.length).toFixed(4))) };
}

/** Single precision has seven digits; more of them would only look exact. */
function round(value: number): number {
  return Number(value.toPrecision(6));
}
