import { ResonanceError } from "../errors/resonance-error";
import { categoryAfter, fieldAfter, type CategoryPair } from "../profile/compare-profiles";
import type { Field, FieldSchema, Profile, ValueSchema } from "../profile/profile";
import { profileKey, requireCategory, takesOver } from "../profile/profile-lookup";
import { compileConverter } from "../units/conversion";
import type { InterfaceRecord, TrainingRange } from "./interface-record";

/** A record of another edition, and the fields that edition has no place for. */
export interface MigratedRecord {
  readonly record: InterfaceRecord;
  readonly dropped: readonly string[];
}

/**
 * Brings a record to a newer edition: category and fields by their new names, values in the new units. Whether the values suit
 * the new ranges, and whether all that is required is there, the validator says.
 * @throws RESONANCE_MIGRATION_IMPOSSIBLE when the record is not of the older edition, the newer one does not take that over
 * (`formerIds`), its category is gone, or a field has another type; RESONANCE_UNIT_INCOMPATIBLE
 */
export function migrateRecord(record: InterfaceRecord, before: Profile, after: Profile): MigratedRecord {
  const [from, to] = [profileKey(before), profileKey(after)];
  const refuse = (path: string, detail: string): never => {
    throw new ResonanceError("RESONANCE_MIGRATION_IMPOSSIBLE", { from, to, detail }, { path });
  };
  if (record.profile !== from) refuse("profile", record.profile);
  if (!takesOver(after, before)) refuse("profile", `formerIds: ${after.formerIds.join(", ") || "–"}`);
  const old = requireCategory(before, record.category);
  const now = categoryAfter(old.id, after) ?? refuse("category", old.id);
  const pair: CategoryPair = { before: old, after: now };
  const dropped: string[] = [];
  const names = new Map<string, string>();
  const values: [string, unknown][] = [];
  for (const [name, value] of Object.entries(record.values)) {
    const was = old[record.direction].fields.get(name) ?? refuse(`values/${name}`, name);
    const field = fieldAfter(pair, record.direction, name, after);
    if (!field) {
      dropped.push(name);
      continue;
    }
    if (shapeOf(was) !== shapeOf(field)) refuse(`values/${name}`, `${name}: ${shapeOf(was)} ≠ ${shapeOf(field)}`);
    names.set(name, field.name);
    values.push([field.name, converted(value, was.schema, field.schema, `values/${name}`)]);
  }
  const quality = Object.entries(record.quality ?? {}).flatMap(([name, entry]) => {
    const renamed = names.get(name);
    return renamed === undefined ? [] : [[renamed, entry] as const];
  });
  return {
    record: {
      ...record, profile: to, category: now.id, values: Object.fromEntries(values),
      ...(record.quality && { quality: Object.fromEntries(quality) }),
      ...(record.direction === "output" && record.model.trainingRange && { model: { ...record.model, trainingRange: rangesAfter(record.model.trainingRange, pair, after) } }),
    },
    dropped,
  };
}

/** The training ranges of a model by the newer names, in the newer units; those of fields that are gone go with them. */
function rangesAfter(ranges: Readonly<Record<string, TrainingRange>>, pair: CategoryPair, after: Profile): Record<string, TrainingRange> {
  return Object.fromEntries(Object.entries(ranges).flatMap(([name, range]) => {
    const [was, field] = [pair.before.input.fields.get(name), fieldAfter(pair, "input", name, after)];
    if (!was || !field) return [];
    const [from, to] = [was, field].map(({ schema }) => (schema.type === "array" ? schema.items ?? schema : schema));
    if (!from || !to) return [];
    const moved = Object.entries(range).map(([part, limit]: [string, unknown]) => [part, Array.isArray(limit) ? limit.map((item) => converted(item, from, to, `model/trainingRange/${name}`)) : converted(limit, from, to, `model/trainingRange/${name}`)]);
    return [[field.name, Object.fromEntries(moved) as TrainingRange]];
  }));
}

/** A whole number may become any number, nothing else changes its type. */
function shapeOf({ schema }: Field): string {
  return [schema.type === "integer" ? "number" : String(schema.type), schema.format].filter((word) => word !== undefined).join(" ");
}

/** A value of a field, or of a part of one, in the newer edition's units; `path` names it where it does not convert. */
export function converted(value: unknown, was: FieldSchema | ValueSchema, is: FieldSchema | ValueSchema, path: string): unknown {
  if (typeof value === "number" && was.unit !== undefined && is.unit !== undefined) return compileConverter(was.unit, is.unit, path)(value);
  if (Array.isArray(value) && was.items && is.items) {
    const [from, to] = [was.items, is.items];
    return value.map((item) => converted(item, from, to, path));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => {
    const [from, to] = [was, is].map(({ properties }) => (properties && Object.hasOwn(properties, name) ? properties[name] : undefined));
    return [name, from && to ? converted(part, from, to, `${path}/${name}`) : part];
  }));
}
