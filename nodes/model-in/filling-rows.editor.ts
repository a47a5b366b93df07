import type { Catalogue, CategoryFacts, EquipmentTagFacts } from "../lib/editor/catalogue";
import type { BrowsedTag } from "../lib/editor/dropped-tags";
import { fieldOf, unitOptions } from "../lib/editor/options";
import { isBlank } from "../lib/editor/validators";
import { toRow, unitOfField, type TagMapping, type TagRow } from "./tag-rows.editor";

export const blankRow = (known: Partial<TagMapping>): TagRow => toRow({ tag: "", field: "", unit: "", maxAge: 0, optional: false, ...known });

/** A row for each required field that nothing fills yet. */
export function missingRows(category: CategoryFacts | undefined, filledFields: readonly string[]): readonly TagRow[] {
  return (category?.input ?? [])
    .filter((field) => field.required && !filledFields.includes(field.name))
    .map((field) => blankRow({ field: field.name, unit: unitOfField(field) ?? "" }));
}

/** The rows with a machine's tags: they fill what has no tag yet and come behind what has. */
export function withMachine(present: readonly TagRow[], machine: readonly EquipmentTagFacts[]): readonly TagRow[] {
  const kept = present.filter((row) => !isBlank(row.tag) || !isBlank(row.field)).map((row) => {
    const found = isBlank(row.tag) ? machine.find(({ field }) => field === row.field) : undefined;
    return found ? { ...row, tag: found.tag, unit: found.unit } : row;
  });
  const fresh = machine.filter(({ field }) => !kept.some((row) => row.field === field));
  return [...kept, ...fresh.map((row) => blankRow(row))];
}

/** What the rows need to know to take browsed tags. */
export interface Surroundings {
  readonly catalogue: Catalogue | undefined;
  readonly category: CategoryFacts | undefined;
  /** Fields that are filled otherwise. */
  readonly taken: readonly string[];
}

/**
 * The rows with browsed tags: the first one into the row it was dropped on, the others behind all rows. A tag that is called like a
 * field fills that field, where it is free; its unit counts where it converts into the field's.
 */
export function withBrowsed(present: readonly TagRow[], browsed: readonly BrowsedTag[], at: number, { catalogue, category, taken }: Surroundings): readonly TagRow[] {
  const rows = present.filter((row, index) => index === at || !isBlank(row.tag) || !isBlank(row.field));
  const target = at < 0 ? undefined : present[at];
  for (const { tag, unit } of browsed) {
    const index = tag === browsed[0]?.tag && target ? rows.indexOf(target) : -1;
    const free = (name: string): boolean => !taken.includes(name) && !rows.some((row, other) => other !== index && row.field === name);
    const called = category?.input.find(({ name }) => sameName(name, tag) && free(name))?.name ?? "";
    const field = target && index >= 0 && !isBlank(target.field) ? target.field : called;
    const own = unitOfField(fieldOf(category, "input", field)) ?? "";
    const converts = unit !== undefined && unitOptions(catalogue, own).some(({ value }) => value === unit);
    const filling = { tag, field, unit: converts ? unit : own };
    if (index >= 0 && target) rows[index] = { ...target, ...filling };
    else rows.push(blankRow({ ...filling, optional: fieldOf(category, "input", field)?.required === false }));
  }
  return rows;
}

/** `Spindle.ActTorque` is not called `torque`, `Cnc/RotationalSpeed` is called `rotationalSpeed`. */
function sameName(field: string, tag: string): boolean {
  return (tag.split(/[./|]/).at(-1) ?? tag).replace(/[^a-z0-9]/gi, "").toLowerCase() === field.toLowerCase();
}
