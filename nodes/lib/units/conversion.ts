import { ResonanceError } from "../errors/resonance-error";
import type { UnitCode } from "../profile/profile";
import { areCompatible, requireUnit } from "./units";

/** A conversion, folded to one multiplication and one addition: result = value × factor + offset. */
export interface Conversion {
  readonly factor: number;
  readonly offset: number;
}

const IDENTITY: Conversion = { factor: 1, offset: 0 };

/** Significant digits that survive a conversion; a double holds 15 to 17, and the last ones are noise after arithmetic. */
const DIGITS = 14;

/**
 * The conversion from one unit to another. `path` names the setting at fault.
 *
 * A value in °C is a point on the scale, not a difference: 1 °C becomes 274.15 K. A temperature difference is mapped in kelvin.
 * @throws RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE (both codes are in the text)
 */
export function compileConversion(from: UnitCode, to: UnitCode, path?: string): Conversion {
  const source = requireUnit(from, path);
  const target = requireUnit(to, path);
  if (!areCompatible(source, target)) {
    throw new ResonanceError(
      "RESONANCE_UNIT_INCOMPATIBLE",
      { from, to, fromSymbol: source.symbol, toSymbol: target.symbol },
      path === undefined ? {} : { path },
    );
  }
  if (source.factor === target.factor && source.offset === target.offset) return IDENTITY;
  return {
    factor: withoutNoise(source.factor / target.factor),
    offset: withoutNoise((source.offset - target.offset) / target.factor),
  };
}

/**
 * Converts a value. The result is rounded to the decimal place of the 14th significant digit of the largest number
 * in the calculation, so 300 K is 26.85 °C and not 26.850000000000023, while a time stamp of 13 digits keeps its milliseconds.
 * The identity returns the value itself, bit by bit.
 */
export function convert(conversion: Conversion, value: number): number {
  const { factor, offset } = conversion;
  if (factor === 1 && offset === 0) return value;
  const scaled = value * factor;
  const result = scaled + offset;
  return roundAt(result, Math.max(Math.abs(scaled), Math.abs(offset), Math.abs(result)));
}

/**
 * As `compileConversion`, but ready to call.
 * @throws RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE
 */
export function compileConverter(from: UnitCode, to: UnitCode, path?: string): (value: number) => number {
  const conversion = compileConversion(from, to, path);
  return conversion === IDENTITY ? (value) => value : (value) => convert(conversion, value);
}

/** Powers of ten that a double holds exactly; multiplying and dividing by them rounds once only. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

function roundAt(value: number, magnitude: number): number {
  if (!Number.isFinite(value) || magnitude === 0) return value;
  const decimals = DIGITS - 1 - Math.floor(Math.log10(magnitude));
  if (decimals <= 0) return Math.round(value);
  const power = POWERS[decimals];
  if (power !== undefined) return Math.round(value * power) / power + 0;
  return Number(value.toPrecision(DIGITS));
}

/** A quotient of two exact factors that misses a short decimal by a rounding error (999.9999999999999) becomes that decimal. */
function withoutNoise(quotient: number): number {
  const short = Number(quotient.toPrecision(12));
  return Math.abs(short - quotient) <= 4 * Number.EPSILON * Math.abs(quotient) ? short : quotient;
}
