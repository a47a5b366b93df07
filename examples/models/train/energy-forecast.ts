// Learns a forecast of the next hour's energy from a steel plant's meter: RESONANCE_SHARED=… npx tsx examples/models/train/energy-forecast.ts (or the data file as argument).
import { applyLayers, createGraph, pickColumns, scaleBack, scaleColumns } from "./graph-builder";
import { learn, round } from "./learn";
import { mean, meanError } from "./metrics";
import { runLayers, type Layer } from "./network";
import { mulberry32 } from "./seeded";
import { dataFile, readColumns } from "./shared-data";
import { columnsOf, scaleOf, scaleRow, type Spread } from "./spread";
import { writeModel, type TrainedModel } from "./write-model";

const SEED = 20_204;
/** Rows before this one train, the later ones only measure: whoever shuffled would let the model look ahead. */
export const HOLD_OUT_FROM = 24_000;
/** Quarters of an hour. */
const HORIZON = 4;
const DAY = 86_400;
const RECIPE = { hidden: [16, 8], epochs: 24, rate: 0.004, decay: 0.0005 };

/** What the meter says, in the order of the tensor; the time of day is the last column. */
const INPUTS = [
  { field: "activeEnergy", unit: "KWH", column: "Usage_kWh" },
  { field: "reactiveEnergyLagging", unit: "K3", column: "Lagging_Current_Reactive.Power_kVarh" },
  { field: "reactiveEnergyLeading", unit: "K3", column: "Leading_Current_Reactive_Power_kVarh" },
  { field: "powerFactorLagging", unit: "P1", column: "Lagging_Current_Power_Factor" },
  { field: "powerFactorLeading", unit: "P1", column: "Leading_Current_Power_Factor" },
  { field: "secondsOfDay", unit: "SEC", column: "NSM" },
] as const;
const TIME = INPUTS.length - 1;

/** A quarter of an hour and what came after it. */
export interface Row {
  readonly inputs: readonly number[];
  readonly weekStatus: string;
  /** kWh of the next hour. */
  readonly energy: number;
  /** kW, highest mean power of a quarter of the next hour. */
  readonly peak: number;
}

interface Forecaster {
  readonly scale: readonly Spread[];
  readonly layers: readonly Layer[];
  readonly targets: readonly Spread[];
}

/** Trains on the earlier rows, measures on the later ones. */
export function train(file: string): TrainedModel {
  const rows = readRows(file);
  const earlier = rows.slice(0, HOLD_OUT_FROM);
  return describe(fit(earlier), earlier, rows.slice(HOLD_OUT_FROM));
}

/** The rows of the data file, in their order. */
export function readRows(file: string): readonly Row[] {
  const column = readColumns(file);
  const measured = INPUTS.map((input) => column(input.column).map(Number));
  const week = column("WeekStatus");
  const [energies = []] = measured;
  return energies.slice(0, -HORIZON).map((_, index) => {
    const next = energies.slice(index + 1, index + 1 + HORIZON);
    return {
      inputs: measured.map((values) => values[index] ?? NaN), weekStatus: week[index] ?? "",
      energy: next.reduce((sum, value) => sum + value, 0), peak: Math.max(...next) * 4,
    };
  });
}

/** The meter's values scaled, the time of day as a place on a circle (once and twice around), and whether it is a weekend. */
function featuresOf({ inputs, weekStatus }: Row, scale: readonly Spread[]): readonly number[] {
  const angle = ((inputs[TIME] ?? NaN) * 2 * Math.PI) / DAY;
  return [...scaleRow(inputs.slice(0, TIME), scale), Math.sin(angle), Math.cos(angle), Math.sin(2 * angle), Math.cos(2 * angle), weekStatus === "Weekend" ? 1 : 0];
}

function fit(rows: readonly Row[]): Forecaster {
  const scale = columnsOf(rows.map(({ inputs }) => inputs.slice(0, TIME))).map(scaleOf);
  const targets = [scaleOf(rows.map(({ energy }) => energy)), scaleOf(rows.map(({ peak }) => peak))];
  const layers = learn(RECIPE, mulberry32(SEED), rows.map((row) => {
    const wanted = scaleRow([row.energy, row.peak], targets);
    // Huber's loss: the mean error counts, not the few great ones.
    return { inputs: featuresOf(row, scale), gradient: (heads) => wanted.map((value, index) => Math.min(0.3, Math.max(-0.3, (heads[index] ?? NaN) - value))) };
  }));
  return { scale, layers, targets };
}

function forecast({ scale, layers, targets }: Forecaster, row: Row): readonly number[] {
  return runLayers(layers, featuresOf(row, scale)).map((value, index) => Math.max(0, value * (targets[index]?.deviation ?? NaN) + (targets[index]?.mean ?? NaN)));
}

function describe(forecaster: Forecaster, rows: readonly Row[], heldOut: readonly Row[]): TrainedModel {
  const { scale, layers, targets } = forecaster;
  const graph = createGraph();
  const measured = scaleColumns(graph, pickColumns(graph, "meter", scale.map((_, index) => index)), scale);
  const angle = graph.apply("Mul", [pickColumns(graph, "meter", [TIME]), graph.numbers([(2 * Math.PI) / DAY])]);
  const twice = graph.apply("Add", [angle, angle]);
  const circle = [angle, twice].flatMap((each) => [graph.apply("Sin", [each]), graph.apply("Cos", [each])]);
  const weekend = graph.apply("LabelEncoder", ["weekStatus"], { keys_strings: { strings: ["Weekday", "Weekend"] }, values_floats: { floats: [0, 1] }, default_float: { float: NaN } });
  const features = graph.apply("Concat", [measured, ...circle, weekend], { axis: 1 });
  const heads = scaleBack(graph, applyLayers(graph, features, layers), targets.map((target) => target.deviation), targets.map((target) => target.mean), 0);
  pickColumns(graph, heads, [0], "predictedEnergy");
  pickColumns(graph, heads, [1], "predictedPeakPower");
  const said = heldOut.map((row) => forecast(forecaster, row));
  const known = rows.map((row) => forecast(forecaster, row));
  const [energies, peaks] = [heldOut.map(({ energy }) => energy), heldOut.map(({ peak }) => peak)];
  const usual = usualDay(rows);
  return {
    id: "energy-forecast", version: "1.0.0", category: "energy-emission",
    title: "Energy of the next hour",
    about: "Energy and highest quarter-hour power of the next hour from the last quarter of an hour, the time of day and the day. For demonstration only.",
    onnx: {
      inputs: [{ name: "meter", type: "float", shape: ["rows", INPUTS.length] }, { name: "weekStatus", type: "string", shape: ["rows", 1] }],
      outputs: ["predictedEnergy", "predictedPeakPower"].map((name) => ({ name, type: "float", shape: ["rows", 1] })),
      operators: graph.operators, constants: graph.constants,
    },
    dataSet: {
      id: "steel-industry-energy-2018", records: rows.length,
      description: "Steel Industry Energy Consumption, UCI Machine Learning Repository, CC BY 4.0: quarter-hours of a plant in 2018, rows 1-24000 (until September).",
    },
    inputs: [
      ...INPUTS.map(({ field, unit }, column) => ({ field, unit, values: rows.map(({ inputs }) => inputs[column] ?? NaN) })),
      { field: "weekStatus", unit: "", values: rows.map(({ weekStatus }) => weekStatus) },
    ],
    outputs: [
      { field: "predictedEnergy", unit: "KWH", values: known.map(([energy = NaN]) => energy) },
      { field: "predictedPeakPower", unit: "KWT", values: known.map(([, peak = NaN]) => peak) },
    ],
    holdOut: `the later rows 24001-${HOLD_OUT_FROM + heldOut.length} (${heldOut.length})`,
    metrics: [
      { name: "mean error of the energy, kWh", model: error(said, 0, energies), baseline: round(meanError(heldOut.map(({ inputs }) => HORIZON * (inputs[0] ?? NaN)), energies)), guess: "as the last quarter of an hour" },
      { name: "mean error of the energy, kWh", model: error(said, 0, energies), baseline: round(meanError(heldOut.map((row) => usual(row) ?? NaN), energies)), guess: "mean of the training rows at that time of day and kind of day" },
      { name: "mean error of the peak power, kW", model: error(said, 1, peaks), baseline: round(meanError(heldOut.map(({ inputs }) => 4 * (inputs[0] ?? NaN)), peaks)), guess: "as the last quarter of an hour" },
    ],
    limits: [
      `The mean of the next hour's energy in the rows held out is ${round(mean(energies))} kWh.`,
      "One plant, nine months: holidays, shifts and seasons that did not occur there are not in it. It knows no production plan.",
    ],
  };
}

function error(said: readonly (readonly number[])[], head: number, actual: readonly number[]): number {
  return round(meanError(said.map((heads) => heads[head] ?? NaN), actual));
}

/** The mean energy that followed at a time of day and kind of day. */
function usualDay(rows: readonly Row[]): (row: Row) => number | undefined {
  const keyOf = ({ inputs, weekStatus }: Row): string => `${weekStatus} ${inputs[TIME] ?? NaN}`;
  const groups = new Map<string, number[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row.energy]);
  const means = new Map([...groups].map(([key, energies]) => [key, mean(energies)]));
  return (row) => means.get(keyOf(row));
}

if (require.main === module) writeModel(train(dataFile("energy", "steel-industry-energy-rows-1-30000.csv")));
