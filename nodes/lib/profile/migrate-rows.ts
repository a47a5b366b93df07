import { requireCategory } from "./profile-lookup";
import { categoryAfter, fieldAfter, type CategoryPair } from "./compare-profiles";
import type { Direction, Profile } from "./profile";

/** Rows of a mapping, brought to another edition. */
export interface MigratedRows<Row> {
  /** The category as the newer edition calls it; `undefined` where it has none, then no row is left. */
  readonly category: string | undefined;
  readonly rows: readonly Row[];
  /** Fields that the newer edition does not have; their rows are left out. */
  readonly dropped: readonly string[];
}

/** A row that gives a field values in a unit: of a tag mapping, or an element of a tensor. */
interface Row {
  readonly field: string;
  /** UN/CEFACT code; empty for the profile's own unit. */
  readonly unit: string;
}

/**
 * Brings rows of a mapping to a newer edition. What the source delivers has not changed: where a row means the profile's own
 * unit and that is another one now, the row then names the old unit. Rows for no field, or for the confidence, stay as they are.
 * @throws RESONANCE_CATEGORY_UNKNOWN for a category the older edition does not have
 */
export function migrateRows<R extends Row>(rows: readonly R[], category: string, direction: Direction, before: Profile, after: Profile): MigratedRows<R> {
  const old = requireCategory(before, category);
  const now = categoryAfter(category, after);
  if (!now) return { category: undefined, rows: [], dropped: rows.map(({ field }) => field) };
  const pair: CategoryPair = { before: old, after: now };
  const dropped: string[] = [];
  const migrated = rows.flatMap((row): readonly R[] => {
    const was = old[direction].fields.get(row.field);
    if (!was) return [row];
    const field = fieldAfter(pair, direction, row.field, after);
    if (!field) {
      dropped.push(row.field);
      return [];
    }
    const moved = row.unit === "" && was.schema.unit !== field.schema.unit;
    return [{ ...row, field: field.name, unit: moved ? was.schema.unit ?? "" : row.unit }];
  });
  return { category: now.id, rows: migrated, dropped };
}

/** As `migrateRows`, for the tag mapping of a category's input. */
export function migrateTags<R extends Row>(tags: readonly R[], category: string, before: Profile, after: Profile): MigratedRows<R> {
  return migrateRows(tags, category, "input", before, after);
}
