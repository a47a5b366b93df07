import type { Layer } from "./network";

/** A network as flat arrays, as training wants it: layer by layer, unit by unit, the bias last. */
export interface Trainer {
  /** One row: adds its gradient for the heads' errors that `lossGradient` gives. */
  accumulate(scaled: readonly number[], lossGradient: (heads: readonly number[]) => readonly number[]): void;
  /** One step of Adam over what was accumulated of `rows` rows. */
  step(rows: number, rate: number): void;
  layers(): readonly Layer[];
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** A perceptron of these layer sizes (inputs first, heads last) with tanh between, trained by Adam with weight decay. */
export function createTrainer(sizes: readonly number[], random: () => number, decay: number): Trainer {
  const shapes = sizes.slice(1).map((units, depth) => ({ units, inputs: sizes[depth] ?? 0 }));
  const total = shapes.reduce((sum, { units, inputs }) => sum + units * (inputs + 1), 0);
  const parameters = new Float64Array(total);
  const gradient = new Float64Array(total);
  const first = new Float64Array(total);
  const second = new Float64Array(total);
  const isBias = new Uint8Array(total);
  let time = 0;

  let offset = 0;
  const offsets = shapes.map(({ units, inputs }) => {
    const start = offset;
    const spread = Math.sqrt(6 / (inputs + units));
    for (let unit = 0; unit < units; unit += 1) {
      for (let input = 0; input < inputs; input += 1) parameters[offset++] = (2 * random() - 1) * spread;
      isBias[offset++] = 1;
    }
    return start;
  });
  const at = (index: number): number => parameters[index] ?? NaN;

  const forward = (scaled: readonly number[]): number[][] => {
    const activations: number[][] = [[...scaled]];
    shapes.forEach(({ units, inputs }, depth) => {
      const below = activations[depth] ?? [];
      activations.push(Array.from({ length: units }, (_, unit) => {
        const row = (offsets[depth] ?? 0) + unit * (inputs + 1);
        let sum = at(row + inputs);
        for (let input = 0; input < inputs; input += 1) sum += at(row + input) * (below[input] ?? NaN);
        return depth === shapes.length - 1 ? sum : Math.tanh(sum);
      }));
    });
    return activations;
  };

  return {
    accumulate(scaled, lossGradient) {
      const activations = forward(scaled);
      let errors = lossGradient(activations.at(-1) ?? []);
      for (let depth = shapes.length - 1; depth >= 0; depth -= 1) {
        const { units, inputs } = shapes[depth] ?? { units: 0, inputs: 0 };
        const below = activations[depth] ?? [];
        const passed = new Array<number>(inputs).fill(0);
        for (let unit = 0; unit < units; unit += 1) {
          const error = errors[unit] ?? NaN;
          const row = (offsets[depth] ?? 0) + unit * (inputs + 1);
          for (let input = 0; input < inputs; input += 1) {
            gradient[row + input] = (gradient[row + input] ?? NaN) + error * (below[input] ?? NaN);
            passed[input] = (passed[input] ?? NaN) + error * at(row + input);
          }
          gradient[row + inputs] = (gradient[row + inputs] ?? NaN) + error;
        }
        errors = passed.map((sum, input) => sum * (1 - (below[input] ?? NaN) ** 2));
      }
    },
    step(rows, rate) {
      time += 1;
      const corrected = (rate * Math.sqrt(1 - BETA2 ** time)) / (1 - BETA1 ** time);
      for (let index = 0; index < total; index += 1) {
        const slope = (gradient[index] ?? NaN) / rows;
        const m = BETA1 * (first[index] ?? NaN) + (1 - BETA1) * slope;
        const v = BETA2 * (second[index] ?? NaN) + (1 - BETA2) * slope * slope;
        first[index] = m;
        second[index] = v;
        const shrink = isBias[index] ? 0 : rate * decay * at(index);
        parameters[index] = at(index) - (corrected * m) / (Math.sqrt(v) + EPSILON) - shrink;
      }
      gradient.fill(0);
    },
    layers: () => shapes.map(({ units, inputs }, depth) => {
      const rows = Array.from({ length: units }, (_, unit) => {
        const row = (offsets[depth] ?? 0) + unit * (inputs + 1);
        return Array.from(parameters.subarray(row, row + inputs + 1));
      });
      return { weights: rows.map((row) => row.slice(0, inputs)), biases: rows.map((row) => row[inputs] ?? NaN) };
    }),
  };
}
