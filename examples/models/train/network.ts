import { createHash } from "node:crypto";

/** One layer: `weights[unit][input]`, then `biases[unit]`. */
export interface Layer {
  readonly weights: readonly (readonly number[])[];
  readonly biases: readonly number[];
}

/** A small multilayer perceptron with tanh between its layers and one value at the end. */
export interface Perceptron {
  /** The fields it looks at, in order. */
  readonly inputs: readonly string[];
  readonly layers: readonly Layer[];
}

/** The model: one perceptron for the failure (a logit), one for the remaining life (scaled). */
export interface Network {
  /** Fields in the order of the model's tensor; a value is scaled to (value - mean) / deviation. */
  readonly scale: readonly Scale[];
  readonly failure: Perceptron;
  /** Platt scaling: probability = sigmoid(slope × logit + intercept), fitted on rows not used for the weights. */
  readonly calibration: { readonly slope: number; readonly intercept: number };
  readonly life: Perceptron;
  /** Minutes = value × deviation + mean, never below 0. */
  readonly lifeScale: { readonly mean: number; readonly deviation: number };
}

/** Mean and standard deviation of a field in the training rows. */
export interface Scale {
  readonly field: string;
  readonly mean: number;
  readonly deviation: number;
}

/** What the model says of one state of the machine. */
export interface Prediction {
  /** 0 to 1 */
  readonly failureProbability: number;
  /** Minutes of tool wear. */
  readonly remainingUsefulLife: number;
}

/** Evaluates the model for inputs in their physical units, in the order of `scale`. */
export function predict({ scale, failure, calibration, life, lifeScale }: Network, inputs: readonly number[]): Prediction {
  return {
    failureProbability: sigmoid(calibration.slope * evaluate(failure, scale, inputs) + calibration.intercept),
    remainingUsefulLife: Math.max(0, evaluate(life, scale, inputs) * lifeScale.deviation + lifeScale.mean),
  };
}

/** What a perceptron says, not calibrated and not scaled back. */
export function evaluate(perceptron: Perceptron, scale: readonly Scale[], inputs: readonly number[]): number {
  return runLayers(perceptron.layers, scaled(perceptron.inputs, scale, inputs))[0] ?? NaN;
}

/** What the heads say: layer after layer with tanh between them. */
export function runLayers(layers: readonly Layer[], inputs: readonly number[]): readonly number[] {
  return layers.reduce((values, { weights, biases }, depth) => {
    const sums = weights.map((row, unit) => row.reduce((sum, weight, index) => sum + weight * (values[index] ?? NaN), biases[unit] ?? NaN));
    return depth === layers.length - 1 ? sums : sums.map(Math.tanh);
  }, inputs);
}

/** The values of `fields`, scaled, out of all inputs. */
export function scaled(fields: readonly string[], scale: readonly Scale[], inputs: readonly number[]): readonly number[] {
  return scale.flatMap(({ field, mean, deviation }, index) => (fields.includes(field) ? [((inputs[index] ?? NaN) - mean) / deviation] : []));
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** `sha256:…` over the compact JSON of the model file without its `digest`. */
export function digestOf(file: object): string {
  const content = Object.fromEntries(Object.entries(file).filter(([key]) => key !== "digest"));
  return `sha256:${createHash("sha256").update(JSON.stringify(content), "utf8").digest("hex")}`;
}
