// Learns a viscosity soft sensor from synthetic data: npx tsx examples/models/train/viscosity.ts
import { applyLayers, createGraph, scaleBack, scaleColumns } from "./graph-builder";
import { learn, round } from "./learn";
import { deviation, mean, meanError } from "./metrics";
import { runLayers, type Layer } from "./network";
import { mulberry32, normal } from "./seeded";
import { columnsOf, scaleOf, scaleRow, type Spread } from "./spread";
import { writeModel, type TrainedModel } from "./write-model";

const SEED = 20_203;
const ROWS = 3000;
const HELD_OUT = 1000;
const RECIPE = { hidden: [8], epochs: 120, rate: 0.01, decay: 0 };
/** Arrhenius for the temperature, exponential in the solids content; made up, no paint has been measured. */
const PAINT = { reference: 85, temperature: 296.15, solids: 40, activation: 28_000, gas: 8.314462618, perSolids: 0.09 };
/** Standard uncertainties of the made-up sensors (K, %) and of the laboratory (relative). */
const SPREAD = { temperature: 0.3, solids: 0.25, laboratory: 0.02 };

interface Row {
  /** What the sensors show: °C, % by mass. */
  readonly inputs: readonly number[];
  /** What the laboratory finds, mPa·s. */
  readonly viscosity: number;
}

interface SoftSensor {
  readonly scale: readonly Spread[];
  readonly layers: readonly Layer[];
  /** Of the logarithm of the viscosity. */
  readonly target: Spread;
  /** Factor between the viscosity and its 95 % bounds. */
  readonly spread: number;
}

/** Trains on made-up rows; always the same. */
export function train(): TrainedModel {
  const random = mulberry32(SEED);
  const rows = Array.from({ length: ROWS }, () => makeRow(random));
  const heldOut = Array.from({ length: HELD_OUT }, () => makeRow(random));
  const sensor = fit(rows, random);
  return describe(sensor, rows, heldOut);
}

function makeRow(random: () => number): Row {
  const celsius = 12 + 26 * random();
  const solids = 28 + 24 * random();
  const { reference, temperature, activation, gas, perSolids } = PAINT;
  const viscosity = reference * Math.exp((activation / gas) * (1 / (celsius + 273.15) - 1 / temperature) + perSolids * (solids - PAINT.solids));
  return {
    inputs: [celsius + SPREAD.temperature * normal(random), solids + SPREAD.solids * normal(random)],
    viscosity: viscosity * (1 + SPREAD.laboratory * normal(random)),
  };
}

function fit(rows: readonly Row[], random: () => number): SoftSensor {
  const scale = columnsOf(rows.map(({ inputs }) => inputs)).map(scaleOf);
  const target = scaleOf(rows.map(({ viscosity }) => Math.log(viscosity)));
  const layers = learn(RECIPE, random, rows.map(({ inputs, viscosity }) => {
    const wanted = (Math.log(viscosity) - target.mean) / target.deviation;
    return { inputs: scaleRow(inputs, scale), gradient: ([value = NaN]) => [value - wanted] };
  }));
  const bare = { scale, layers, target, spread: 1 };
  const residuals = rows.map((row) => Math.log(row.viscosity / sense(bare, row.inputs)));
  return { ...bare, spread: round(Math.exp(1.96 * deviation(residuals))) };
}

function sense({ scale, layers, target }: SoftSensor, inputs: readonly number[]): number {
  const [value = NaN] = runLayers(layers, scaleRow(inputs, scale));
  return Math.exp(value * target.deviation + target.mean);
}

function describe(sensor: SoftSensor, rows: readonly Row[], heldOut: readonly Row[]): TrainedModel {
  const { scale, layers, target, spread } = sensor;
  const graph = createGraph();
  const logarithm = scaleBack(graph, applyLayers(graph, scaleColumns(graph, "input", scale), layers), [target.deviation], [target.mean]);
  const viscosity = graph.apply("Exp", [logarithm], {}, "viscosity");
  graph.apply("Div", [viscosity, graph.numbers([spread])], {}, "viscosityLower");
  graph.apply("Mul", [viscosity, graph.numbers([spread])], {}, "viscosityUpper");
  const actual = heldOut.map((row) => row.viscosity);
  const said = heldOut.map(({ inputs }) => sense(sensor, inputs));
  const middle = mean(rows.map((row) => row.viscosity));
  const within = heldOut.filter((row, index) => Math.abs(Math.log(row.viscosity / (said[index] ?? NaN))) <= Math.log(spread)).length;
  const relative = said.map((value, index) => Math.abs(value / (actual[index] ?? NaN) - 1));
  return {
    id: "paint-viscosity", version: "1.0.0", category: "soft-sensor",
    title: "Viscosity soft sensor, synthetic",
    about: "Viscosity of a made-up paint with its 95 % bounds from temperature and solids content. Synthetic data, for demonstration only.",
    onnx: {
      inputs: [{ name: "input", type: "float", shape: ["rows", 2] }],
      outputs: ["viscosity", "viscosityLower", "viscosityUpper"].map((name) => ({ name, type: "float", shape: ["rows", 1] })),
      operators: graph.operators, constants: graph.constants,
    },
    dataSet: {
      id: `synthetic-paint-seed-${SEED}`, records: rows.length,
      description: "Synthetic: a formula (Arrhenius in the temperature, exponential in the solids content) with the noise of made-up sensors; no paint has been measured.",
    },
    inputs: [["paintTemperature", "CEL"], ["solidsContent", "P1"]].map(([field = "", unit = ""], column) => ({ field, unit, values: rows.map(({ inputs }) => inputs[column] ?? NaN) })),
    outputs: [{ field: "viscosity", unit: "C24", values: rows.map(({ inputs }) => sense(sensor, inputs)) }],
    holdOut: `${heldOut.length} rows made after those of the training`,
    metrics: [
      { name: "mean error, mPa·s", model: round(meanError(said, actual)), baseline: round(meanError(actual.map(() => middle), actual)), guess: "mean of the training rows" },
      { name: "mean relative error", model: round(mean(relative)), baseline: round(mean(actual.map((value) => Math.abs(middle / value - 1)))), guess: "mean of the training rows" },
      { name: "share within the bounds (95 % wanted)", model: round(within / heldOut.length) },
    ],
    limits: ["It says how a soft sensor is built, not how a paint behaves: train it with laboratory values of your paint."],
  };
}

if (require.main === module) writeModel(train());
