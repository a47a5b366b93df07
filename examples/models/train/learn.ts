import { createTrainer } from "./adam";
import type { Layer } from "./network";
import { shuffle } from "./seeded";

/** How a perceptron is trained. */
export interface Recipe {
  /** Units of the layers between inputs and heads. */
  readonly hidden: readonly number[];
  readonly epochs: number;
  /** Of the first epoch; it falls to nothing along a cosine. */
  readonly rate: number;
  readonly decay: number;
}

/** A row ready for training: scaled inputs, and the slope of the loss at what the heads say. */
export interface Lesson {
  readonly inputs: readonly number[];
  readonly gradient: (heads: readonly number[]) => readonly number[];
}

const BATCH = 32;

/** Trains a perceptron with tanh between its layers by Adam; the same lessons and generator give the same weights, rounded to five digits. */
export function learn({ hidden, epochs, rate, decay }: Recipe, random: () => number, lessons: readonly Lesson[]): readonly Layer[] {
  const { inputs = [], gradient } = lessons[0] ?? { gradient: () => [] };
  // The loss wants as many heads as there are; it is asked with none, since it gives one slope for each.
  const trainer = createTrainer([inputs.length, ...hidden, gradient([]).length], random, decay);
  const order = [...lessons];
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    shuffle(order, random);
    const falling = rate * 0.5 * (1 + Math.cos((Math.PI * epoch) / epochs));
    for (let start = 0; start < order.length; start += BATCH) {
      const batch = order.slice(start, start + BATCH);
      for (const lesson of batch) trainer.accumulate(lesson.inputs, lesson.gradient);
      trainer.step(batch.length, falling);
    }
  }
  return trainer.layers().map(({ weights, biases }) => ({ weights: weights.map((row) => row.map(round)), biases: biases.map(round) }));
}

/** Five significant digits. */
export function round(value: number): number {
  return Number(value.toPrecision(5));
}

/** Every number of an object, rounded. */
export function rounded<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).map(([key, value]: [string, number]) => [key, round(value)])) as T;
}
