import { ResonanceError } from "../errors/resonance-error";
import type { Category, Field } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import { compileConversion } from "../units/conversion";
import { refusedValue } from "./setting-value";

/** What a model's answer may say of the record itself, as fields: confidence, the end of its validity, or its span in seconds. */
const ENVELOPE: ReadonlyMap<string, Field> = new Map([
  field("confidence", { type: "number", unit: "C62", minimum: 0, maximum: 1 }),
  field("validUntil", { type: "string", format: "date-time" }),
  field("validFor", { type: "number", unit: "SEC", minimum: 0 }),
].map((made) => [made.name, made]));

/** The part of the record itself with this name; a category's own field of the name counts before it. */
export function envelopeField({ output }: Category, name: string): Field | undefined {
  return output.fields.has(name) ? undefined : ENVELOPE.get(name);
}

/** The place in a record of an output or of a part of the record itself. */
export function pathOf(field: Pick<Field, "name">): string {
  return ENVELOPE.get(field.name) === field ? field.name : `values/${field.name}`;
}

/** Until when a record is valid, milliseconds since 1970; `undefined` where that is not stated. `time` is the record's. */
export type Validity = (values: Readonly<Record<string, unknown>>, time: number) => number | undefined;

/**
 * Compiles the validity of outputs: what the answer says (`validUntil`, then `validFor`), else the output `source` (a time, or a span in a unit of time),
 * else `seconds` from the record's time; 0 for not stated.
 * The result throws RESONANCE_VALUE_RANGE for an end before the record's time.
 * @throws RESONANCE_FIELD_UNKNOWN, RESONANCE_CONFIG_INVALID, RESONANCE_UNIT_INCOMPATIBLE with path `validField`
 */
export function compileValidity(category: Category, source: string, seconds: number): Validity {
  const factor = source === "" ? undefined : spanFactor(requireField(category, "output", source, "validField"));
  // A category may have a field of that name: then it is a value of the record, with a unit of its own.
  const envelopeOf = (values: Readonly<Record<string, unknown>>, name: string): unknown => (category.output.fields.has(name) ? undefined : values[name]);
  return (values, time) => {
    const { [source]: own } = values;
    const validUntil = envelopeOf(values, "validUntil");
    const validFor = envelopeOf(values, "validFor");
    const end = typeof validUntil === "string" ? Date.parse(validUntil)
      : typeof validFor === "number" ? time + validFor * 1000
        : typeof own === "string" ? Date.parse(own)
          : typeof own === "number" ? time + own * (factor ?? 1)
            : seconds > 0 ? time + seconds * 1000 : undefined;
    if (end === undefined || (end >= time && end <= LATEST)) return end;
    const refusal = { code: "RESONANCE_VALUE_RANGE", expected: `≥ ${new Date(time).toISOString()}`, actual: validUntil ?? validFor ?? own ?? seconds } as const;
    throw refusedValue("validUntil", refusal, "validUntil");
  };
}

const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Milliseconds of one unit of a span; nothing for a field that is a time. */
function spanFactor({ name, schema }: Field): number | undefined {
  if (schema.format === "date-time") return undefined;
  if (schema.type === "number" || schema.type === "integer") return compileConversion(schema.unit ?? "", "C26", "validField").factor;
  const detail = `${name} (${String(schema.type)}) ≠ date-time, number`;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "validField", detail }, { path: "validField" });
}

function field(name: string, schema: Readonly<Record<string, unknown>>): Field {
  return { name, required: false, schema } as unknown as Field;
}
