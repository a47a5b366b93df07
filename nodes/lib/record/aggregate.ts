/** What becomes of the samples of a window. */
export type Aggregate = "last" | "mean" | "min" | "max" | "std" | "rms" | "count" | "rate" | "history";

/** A sample as an aggregate sees it: value and source time in milliseconds. */
export interface Timed {
  readonly value: unknown;
  readonly time: number;
}

/** How an aggregate is worked out of samples in the order of their source times. */
export interface AggregateRule {
  /** Samples without which there is no value. */
  readonly least: number;
  /** Whether the samples must be numbers. */
  readonly numeric: boolean;
  /** The value; `undefined` where the samples do not give one. */
  of(samples: readonly Timed[]): unknown;
}

/**
 * All aggregates. The standard deviation is that of a sample (n − 1). The rate is the change from the first to the last value
 * a second; two values of one time give none. The history is the values themselves, the oldest first. What overflows becomes infinite
 * and is refused by the field, so nothing wrong is passed on.
 */
export const AGGREGATES: Readonly<Record<Aggregate, AggregateRule>> = {
  last: { least: 1, numeric: false, of: (samples) => samples.at(-1)?.value },
  mean: { least: 1, numeric: true, of: (samples) => meanOf(numbersOf(samples)) },
  min: { least: 1, numeric: true, of: (samples) => numbersOf(samples).reduce((least, value) => Math.min(least, value), Infinity) },
  max: { least: 1, numeric: true, of: (samples) => numbersOf(samples).reduce((most, value) => Math.max(most, value), -Infinity) },
  std: { least: 2, numeric: true, of: (samples) => deviationOf(numbersOf(samples)) },
  rms: { least: 1, numeric: true, of: (samples) => effectiveOf(numbersOf(samples)) },
  count: { least: 0, numeric: false, of: (samples) => samples.length },
  rate: { least: 2, numeric: true, of: rateOf },
  history: { least: 1, numeric: false, of: (samples) => samples.map(({ value }) => value) },
};

/** Whether the text names an aggregate. */
export function isAggregate(text: unknown): text is Aggregate {
  return typeof text === "string" && Object.hasOwn(AGGREGATES, text);
}

function numbersOf(samples: readonly Timed[]): readonly number[] {
  return samples.map(({ value }) => value as number);
}

/** Running mean, corrected once: no sum that outgrows the values, and equal values give exactly that value. */
function meanOf(values: readonly number[]): number {
  let mean = 0;
  values.forEach((value, index) => { mean += (value - mean) / (index + 1); });
  let rest = 0;
  for (const value of values) rest += value - mean;
  return mean + rest / values.length;
}

/** Two passes, the second corrected by what the first rounded away (Chan, Golub, LeVeque 1983). */
function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  let squares = 0;
  let rest = 0;
  for (const value of values) {
    const difference = value - mean;
    squares += difference * difference;
    rest += difference;
  }
  return Math.sqrt(Math.max(0, squares - (rest * rest) / values.length) / (values.length - 1));
}

/** Scaled by the largest value, so that squares neither overflow nor vanish. */
function effectiveOf(values: readonly number[]): number {
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (scale === 0) return 0;
  let squares = 0;
  for (const value of values) squares += (value / scale) ** 2;
  return scale * Math.sqrt(squares / values.length);
}

function rateOf(samples: readonly Timed[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.time <= first.time) return undefined;
  return (((last.value as number) - (first.value as number)) / (last.time - first.time)) * 1000;
}
