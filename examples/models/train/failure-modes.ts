// Learns which failure it was from the AI4I 2020 data, as a small decision tree: RESONANCE_SHARED=… npx tsx examples/models/train/failure-modes.ts (or the data file as argument).
// Prints the tree that stands in the example flow "Fault diagnosis", with the numbers about the rows held out.
import { round } from "./learn";
import { dataFile, readColumns } from "./shared-data";

/** Failure modes of the data set; random failures (RNF) have no cause in the signals and are left out. */
export const MODES = ["TWF", "HDF", "PWF", "OSF"] as const;
/** What the tree looks at: K, W, min·Nm, min, r/min. */
export const FEATURES = ["temperatureDifference", "power", "strain", "toolWear", "rotationalSpeed"] as const;
const DEPTH = 4;
const LEAST = 4;
/** Every third failed row is held out: the heat failures are all among the earlier rows, so that a split in time could not measure them. */
const HOLD_OUT_STEP = 3;

/** A row of a machine that failed: what it measured, and the mode (index into `MODES`) that the data name first. */
export interface FailedRow {
  readonly number: number;
  readonly airTemperature: number;
  readonly processTemperature: number;
  readonly rotationalSpeed: number;
  readonly torque: number;
  readonly toolWear: number;
  readonly mode: number;
}

/** Counts by mode at a leaf; else the left branch for values up to the limit. */
export type Tree = { readonly counts: readonly number[] } | { readonly feature: number; readonly limit: number; readonly left: Tree; readonly right: Tree };

/** The tree and how it does on rows that it has not seen. */
export interface FailureModes {
  readonly tree: Tree;
  readonly trained: readonly FailedRow[];
  readonly heldOut: readonly FailedRow[];
  /** Shares of the rows held out. */
  readonly right: number;
  readonly mostFrequent: number;
}

/** Trains; the same data give the same tree. */
export function train(file: string): FailureModes {
  const rows = readFailures(file);
  const heldOut = rows.filter((_, index) => index % HOLD_OUT_STEP === HOLD_OUT_STEP - 1);
  const trained = rows.filter((_, index) => index % HOLD_OUT_STEP !== HOLD_OUT_STEP - 1);
  const tree = grow(trained, 0);
  const counts = countModes(trained);
  const guess = counts.indexOf(Math.max(...counts));
  const share = (right: (row: FailedRow) => boolean): number => round(heldOut.filter(right).length / heldOut.length);
  return { tree, trained, heldOut, right: share((row) => diagnose(tree, row) === row.mode), mostFrequent: share(({ mode }) => mode === guess) };
}

/** The rows in which the machine failed for a known reason. */
export function readFailures(file: string): readonly FailedRow[] {
  const column = readColumns(file);
  const numbers = (name: string): readonly number[] => column(name).map(Number);
  const [air, process, speed, torque, wear, failed] = ["Air temperature", "Process temperature", "Rotational speed", "Torque", "Tool wear", "Machine failure"].map(numbers);
  const flags = MODES.map(numbers);
  return (failed ?? []).flatMap((flag, index) => {
    const mode = flags.findIndex((values) => values[index] === 1);
    if (flag !== 1 || mode < 0) return [];
    const at = (values: readonly number[] | undefined): number => values?.[index] ?? NaN;
    return [{ number: index + 1, airTemperature: at(air), processTemperature: at(process), rotationalSpeed: at(speed), torque: at(torque), toolWear: at(wear), mode }];
  });
}

/** The mode that the tree names. */
export function diagnose(tree: Tree, row: FailedRow): number {
  if ("counts" in tree) return tree.counts.indexOf(Math.max(...tree.counts));
  return diagnose((featuresOf(row)[tree.feature] ?? NaN) <= tree.limit ? tree.left : tree.right, row);
}

function featuresOf({ airTemperature, processTemperature, rotationalSpeed, torque, toolWear }: FailedRow): readonly number[] {
  return [processTemperature - airTemperature, (torque * rotationalSpeed * 2 * Math.PI) / 60, torque * toolWear, toolWear, rotationalSpeed];
}

function countModes(rows: readonly FailedRow[]): readonly number[] {
  return MODES.map((_, mode) => rows.filter((row) => row.mode === mode).length);
}

/** Gini impurity times the number of rows. */
function impurity(rows: readonly FailedRow[]): number {
  return rows.length - countModes(rows).reduce((sum, count) => sum + (count * count) / rows.length, 0);
}

function grow(rows: readonly FailedRow[], depth: number): Tree {
  const counts = countModes(rows);
  if (depth === DEPTH || counts.filter((count) => count > 0).length === 1) return { counts };
  let best: { readonly cost: number; readonly feature: number; readonly limit: number } = { cost: impurity(rows) - 1e-9, feature: -1, limit: NaN };
  for (const feature of FEATURES.keys()) {
    const values = [...new Set(rows.map((row) => featuresOf(row)[feature] ?? NaN))].sort((a, b) => a - b);
    for (let index = 1; index < values.length; index += 1) {
      const limit = round(((values[index - 1] ?? NaN) + (values[index] ?? NaN)) / 2);
      const [low, high] = split(rows, feature, limit);
      const cost = impurity(low) + impurity(high);
      if (low.length >= LEAST && high.length >= LEAST && cost < best.cost) best = { cost, feature, limit };
    }
  }
  const { feature, limit } = best;
  if (feature < 0) return { counts };
  const [low, high] = split(rows, feature, limit);
  return { feature, limit, left: grow(low, depth + 1), right: grow(high, depth + 1) };
}

function split(rows: readonly FailedRow[], feature: number, limit: number): readonly [readonly FailedRow[], readonly FailedRow[]] {
  const isLow = (row: FailedRow): boolean => (featuresOf(row)[feature] ?? NaN) <= limit;
  return [rows.filter(isLow), rows.filter((row) => !isLow(row))];
}

if (require.main === module) {
  const { tree, trained, heldOut, right, mostFrequent } = train(dataFile("machining", "ai4i2020-rows-1-8000.csv"));
  console.log(JSON.stringify(tree));
  console.log(`trained on ${trained.length} failed rows; of ${heldOut.length} held out ${right} right, the most frequent mode alone ${mostFrequent}`);
}
