import { readFileSync } from "node:fs";

/** Where the training data come from. */
export const AI4I_SOURCE = {
  name: "AI4I 2020 Predictive Maintenance Dataset",
  author: "S. Matzka, HTW Berlin (2020)",
  publisher: "UCI Machine Learning Repository",
  url: "https://doi.org/10.24432/C5HS5C",
  licence: "CC BY 4.0",
} as const;

/** The model's inputs in the order of its tensor, with UN/CEFACT units, and the data's columns. */
export const INPUTS = [
  { field: "airTemperature", unit: "KEL", column: "Air temperature" },
  { field: "processTemperature", unit: "KEL", column: "Process temperature" },
  { field: "rotationalSpeed", unit: "RPM", column: "Rotational speed" },
  { field: "torque", unit: "NU", column: "Torque" },
  { field: "toolWear", unit: "MIN", column: "Tool wear" },
] as const;

/** One row: what the machine measured, whether it failed, and how long the tool lasted from there on. */
export interface Ai4iRow {
  /** In the order of `INPUTS`. */
  readonly inputs: readonly number[];
  readonly failed: boolean;
  /** Minutes of tool wear until the tool's last row; `undefined` for a tool whose end the rows do not show. */
  readonly remaining: number | undefined;
}

/** Reads the data set; `rows` (first and one after the last) restricts what is seen, the end of a tool's life too. */
export function readAi4i(file: string, rows: readonly [number, number] = [0, Infinity]): readonly Ai4iRow[] {
  const [head = "", ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const columns = head.split(",");
  const at = (column: string): number => columns.indexOf(column);
  const inputColumns = INPUTS.map(({ column }) => at(column));
  const failure = at("Machine failure");
  const cells = lines.slice(...rows).map((line) => line.split(",").map(Number));
  const measured = cells.map((row) => inputColumns.map((column) => row[column] ?? NaN));
  const remaining = remainingLives(measured.map((inputs) => inputs.at(-1) ?? NaN));
  return measured.map((inputs, index) => ({ inputs, failed: cells[index]?.[failure] === 1, remaining: remaining[index] }));
}

/** Wear grows with every row and falls back when the tool is changed; the last tool's end is not in the rows. */
function remainingLives(wear: readonly number[]): readonly (number | undefined)[] {
  const lives: (number | undefined)[] = [];
  let end: number | undefined;
  for (let index = wear.length - 2; index >= 0; index -= 1) {
    const now = wear[index] ?? NaN;
    if ((wear[index + 1] ?? NaN) < now) end = now;
    lives[index] = end === undefined ? undefined : end - now;
  }
  return lives;
}
