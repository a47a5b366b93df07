import { ResonanceError } from "../errors/resonance-error";
import { shorten } from "../record/field-error";
import { compileConverter } from "../units/conversion";
import { findUnit } from "../units/units";
import type { Setting } from "./write-order";
import type { WriteTarget } from "./write-target";

/** A 64-bit integer too long for a number. */
const LONG = /^-?\d{16,20}$/;

/**
 * The value in the variable's unit: that of the row, else that of the server. A value that says no unit is taken as it is;
 * one that does needs a variable whose unit is known.
 * @throws RESONANCE_OPCUA_UNIT_OPEN, RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE with the value's place as path.
 */
export function inTargetUnit({ row, value, unit, path }: Setting, { facts }: WriteTarget): unknown {
  if (unit === undefined || !isNumeric(value)) return value;
  const target = row.targetUnit ?? facts.unit;
  if (target === undefined) {
    // A number without a unit fits a variable without one.
    if (findUnit(unit)?.quantity === "ratio" && findUnit(unit)?.factor === 1 && facts.foreignUnit === undefined) return value;
    throw new ResonanceError("RESONANCE_OPCUA_UNIT_OPEN", { tag: row.tag, from: unit, to: facts.foreignUnit ?? "-" }, { path });
  }
  const convert = compileConverter(unit, target, path);
  // A 64-bit integer stays exact where nothing is converted.
  return mapNumbers(value, (number) => (typeof number === "number" || unit !== target ? convert(Number(number)) : number));
}

/** @throws RESONANCE_OPCUA_OUT_OF_RANGE for a number outside the server's EURange. */
export function checkRange({ row, path }: Setting, value: unknown, { facts: { range, unit } }: WriteTarget): void {
  if (!range || !isNumeric(value)) return;
  mapNumbers(value, (number) => {
    if (Number(number) >= range.low && Number(number) <= range.high) return number;
    const text = `${range.low} … ${range.high}${unit ? ` ${findUnit(unit)?.symbol ?? unit}` : ""}`;
    throw new ResonanceError("RESONANCE_OPCUA_OUT_OF_RANGE", { tag: row.tag, value: shorten(number), range: text }, { path });
  });
}

function isNumeric(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isNumeric);
  if (typeof value === "string") return LONG.test(value);
  return typeof value === "number" || typeof value === "bigint" || (ArrayBuffer.isView(value) && !(value instanceof Uint8Array) && !(value instanceof DataView));
}

function mapNumbers(value: unknown, map: (number: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((element: unknown) => mapNumbers(element, map));
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>, map) : map(value);
}
