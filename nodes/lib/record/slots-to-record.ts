import type { Category } from "../profile/profile";
import type { RecordValues, ValueQuality } from "./interface-record";
import type { Slot } from "./slot";

/** Fields without which no record can be made and which have no value. */
export function missingIn(slots: readonly Slot[], { requireOneOf }: Category["input"]): readonly string[] {
  const missing = slots.filter(({ held, plan }) => !held && !plan.optional);
  if (missing.length > 0) return missing.map(({ plan }) => plan.field);
  const choice = slots.filter(({ plan }) => requireOneOf.includes(plan.field));
  if (choice.some(({ held }) => held)) return [];
  return choice.length > 0 ? choice.map(({ plan }) => plan.field) : slots.some(({ held }) => held) ? [] : slots.map(({ plan }) => plan.field);
}

/** Whether every field that must be there has a value that no record has taken yet. */
export function allFresh(slots: readonly Slot[]): boolean {
  return slots.every(({ pending, plan }) => pending !== undefined || plan.optional);
}

/** The newest source time among the values, milliseconds since 1970. */
export function newestIn(slots: readonly Slot[]): number {
  return slots.reduce((newest, { held }) => (held && held.time > newest ? held.time : newest), -Infinity);
}

/** Values, quality and time of a record: the newest source time; a value that is not Good or of another time says so. */
export function contentsOf(slots: readonly Slot[]): {
  readonly timestamp: string;
  readonly values: RecordValues;
  readonly quality: Readonly<Record<string, ValueQuality>>;
} {
  const newest = newestIn(slots);
  const values: Record<string, unknown> = {};
  const quality: Record<string, ValueQuality> = {};
  for (const { held, plan } of slots) {
    if (!held) continue;
    values[plan.field] = held.value;
    if (held.status === undefined && held.time === newest) continue;
    quality[plan.field] = {
      ...(held.status !== undefined && { status: held.status }),
      ...(held.code !== undefined && { code: held.code }),
      ...(held.time !== newest && { timestamp: new Date(held.time).toISOString() }),
    };
  }
  return { timestamp: new Date(newest).toISOString(), values, quality };
}
