// Learns machine failures from the AI4I 2020 data: RESONANCE_SHARED=… npx tsx examples/models/train/tool-failure.ts (or the data file as argument).
import { writeFileSync } from "node:fs";
import path from "node:path";
import { AI4I_SOURCE, INPUTS, readAi4i, type Ai4iRow } from "./ai4i";
import { baseRates, hasEnd, measure, type Metrics } from "./evaluate-tool-failure";
import { applyLayers, createGraph, pickColumns, scaleBack, scaleColumns } from "./graph-builder";
import { learn, rounded } from "./learn";
import { digestOf, evaluate, predict, scaled, sigmoid, type Network, type Perceptron, type Scale } from "./network";
import { mulberry32 } from "./seeded";
import { dataFile } from "./shared-data";
import { scaleOf } from "./spread";
import { writeModel, type TrainedModel } from "./write-model";

const SEED = 20_201;
const FIELDS = INPUTS.map(({ field }) => field);
/** Failures are rare (one row in 27): without weight the network learns to say "never" first. Calibration takes it back. */
const FAILURE = { fields: FIELDS, hidden: [16, 8], epochs: 240, rate: 0.004, decay: 0.0005, failureWeight: 6 };
/** When a tool is changed depends on its wear; with the other inputs the network only learns the training tools by heart. */
const LIFE = { fields: ["toolWear"], hidden: [8], epochs: 120, rate: 0.01, decay: 0 };
/** Rows before this one train, the rest only measures. */
export const HOLD_OUT_FROM = 6400;
/** Every fifth training row does not train the weights but calibrates the probability. */
const CALIBRATION_STEP = 5;

const ID = "tool-failure";
const VERSION = "1.0.0";

/** The network, as the demo's model server runs it and as an ONNX file. */
export interface ToolFailure {
  readonly weights: object;
  readonly trained: TrainedModel;
}

/** Trains; the same data give the same network. */
export function train(file: string): ToolFailure {
  const rows = readAi4i(file, [0, HOLD_OUT_FROM]);
  const network = fit(rows);
  const metrics = rounded(measure(network, readAi4i(file, [HOLD_OUT_FROM, Infinity]), baseRates(rows)));
  return { weights: weightsFile(network, rows, metrics), trained: describe(network, rows, metrics) };
}

/** The content of the weights file. */
function weightsFile(network: Network, rows: readonly Ai4iRow[], metrics: Metrics): object {
  const content = {
    name: ID,
    version: VERSION,
    about: "Probability of a machine failure and minutes of tool wear left, learned from the data named as source. For demonstration only.",
    source: { ...AI4I_SOURCE, rows: "1-8000", training: `1-${HOLD_OUT_FROM}`, holdOut: `${HOLD_OUT_FROM + 1}-8000` },
    method: `Two perceptrons with tanh, trained by Adam, seed ${SEED}; probability calibrated (Platt) on every fifth training row; `
      + "remaining life = wear until the tool was changed, learned from the wear alone",
    digestRule: "sha256 over this file as compact JSON (JSON.stringify) without the property digest",
    inputs: INPUTS.map(({ field, unit }, index) => {
      const values = rows.map(({ inputs }) => inputs[index] ?? NaN);
      return { field, unit, minimum: Math.min(...values), maximum: Math.max(...values) };
    }),
    holdOut: metrics,
    network,
  };
  return { digest: digestOf(content), ...content };
}

function fit(rows: readonly Ai4iRow[]): Network {
  const random = mulberry32(SEED);
  const fitting = rows.filter((_, index) => index % CALIBRATION_STEP !== 0);
  const calibrating = rows.filter((_, index) => index % CALIBRATION_STEP === 0);
  const scale = FIELDS.map((field, index) => ({ field, ...scaleOf(fitting.map(({ inputs }) => inputs[index] ?? NaN)) }));
  const failure: Perceptron = { inputs: FAILURE.fields, layers: learn(FAILURE, random, fitting.map(({ inputs, failed }) => ({
    inputs: scaled(FAILURE.fields, scale, inputs),
    gradient: ([logit = NaN]) => [(sigmoid(logit) - (failed ? 1 : 0)) * (failed ? FAILURE.failureWeight : 1)],
  }))) };
  const known = rows.filter(hasEnd);
  const lifeScale = scaleOf(known.map(({ remaining }) => remaining));
  const life: Perceptron = { inputs: LIFE.fields, layers: learn(LIFE, random, known.map(({ inputs, remaining }) => {
    const wanted = (remaining - lifeScale.mean) / lifeScale.deviation;
    // Huber's loss: a tool that lasted unusually long pulls no harder than others.
    return { inputs: scaled(LIFE.fields, scale, inputs), gradient: ([value = NaN]) => [Math.min(0.1, Math.max(-0.1, value - wanted))] };
  })) };
  return { scale, failure, calibration: calibrate(failure, scale, calibrating), life, lifeScale };
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

/** The tensors are those of the demo's model server: one and the same flow can ask either. */
function describe(network: Network, rows: readonly Ai4iRow[], metrics: Metrics): TrainedModel {
  const { scale, failure, calibration, life, lifeScale } = network;
  const graph = createGraph();
  const columns = (perceptron: Perceptron): readonly number[] => perceptron.inputs.map((field) => FIELDS.findIndex((known) => known === field));
  const values = scaleColumns(graph, "input", scale);
  const logit = applyLayers(graph, pickColumns(graph, values, columns(failure)), failure.layers);
  graph.apply("Sigmoid", [scaleBack(graph, logit, [calibration.slope], [calibration.intercept])], {}, "failureProbability");
  const minutes = scaleBack(graph, applyLayers(graph, pickColumns(graph, values, columns(life)), life.layers), [lifeScale.deviation], [lifeScale.mean]);
  graph.apply("Max", [minutes, graph.numbers([0])], {}, "remainingUsefulLife");
  const said = rows.map(({ inputs }) => predict(network, inputs));
  return {
    id: ID, version: VERSION, category: "predictive-maintenance",
    title: "Machine failure and remaining tool life",
    about: "Probability of a machine failure and minutes of tool wear left, learned from the AI4I 2020 data. For demonstration only.",
    onnx: {
      inputs: [{ name: "input", type: "float", shape: ["rows", FIELDS.length] }],
      outputs: ["failureProbability", "remainingUsefulLife"].map((name) => ({ name, type: "float", shape: ["rows", 1] })),
      operators: graph.operators, constants: graph.constants,
    },
    dataSet: {
      id: AI4I_SOURCE.url, records: rows.length,
      description: `${AI4I_SOURCE.name}, ${AI4I_SOURCE.author}, ${AI4I_SOURCE.publisher}, ${AI4I_SOURCE.licence}; rows 1-${HOLD_OUT_FROM}. The data are synthetic.`,
    },
    inputs: INPUTS.map(({ field, unit }, index) => ({ field, unit, values: rows.map(({ inputs }) => inputs[index] ?? NaN) })),
    outputs: [
      { field: "failureProbability", unit: "C62", values: said.map(({ failureProbability }) => failureProbability) },
      { field: "remainingUsefulLife", unit: "MIN", values: said.map(({ remainingUsefulLife }) => remainingUsefulLife) },
    ],
    holdOut: `rows ${HOLD_OUT_FROM + 1}-8000 (${metrics.rows}, of them ${metrics.failures} failures)`,
    metrics: [
      { name: "area under the ROC curve (failure)", model: metrics.rocAuc, baseline: 0.5, guess: "chance" },
      { name: "log loss (failure)", model: metrics.logLoss, baseline: metrics.baseRateLogLoss, guess: "share of failures in training" },
      { name: "Brier score (failure)", model: metrics.brier, baseline: metrics.baseRateBrier, guess: "share of failures in training" },
      { name: "mean error of the remaining life, min", model: metrics.remainingMeanError, baseline: metrics.meanLifeMeanError, guess: "mean tool life less wear so far" },
    ],
    limits: [
      "The remaining life is hardly better than the mean tool life less the wear: in these data tools are changed by their wear alone.",
      `The hold-out has ${metrics.failures} failures only; the numbers about failures are uncertain accordingly.`,
    ],
  };
}

/** The network of the demo's model server, which this script writes too. */
export const DEMO_MODEL = path.join(__dirname, "..", "..", "demo", "tool-failure-model.json");

if (require.main === module) {
  const { weights, trained } = train(dataFile("machining", "ai4i2020-rows-1-8000.csv"));
  writeFileSync(DEMO_MODEL, `${JSON.stringify(weights)}\n`);
  writeModel(trained);
}
