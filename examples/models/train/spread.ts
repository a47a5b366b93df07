import { rounded } from "./learn";
import { deviation, mean } from "./metrics";

/** Where the values of a column lie. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** Mean and deviation of a column, rounded as they go into a model. */
export function scaleOf(values: readonly number[]): Spread {
  return rounded({ mean: mean(values), deviation: deviation(values) });
}

/** A row as a network takes it. */
export function scaleRow(row: readonly number[], scale: readonly Spread[]): readonly number[] {
  return row.map((value, index) => (value - (scale[index]?.mean ?? NaN)) / (scale[index]?.deviation ?? NaN));
}

/** The columns of rows. */
export function columnsOf(rows: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? NaN));
}
