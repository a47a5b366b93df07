import { ResonanceError } from "../errors/resonance-error";
import type { Scalar } from "./document";
import type { TextSpec } from "./structure";
import { isDateTime as isRecordTime } from "../record/date-time";
import { toMilliseconds } from "../record/iso-time";
import { trailPath, type Trail } from "./trail";

/** Whether a text is a valid literal of an XSD base type; a type that is not listed takes any text. */
const LITERALS: Readonly<Record<string, (text: string) => boolean>> = {
  dateTime: isDateTime,
  decimal: (text) => /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text),
  boolean: (text) => /^(true|false|1|0)$/.test(text),
  duration: (text) => /^-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/.test(text),
  language: (text) => /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/.test(text),
  base64Binary: (text) => /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text),
};
// XML 1.0 §2.2: no control characters, no lone surrogates, no U+FFFE or U+FFFF, not even escaped.
const NOT_IN_XML = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
// One record repeats its time often in its document.
let lastDateTime = "";

/**
 * A value as the text of an element or attribute.
 * @throws RESONANCE_ISA95_VALUE_INVALID for what the schema does not allow there or is no text at all (a JSON document may have an object there),
 * RESONANCE_ISA95_CHARACTER for a character XML cannot carry; the path is that of `trail` and `last`.
 */
export function literal(spec: TextSpec, value: Scalar, trail: Trail, last?: string): string {
  if (typeof value === "object") {
    throw new ResonanceError("RESONANCE_ISA95_VALUE_INVALID", { value: Array.isArray(value) ? "[…]" : "{…}", expected: `xsd:${spec.base}` }, { path: trailPath(trail, last) });
  }
  const text = typeof value === "string" ? value : typeof value === "number" ? numberText(spec.base, value) : String(value);
  if (!isPlain(text)) {
    const forbidden = NOT_IN_XML.exec(text);
    if (forbidden) {
      const code = (forbidden[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      throw new ResonanceError("RESONANCE_ISA95_CHARACTER", { character: `U+${code}` }, { path: trailPath(trail, last) });
    }
  }
  if (spec.values ? !spec.values.has(text) : LITERALS[spec.base]?.(text) === false) {
    const expected = spec.values ? [...spec.values].join(", ") : `xsd:${spec.base}`;
    throw new ResonanceError("RESONANCE_ISA95_VALUE_INVALID", { value: shorten(text), expected }, { path: trailPath(trail, last) });
  }
  return text;
}

/** Whether any text is a literal of a type. */
export function isFreeText({ base, values }: TextSpec): boolean {
  return values === undefined && !Object.hasOwn(LITERALS, base);
}

/** Whether a text is printable ASCII without markup: needs neither check nor escape. */
export function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === 0x26 || code === 0x3c || code === 0x3e || code === 0x22) return false;
  }
  return true;
}

/** Whether a text is an xsd:dateTime that names a real day and time. */
export function isDateTime(text: string): boolean {
  if (text === lastDateTime) return true;
  const valid = namesRealTime(text);
  if (valid) lastDateTime = text;
  return valid;
}

/**
 * A time of a record as xsd:dateTime: one that XSD knows as it is, any other of RFC 3339 (a leap second, the year 0, a zone beyond 14 hours, small
 * letters) as the same moment in UTC; `undefined` for what is none.
 */
export function xsdTime(text: string): string | undefined {
  if (!isRecordTime(text)) return undefined;
  if (isDateTime(text)) return text;
  const moment = toMilliseconds(text);
  return moment === undefined ? undefined : new Date(moment).toISOString();
}

function namesRealTime(text: string): boolean {
  const match = /^-?(\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-](\d\d):(\d\d))?$/.exec(text);
  if (!match) return false;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const [zoneHour, zoneMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false;
  const midnight = hour === 24 && minute === 0 && second === 0 && Number(match[7] ?? 0) === 0;
  const zone = zoneMinute < 60 && (zoneHour < 14 || (zoneHour === 14 && zoneMinute === 0));
  return zone && (midnight || (hour < 24 && minute < 60 && second < 60));
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** xsd:decimal knows no exponent; NaN and infinity fail its check, and where text is free they are no number either. */
function numberText(base: string, value: number): string {
  const text = String(value);
  if (base !== "decimal" || !text.includes("e")) return text;
  const [digits = "", exponent = "0"] = Math.abs(value).toString().split("e");
  const [whole = "", fraction = ""] = digits.split(".");
  const power = Number(exponent);
  const sign = value < 0 ? "-" : "";
  return power < 0
    ? `${sign}0.${"0".repeat(-power - whole.length)}${whole}${fraction}`
    : `${sign}${whole}${fraction.padEnd(power, "0")}`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
