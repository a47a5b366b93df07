import { toMilliseconds } from "../record/iso-time";
import { isDateTime } from "./text";

/** A length of time: as it was written, and in seconds where years and months do not make that uncertain. */
export interface Duration {
  readonly iso: string;
  readonly seconds?: number;
}

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;
const FLOAT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const DURATION = /^(-?)P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };
/** Digits that a number of the language holds for certain. */
const DIGITS = 15;

/** Data types of B2MML values that are numbers. */
const NUMBERS: ReadonlySet<string> = new Set([
  "Amount", "Measure", "Numeric", "Quantity", "byte", "unsignedByte", "integer", "positiveInteger", "negativeInteger", "nonNegativeInteger", "nonPositiveInteger",
  "int", "unsignedInt", "long", "unsignedLong", "short", "unsignedShort", "decimal", "float", "double",
]);
/** What XSD has beside the numbers of a double. JSON has no numbers for them, so they stay words. */
const SPECIAL: ReadonlySet<string> = new Set(["INF", "-INF", "NaN"]);
const TIMES: ReadonlySet<string> = new Set(["DateTime", "dateTime", "timeInstant"]);
const FLAGS: ReadonlySet<string> = new Set(["Indicator", "boolean"]);

/** Reads a text of an XSD type; `undefined` for one that is none of its values. A number with more digits than a double holds stays text. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  decimal: (text) => (DECIMAL.test(text) ? exactNumber(text) : undefined),
  boolean: (text) => (Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : undefined),
  dateTime: readTime,
  duration: readDuration,
};

/** The text of an element as a value of its XSD base type; `undefined` for a text that is none of it. */
export function typedText(base: string, text: string): unknown {
  const read = Object.hasOwn(READERS, base) ? READERS[base] : undefined;
  return read ? read(text.trim()) : base === "string" ? text : text.trim().replace(/\s+/g, " ");
}

/**
 * The text of a value as its data type says; one without data type that has a unit, or is a quantity, is a number where it reads as one.
 * `undefined` for a text that is none of its data type.
 */
export function typedValue(text: string, dataType: string | undefined, isNumeric: boolean): unknown {
  const plain = text.trim();
  if (dataType === undefined) return isNumeric && FLOAT.test(plain) ? exactNumber(plain) : text;
  if (SPECIAL.has(plain) && (dataType === "double" || dataType === "float")) return plain;
  if (NUMBERS.has(dataType)) return FLOAT.test(plain) ? exactNumber(plain) : undefined;
  if (FLAGS.has(dataType)) return READERS["boolean"]?.(plain.toLowerCase());
  if (TIMES.has(dataType)) return readTime(plain);
  return dataType === "duration" ? readDuration(plain) : text;
}

/** A time in UTC where it names its zone; a local one, and one beyond the years of four digits, as it stands. */
function readTime(text: string): string | undefined {
  if (!isDateTime(text)) return undefined;
  const moment = /(?:Z|[+-]\d\d:\d\d)$/.test(text) ? toMilliseconds(new Date(text)) : undefined;
  return moment === undefined ? text : new Date(moment).toISOString();
}

function readDuration(text: string): Duration | undefined {
  const match = DURATION.exec(text);
  if (!match) return undefined;
  const [, sign, years, months, days = 0, hours = 0, minutes = 0, seconds = 0] = match;
  if (years !== undefined || months !== undefined) return { iso: text };
  return { iso: text, seconds: (sign === "-" ? -1 : 1) * (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) };
}

function exactNumber(text: string): number | string {
  const digits = text.replace(/[eE].*$/, "").replace(/\D/g, "").replace(/^0+/, "").replace(/0+$/, "");
  const number = Number(text);
  return digits.length > DIGITS || !Number.isFinite(number) ? text : number;
}
