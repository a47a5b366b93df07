import type { Category, Direction, Field, Profile } from "./profile";
import { DIRECTIONS } from "./profile";
import { profileKey } from "./profile-lookup";
import { aspectsOf, ASPECTS, type Aspect } from "./field-aspects";

/** A field of an edition. */
export interface FieldPlace {
  /** As the older edition calls it; of an added field, as the newer one does. */
  readonly category: string;
  readonly direction: Direction;
  readonly field: string;
}

/** What a field was and what it is, in words: `KEL`, `200 … 400`. */
export interface FieldChange extends FieldPlace {
  readonly from: string;
  readonly to: string;
}

/** An added field and whether a record must have it. */
export interface AddedField extends FieldPlace {
  readonly required: boolean;
}

/** What differs between two editions; a renamed field is compared with what it became. */
export interface ProfileComparison extends Readonly<Record<Aspect, readonly FieldChange[]>> {
  /** Editions, `<id>@<version>`. */
  readonly from: string;
  readonly to: string;
  readonly addedCategories: readonly string[];
  readonly removedCategories: readonly string[];
  readonly renamedCategories: readonly { readonly from: string; readonly to: string }[];
  readonly added: readonly AddedField[];
  readonly removed: readonly FieldPlace[];
  /** `to` is the newer name. */
  readonly renamed: readonly FieldChange[];
}

/** A category of the older edition and what it is in the newer one. */
export interface CategoryPair {
  readonly before: Category;
  readonly after: Category;
}

/** Compares two editions of a profile; names that changed are taken from the newer one's `renames`. */
export function compareProfiles(before: Profile, after: Profile): ProfileComparison {
  const pairs = [...before.categories.values()].flatMap((category): readonly CategoryPair[] => {
    const now = categoryAfter(category.id, after);
    return now ? [{ before: category, after: now }] : [];
  });
  const kept = new Set(pairs.map((pair) => pair.after.id));
  const sides = pairs.flatMap((pair) => DIRECTIONS.map((direction) => compareSide(pair, direction, after)));
  return {
    from: profileKey(before),
    to: profileKey(after),
    addedCategories: [...after.categories.keys()].filter((id) => !kept.has(id)),
    removedCategories: [...before.categories.keys()].filter((id) => !categoryAfter(id, after)),
    renamedCategories: pairs.filter((pair) => pair.before.id !== pair.after.id).map((pair) => ({ from: pair.before.id, to: pair.after.id })),
    added: sides.flatMap(({ added }) => added),
    removed: sides.flatMap(({ removed }) => removed),
    renamed: sides.flatMap(({ renamed }) => renamed),
    retyped: sides.flatMap(({ retyped }) => retyped),
    reunited: sides.flatMap(({ reunited }) => reunited),
    changedRange: sides.flatMap(({ changedRange }) => changedRange),
    changedTarget: sides.flatMap(({ changedTarget }) => changedTarget),
    changedRequired: sides.flatMap(({ changedRequired }) => changedRequired),
    changedOrder: sides.flatMap(({ changedOrder }) => changedOrder),
  };
}

/** What a category of an older edition is in this one. */
export function categoryAfter(id: string, after: Profile): Category | undefined {
  return after.categories.get(renameOf(after, id) ?? id);
}

/** What a field of an older edition's category is in this one. */
export function fieldAfter({ before, after }: CategoryPair, direction: Direction, name: string, profile: Profile): Field | undefined {
  const { fields } = after[direction];
  return fields.get(renameOf(profile, `${before.id}/${direction}/${name}`) ?? name);
}

function renameOf({ renames }: Profile, key: string): string | undefined {
  return Object.hasOwn(renames, key) ? renames[key] : undefined;
}

type SideComparison = Pick<ProfileComparison, "added" | "removed" | "renamed" | Aspect>;

function compareSide(pair: CategoryPair, direction: Direction, profile: Profile): SideComparison {
  const { before, after } = pair;
  const changes: Record<Aspect | "renamed", FieldChange[]> = { renamed: [], retyped: [], reunited: [], changedRange: [], changedTarget: [], changedRequired: [], changedOrder: [] };
  const removed: FieldPlace[] = [];
  const kept = new Set<string>();
  const nameOf = (name: string): string => fieldAfter(pair, direction, name, profile)?.name ?? name;
  for (const field of before[direction].fields.values()) {
    const place: FieldPlace = { category: before.id, direction, field: field.name };
    const now = fieldAfter(pair, direction, field.name, profile);
    if (!now) {
      removed.push(place);
      continue;
    }
    kept.add(now.name);
    if (now.name !== field.name) changes.renamed.push({ ...place, from: field.name, to: now.name });
    const [was, is] = [aspectsOf(field, before[direction], { unit: now.schema.unit, nameOf }), aspectsOf(now, after[direction])];
    for (const aspect of ASPECTS) {
      const [from, to] = [was[aspect], is[aspect]];
      if (from !== to) changes[aspect].push({ ...place, from, to });
    }
  }
  const added = [...after[direction].fields.values()].filter(({ name }) => !kept.has(name))
    .map(({ name, required }): AddedField => ({ category: after.id, direction, field: name, required }));
  return { added, removed, ...changes };
}
