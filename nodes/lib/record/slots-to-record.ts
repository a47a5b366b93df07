import type { Category } from "../profile/profile";
import type { RecordValues, ValueQuality } from "./interface-record";
import type { Slot } from "./slot";

/** A value on its way into a record; without a time where it is nobody's measurement. */
export interface FieldValue {
  readonly field: string;
  readonly value: unknown;
  readonly time: number | undefined;
  readonly status: ValueQuality["status"];
  readonly code: string | undefined;
}

/**
 * Fields without which no record can be made and which have no value. `given` says whether a field is filled otherwise.
 * A record holds at least one value that was measured, whatever stands in for the others.
 */
export function missingIn(slots: readonly Slot[], { requireOneOf, required }: Category["input"], given: (field: string) => boolean): readonly string[] {
  const missing: string[] = [];
  for (const slot of slots) if (!isFilled(slot) && !slot.plan.optional) missing.push(slot.plan.field);
  for (const field of required) if (!slots.some(({ plan }) => plan.field === field) && !given(field)) missing.push(field);
  if (missing.length > 0) return missing;
  if (requireOneOf.length > 0) {
    const choice = slots.filter(({ plan }) => requireOneOf.includes(plan.field));
    if (choice.length > 0 && !choice.some(isFilled) && !requireOneOf.some(given)) return choice.map(({ plan }) => plan.field);
  }
  return slots.some(({ held }) => held) ? NONE : slots.map(({ plan }) => plan.field);
}

const NONE: readonly string[] = [];

function isFilled({ held, plan }: Slot): boolean {
  return held !== undefined || plan.substitute !== undefined;
}

/** Whether every field that must be there has a value that no record has taken yet. */
export function allFresh(slots: readonly Slot[]): boolean {
  return slots.every(({ fresh, plan }) => fresh || plan.optional || plan.substitute !== undefined);
}

/** The newest source time among the values, milliseconds since 1970. */
export function newestIn(slots: readonly Slot[]): number {
  return slots.reduce((newest, { held }) => (held && held.time > newest ? held.time : newest), -Infinity);
}

/** Values, quality and time of a record: the newest source time; a value that is not Good or of another time says so. */
export function contentsOf(fields: readonly FieldValue[], newest: number): {
  readonly timestamp: string;
  readonly values: RecordValues;
  readonly quality: Readonly<Record<string, ValueQuality>>;
} {
  const values: Record<string, unknown> = {};
  const quality: Record<string, ValueQuality> = {};
  for (const { field, value, time = newest, status, code } of fields) {
    values[field] = value;
    if (status === undefined && time === newest) continue;
    quality[field] = {
      ...(status !== undefined && { status }),
      ...(code !== undefined && { code }),
      ...(time !== newest && { timestamp: new Date(time).toISOString() }),
    };
  }
  return { timestamp: new Date(newest).toISOString(), values, quality };
}
