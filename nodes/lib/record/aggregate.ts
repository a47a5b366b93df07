/** What becomes of the samples of a window. */
export type Aggregate = "last" | "mean" | "min" | "max" | "std" | "rms" | "count" | "rate" | "history";

/** A sample as an aggregate sees it: value and source time in milliseconds. */
export interface Timed {
  readonly value: unknown;
  readonly time: number;
}

/** What is known of a run of samples without looking at them again: how many, the first and the last in time, and the numbers' own. */
export interface Digest {
  readonly count: number;
  readonly first: Timed;
  readonly last: Timed;
  readonly numbers: Numbers | undefined;
}

/** What an aggregate has to know of numbers: two of them, whose meaning is the aggregate's. */
export interface Numbers {
  readonly count: number;
  readonly a: number;
  readonly b: number;
}

/** How an aggregate is worked out of samples: of the digest of a run, which is put together of those of its parts. */
export interface AggregateRule {
  /** Samples without which there is no value. */
  readonly least: number;
  /** The value of no samples; absent where there is none. */
  readonly none?: unknown;
  /** What is kept of numbers; absent where nothing is. */
  readonly fold: Fold | undefined;
  /** The value, where there are `least` samples; `undefined` where they do not give one. */
  readonly of: (digest: Digest, samples: () => readonly Timed[]) => unknown;
}

/** How numbers become a digest. */
export interface Fold {
  readonly one: (value: number) => Numbers;
  readonly join: (left: Numbers, right: Numbers) => Numbers;
}

/**
 * Mean `a` and sum of squared differences from it `b`, joined as Chan, Golub and LeVeque (1983) do: no sum that outgrows the values,
 * nothing subtracted, and equal values give exactly that value.
 */
const SPREAD: Fold = {
  one: (value) => ({ count: 1, a: value, b: 0 }),
  join(left, right) {
    const count = left.count + right.count;
    const difference = right.a - left.a;
    const share = (difference / count) * right.count;
    return { count, a: left.a + share, b: left.b + right.b + difference * share * left.count };
  },
};

/** The largest magnitude `a` and the sum of squares in units of it `b`, so that squares neither overflow nor vanish. */
const POWER: Fold = {
  one: (value) => ({ count: 1, a: Math.abs(value), b: value === 0 ? 0 : 1 }),
  join(left, right) {
    const scale = Math.max(left.a, right.a);
    const inScale = ({ a, b }: Numbers): number => (a === scale ? b : b * (a / scale) ** 2);
    return { count: left.count + right.count, a: scale, b: scale === 0 ? 0 : inScale(left) + inScale(right) };
  },
};

const extreme = (choose: (a: number, b: number) => number): Fold => ({
  one: (value) => ({ count: 1, a: value, b: 0 }),
  join: (left, right) => ({ count: left.count + right.count, a: choose(left.a, right.a), b: 0 }),
});

const rule = (least: number, of: AggregateRule["of"], fold?: Fold): AggregateRule => ({ least, of, fold });

/**
 * All aggregates. The standard deviation is that of a sample (n − 1). The rate is the change from the first to the last value
 * a second; two values of one time give none. The history is the values themselves, the oldest first. What overflows becomes infinite
 * and is refused by the field, so nothing wrong is passed on.
 */
export const AGGREGATES: Readonly<Record<Aggregate, AggregateRule>> = {
  last: rule(1, ({ last }) => last.value),
  mean: rule(1, ({ numbers }) => numbers?.a, SPREAD),
  min: rule(1, ({ numbers }) => numbers?.a, extreme(Math.min)),
  max: rule(1, ({ numbers }) => numbers?.a, extreme(Math.max)),
  std: rule(2, ({ count, numbers }) => Math.sqrt((numbers?.b ?? NaN) / (count - 1)), SPREAD),
  rms: rule(1, ({ count, numbers }) => (numbers?.a ?? NaN) * Math.sqrt((numbers?.b ?? NaN) / count), POWER),
  count: { ...rule(0, ({ count }) => count), none: 0 },
  rate: rule(2, rateOf),
  history: rule(1, (_, samples) => samples().map(({ value }) => value)),
};

/** Whether the text names an aggregate. */
export function isAggregate(text: unknown): text is Aggregate {
  return typeof text === "string" && Object.hasOwn(AGGREGATES, text);
}

function rateOf({ first, last }: Digest): number | undefined {
  if (last.time <= first.time) return undefined;
  return (((last.value as number) - (first.value as number)) / (last.time - first.time)) * 1000;
}
