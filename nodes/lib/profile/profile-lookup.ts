import { ResonanceError } from "../errors/resonance-error";
import type { Category, Direction, Field, Profile } from "./profile";

/**
 * The category with this id; `path` names the setting that holds the id.
 * @throws RESONANCE_CATEGORY_UNKNOWN
 */
export function requireCategory(profile: Profile, id: string, path = "category"): Category {
  const category = profile.categories.get(id);
  if (category) return category;
  const known = [...profile.categories.keys()].join(", ");
  throw new ResonanceError("RESONANCE_CATEGORY_UNKNOWN", { profile: profileKey(profile), category: id, known }, { path });
}

/**
 * The field of a category's input or output; `path` names the setting that holds its name.
 * @throws RESONANCE_FIELD_UNKNOWN
 */
export function requireField(category: Category, direction: Direction, name: string, path: string): Field {
  const field = category[direction].fields.get(name);
  if (field) return field;
  throw new ResonanceError("RESONANCE_FIELD_UNKNOWN", { category: category.id, direction, field: name }, { path });
}

/** How records name a profile: `<id>@<version>`. */
export function profileKey(profile: Pick<Profile, "id" | "version">): string {
  return `${profile.id}@${profile.version}`;
}

/** Whether `profile` takes over records and mappings of that edition, as its `formerIds` say. */
export function takesOver(profile: Profile, edition: Pick<Profile, "id" | "version">): boolean {
  return profile.formerIds.includes(profileKey(edition));
}
