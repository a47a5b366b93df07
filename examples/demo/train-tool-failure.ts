// Learns the demo's model from the AI4I 2020 data and writes its weights: RESONANCE_SHARED=… npx tsx examples/demo/train-tool-failure.ts
import { writeFileSync } from "node:fs";
import path from "node:path";
import { createTrainer } from "./adam";
import { AI4I_SOURCE, INPUTS, readAi4i, type Ai4iRow } from "./ai4i";
import { baseRates, hasEnd, measure, scaleOf } from "./evaluate-model";
import { digestOf, evaluate, scaled, sigmoid, type Layer, type Network, type Perceptron, type Scale } from "./network";

const SEED = 20_201;
const FIELDS = INPUTS.map(({ field }) => field);
/** Failures are rare (one row in 27): without weight the network learns to say "never" first. Calibration takes it back. */
const FAILURE = { fields: FIELDS, hidden: [16, 8], epochs: 240, rate: 0.004, decay: 0.0005, failureWeight: 6 };
/** When a tool is changed depends on its wear; with the other inputs the network only learns the training tools by heart. */
const LIFE = { fields: ["toolWear"], hidden: [8], epochs: 120, rate: 0.01, decay: 0 };
const BATCH = 32;
/** Rows before this one train, the rest only measures. */
export const HOLD_OUT_FROM = 6400;
/** Every fifth training row does not train the weights but calibrates the probability. */
const CALIBRATION_STEP = 5;

/** Trains and gives the weights file's content; the same data give the same file. */
export function train(file: string): object {
  const rows = readAi4i(file, [0, HOLD_OUT_FROM]);
  const holdOut = readAi4i(file, [HOLD_OUT_FROM, Infinity]);
  const network = fit(rows);
  const content = {
    name: "tool-failure",
    version: "1.0.0",
    about: "Probability of a machine failure and minutes of tool wear left, learned from the data named as source. For demonstration only.",
    source: { ...AI4I_SOURCE, rows: "1-8000", training: `1-${HOLD_OUT_FROM}`, holdOut: `${HOLD_OUT_FROM + 1}-8000` },
    method: `Two perceptrons with tanh, trained by Adam, seed ${SEED}; probability calibrated (Platt) on every fifth training row; `
      + "remaining life = wear until the tool was changed, learned from the wear alone",
    digestRule: "sha256 over this file as compact JSON (JSON.stringify) without the property digest",
    inputs: INPUTS.map(({ field, unit }, index) => {
      const values = rows.map(({ inputs }) => inputs[index] ?? NaN);
      return { field, unit, minimum: Math.min(...values), maximum: Math.max(...values) };
    }),
    holdOut: rounded(measure(network, holdOut, baseRates(rows))),
    network,
  };
  return { digest: digestOf(content), ...content };
}

function fit(rows: readonly Ai4iRow[]): Network {
  const random = mulberry32(SEED);
  const fitting = rows.filter((_, index) => index % CALIBRATION_STEP !== 0);
  const calibrating = rows.filter((_, index) => index % CALIBRATION_STEP === 0);
  const scale = FIELDS.map((field, index) => ({ field, ...rounded(scaleOf(fitting.map(({ inputs }) => inputs[index] ?? NaN))) }));
  const failure = learn(FAILURE, random, fitting.map(({ inputs, failed }) => ({
    inputs: scaled(FAILURE.fields, scale, inputs),
    gradient: (logit) => (sigmoid(logit) - (failed ? 1 : 0)) * (failed ? FAILURE.failureWeight : 1),
  })));
  const known = rows.filter(hasEnd);
  const lifeScale = rounded(scaleOf(known.map(({ remaining }) => remaining)));
  const life = learn(LIFE, random, known.map(({ inputs, remaining }) => {
    const wanted = (remaining - lifeScale.mean) / lifeScale.deviation;
    // Huber's loss: a tool that lasted unusually long pulls no harder than others.
    return { inputs: scaled(LIFE.fields, scale, inputs), gradient: (value) => Math.min(0.1, Math.max(-0.1, value - wanted)) };
  }));
  return { scale, failure, calibration: calibrate(failure, scale, calibrating), life, lifeScale };
}

interface Recipe {
  readonly fields: readonly string[];
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly rate: number;
  readonly decay: number;
}

/** A row ready for training: scaled inputs, and the slope of the loss at what the network says. */
interface Lesson {
  readonly inputs: readonly number[];
  readonly gradient: (said: number) => number;
}

function learn({ fields, hidden, epochs, rate, decay }: Recipe, random: () => number, lessons: readonly Lesson[]): Perceptron {
  const trainer = createTrainer([fields.length, ...hidden, 1], random, decay);
  const order = [...lessons];
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    shuffle(order, random);
    const falling = rate * 0.5 * (1 + Math.cos((Math.PI * epoch) / epochs));
    for (let start = 0; start < order.length; start += BATCH) {
      const batch = order.slice(start, start + BATCH);
      for (const { inputs, gradient } of batch) trainer.accumulate(inputs, ([said = NaN]) => [gradient(said)]);
      trainer.step(batch.length, falling);
    }
  }
  return { inputs: fields, layers: roundLayers(trainer.layers()) };
}

/** Platt scaling: slope and intercept with the least log loss, by Newton's method. */
function calibrate(failure: Perceptron, scale: readonly Scale[], rows: readonly Ai4iRow[]): Network["calibration"] {
  const logits = rows.map(({ inputs }) => evaluate(failure, scale, inputs));
  let slope = 1;
  let intercept = 0;
  for (let round = 0; round < 50; round += 1) {
    let [g0, g1, h00, h01, h11] = [0, 0, 1e-6, 0, 1e-6];
    logits.forEach((logit, index) => {
      const probability = sigmoid(slope * logit + intercept);
      const error = probability - (rows[index]?.failed ? 1 : 0);
      const weight = probability * (1 - probability);
      g0 += error * logit;
      g1 += error;
      h00 += weight * logit * logit;
      h01 += weight * logit;
      h11 += weight;
    });
    const determinant = h00 * h11 - h01 * h01;
    slope -= (h11 * g0 - h01 * g1) / determinant;
    intercept -= (h00 * g1 - h01 * g0) / determinant;
  }
  return rounded({ slope, intercept });
}

function roundLayers(layers: readonly Layer[]): readonly Layer[] {
  return layers.map(({ weights, biases }) => ({ weights: weights.map((row) => row.map(round)), biases: biases.map(round) }));
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}

function rounded<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).map(([key, value]: [string, number]) => [key, round(value)])) as T;
}

function shuffle(list: unknown[], random: () => number): void {
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
}

/** A small seeded generator (public domain, T. Ettinger), uniform from 0 to 1. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

if (require.main === module) {
  const shared = process.env["RESONANCE_SHARED"];
  if (!shared) throw new Error("RESONANCE_SHARED names the folder with data/machining/ai4i2020-rows-1-8000.csv");
  const content = train(path.join(shared, "data", "machining", "ai4i2020-rows-1-8000.csv"));
  const target = path.join(__dirname, "tool-failure-model.json");
  writeFileSync(target, `${JSON.stringify(content)}\n`);
  console.log((content as { holdOut: unknown }).holdOut);
}
