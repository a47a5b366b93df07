import { compilePattern, STEPS, StepsExceeded } from "../json/pattern";
import type { FieldWords, ValueSchema } from "../profile/profile";
import { compileConverter } from "../units/conversion";
import { areCompatible, findUnit } from "../units/units";
import { refuse, type Admit } from "./admission";
import { isoTime, toMilliseconds } from "./iso-time";
import { compileList, compileStructure } from "./structured-value";

export type { Admission, Admit } from "./admission";

/** Values of a field before its own limits are looked at; `undefined` where the type does not fit. */
type Read = (raw: unknown) => unknown;

const READERS: Readonly<Record<string, Read>> = {
  number: toNumber,
  integer: toNumber,
  boolean: toBoolean,
  string: toText,
};

/**
 * Compiles the admission of values to a field: type, unit conversion from `unit` (empty: from the unit the source states, else the profile's own unit),
 * range, allowed values, length, pattern.
 * Nothing is guessed: a text is no number, save a 64-bit integer too long for one; 0 and 1 are boolean; a whole number can be an identifier.
 * In a list the unit is that of its numbers; the parts of a structured value come in the profile's units. `path` names the setting of the unit.
 * @throws RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE
 */
export function compileAdmission({ schema }: { readonly schema: FieldWords | ValueSchema }, unit: string, path: string): Admit {
  const type = String(schema.type);
  if (type === "array") return compileList(schema, compileAdmission({ schema: schema.items ?? { type: "string" } }, unit, path));
  if (type === "object") return compileStructure(schema, (part) => compileAdmission({ schema: part }, "", path));
  if (type === "number" || type === "integer") {
    const converterOf = unit === "" ? statedUnits(schema.unit) : setUnit(unit, schema.unit, path);
    return numberAdmission(schema, type, converterOf);
  }
  const read = schema.format === "date-time" ? toTime : READERS[type] ?? toText;
  const { enum: allowed, minLength = 0, maxLength = Infinity } = schema as { enum?: readonly unknown[]; minLength?: number; maxLength?: number };
  const expected = schema.format ?? type;
  const suits = typeof schema["pattern"] === "string" ? formOf(schema["pattern"]) : undefined;
  return (raw) => {
    const value = read(raw);
    if (value === undefined) return refuse("RESONANCE_VALUE_TYPE", expected, raw);
    if (allowed && !allowed.includes(value)) return refuse("RESONANCE_VALUE_ENUM", allowed.join(", "), raw);
    if (typeof value === "string" && !fits(value, minLength, maxLength)) {
      return refuse("RESONANCE_VALUE_LENGTH", `${minLength} – ${maxLength}`, value.length);
    }
    if (suits && typeof value === "string" && !suits(value)) return refuse("RESONANCE_VALUE_FORMAT", String(schema["pattern"]), raw);
    return { value };
  };
}

/** Whether a text is of the form that a pattern describes; one so long that it would take too many steps is not. */
function formOf(source: string): (text: string) => boolean {
  const budget = { left: STEPS };
  const pattern = compilePattern(source, budget);
  return (text) => {
    budget.left = STEPS;
    try {
      return pattern.test(text);
    } catch (thrown) {
      if (thrown instanceof StepsExceeded) return false;
      throw thrown;
    }
  };
}

/** The range of a field with its unit's code, as messages show it. */
export function rangeText({ minimum, maximum, unit }: { minimum?: number; maximum?: number; unit?: string }): string {
  const range = minimum !== undefined && maximum !== undefined ? `${minimum} … ${maximum}`
    : minimum !== undefined ? `≥ ${minimum}` : maximum !== undefined ? `≤ ${maximum}` : "";
  return unit === undefined || unit === "C62" ? range : `${range} ${unit}`.trim();
}

type Converter = (value: number) => number;
/** The converter for values whose source states this unit; `undefined` where it does not convert. */
type ConverterOf = (stated: string | undefined) => Converter | undefined;

const AS_IT_IS: Converter = (value) => value;

/** What the user set counts, whatever the source states. */
function setUnit(unit: string, own: string | undefined, path: string): ConverterOf {
  const convert = own === undefined ? AS_IT_IS : compileConverter(unit, own, path);
  return () => convert;
}

function statedUnits(own: string | undefined): ConverterOf {
  const converters = new Map<string, Converter | undefined>();
  return (stated) => {
    if (stated === undefined || !own || stated === own) return AS_IT_IS;
    if (!converters.has(stated)) {
      const [from, to] = [findUnit(stated), findUnit(own)];
      converters.set(stated, from && to && areCompatible(from, to) ? compileConverter(stated, own) : undefined);
    }
    return converters.get(stated);
  };
}

function numberAdmission(schema: FieldWords | ValueSchema, type: string, converterOf: ConverterOf): Admit {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  const range = rangeText(schema);
  const whole = type === "integer";
  return (raw, stated) => {
    const number = typeof raw === "number" ? raw : toNumber(raw);
    if (number === undefined) return refuse("RESONANCE_VALUE_TYPE", type, raw);
    if (!Number.isFinite(number)) return refuse("RESONANCE_VALUE_NOT_FINITE", type, raw);
    const convert = converterOf(stated);
    if (!convert) return refuse("RESONANCE_VALUE_UNIT", schema.unit ?? "", stated);
    const value = convert(number);
    if (whole && !Number.isInteger(value)) return refuse("RESONANCE_VALUE_TYPE", type, raw);
    if (value < minimum || value > maximum) return refuse("RESONANCE_VALUE_RANGE", range, value);
    return { value };
  };
}

function toNumber(raw: unknown): number | undefined {
  if (typeof raw === "number") return raw;
  if (typeof raw === "bigint") return Number(raw);
  // JSON has no NaN and no infinity: both come as these texts, and are refused for what they are.
  return typeof raw === "string" && /^-?(?:\d{16,20}|NaN|Infinity)$/.test(raw) ? Number(raw) : undefined;
}

function toBoolean(raw: unknown): boolean | undefined {
  if (typeof raw === "boolean") return raw;
  return raw === 0 || raw === 1 ? raw === 1 : undefined;
}

function toText(raw: unknown): string | undefined {
  if (typeof raw === "string") return raw;
  if (typeof raw === "bigint" || (typeof raw === "number" && Number.isSafeInteger(raw))) return String(raw);
  if (typeof raw !== "object" || raw === null) return undefined;
  // OPC UA's LocalizedText, and the identifiers of OPC 40100-1 (PartId, JobId, …), where a source passes them on as they are.
  const { text, id = text } = raw as { text?: unknown; id?: unknown };
  return typeof id === "string" ? id : undefined;
}

function toTime(raw: unknown): string | undefined {
  const milliseconds = typeof raw === "number" ? undefined : toMilliseconds(raw);
  return milliseconds === undefined ? undefined : isoTime(milliseconds);
}

/** Lengths count characters, not UTF-16 units, as JSON Schema does. */
function fits(text: string, minimum: number, maximum: number): boolean {
  if (text.length <= maximum && text.length >= minimum * 2) return true;
  // A character has two units at most.
  if (text.length > maximum * 2) return false;
  const { length } = Array.from(text);
  return length >= minimum && length <= maximum;
}
