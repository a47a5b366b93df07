import { requireCategory } from "./profile-lookup";
import { categoryAfter, fieldAfter, type CategoryPair } from "./compare-profiles";
import type { Direction, Field, Profile, UnitCode } from "./profile";

/** Rows of a mapping, brought to another edition. */
export interface MigratedRows<Row> {
  /** The category as the newer edition calls it; `undefined` where it has none, then no row is left. */
  readonly category: string | undefined;
  readonly rows: readonly Row[];
  /** Fields that the newer edition does not have; their rows are left out. */
  readonly dropped: readonly string[];
}

/** A row that gives a field values in a unit: of a tag mapping, or an element of a tensor. */
export interface FieldRow {
  readonly field: string;
  /** UN/CEFACT code; empty or absent for the profile's own unit. */
  readonly unit?: string;
}

/** A field in two editions; `after` is missing where the newer one does not have it. */
export interface FieldPair {
  readonly before: Field;
  readonly after: Field | undefined;
}

/**
 * Brings rows of a mapping to a newer edition. What the source delivers has not changed: where a row means the profile's own
 * unit and that is another one now, the row then names the old unit. Rows for no field, or for the confidence, stay as they are.
 * `adjust` changes what else a row says of a field that is there in both.
 * @throws RESONANCE_CATEGORY_UNKNOWN for a category the older edition does not have
 */
export function migrateRows<R extends FieldRow>(
  rows: readonly R[], category: string, direction: Direction, before: Profile, after: Profile,
  adjust: (row: R, was: Field, is: Field) => R = (row) => row,
): MigratedRows<R> {
  const now = categoryAfter(category, after);
  const pairOf = fieldPairs(category, direction, before, after);
  if (!now) return { category: undefined, rows: [], dropped: rows.map(({ field }) => field) };
  const dropped: string[] = [];
  const migrated = rows.flatMap((row): readonly R[] => {
    const pair = pairOf(row.field);
    if (!pair) return [row];
    if (!pair.after) {
      dropped.push(row.field);
      return [];
    }
    const unit = unitAfter(row.unit, pair);
    return [{ ...adjust(row, pair.before, pair.after), field: pair.after.name, ...(unit !== row.unit && { unit }) }];
  });
  return { category: now.id, rows: migrated, dropped };
}

/** The fields of a category in both editions, by their old names; `undefined` for what the older one does not have. */
export function fieldPairs(category: string, direction: Direction, before: Profile, after: Profile): (name: string) => FieldPair | undefined {
  const old = requireCategory(before, category);
  const now = categoryAfter(category, after);
  const pair: CategoryPair | undefined = now && { before: old, after: now };
  return (name) => {
    const was = old[direction].fields.get(name);
    return was && { before: was, after: pair && fieldAfter(pair, direction, name, after) };
  };
}

/** The unit a row has to name so that its values mean what they meant. */
export function unitAfter(unit: UnitCode | undefined, { before, after }: FieldPair): UnitCode | undefined {
  const [was, is] = [ownUnit(before), after && ownUnit(after)];
  return (unit ?? "") === "" && was !== undefined && is !== undefined && was !== is ? was : unit;
}

/** The unit of a field's values; of a list, that of what it holds. */
function ownUnit({ schema }: Field): UnitCode | undefined {
  return schema.unit ?? schema.items?.unit;
}
