import type { EquipmentProfile } from "../profile/equipment-profiles";
import type { Profile } from "../profile/profile";
import { requireCategory } from "../profile/profile-lookup";
import { compatibleUnits } from "../units/units";
import type { TagMapping } from "./tag-plan";

/**
 * The mapping of a kind of machine's tags to the inputs of a category, ready for `model-in`. A field the profile requires is not
 * optional, every other is. What a changed profile no longer has, or measures in a unit that does not convert, is left out.
 * @throws RESONANCE_CATEGORY_UNKNOWN
 */
export function fillTags(profile: Profile, { tags }: EquipmentProfile, categoryId: string): TagMapping[] {
  const { fields } = requireCategory(profile, categoryId).input;
  return tags.flatMap(({ tag, unit = "", fields: byCategory }) => {
    const field = fields.get(byCategory[categoryId] ?? "");
    if (!field || !converts(unit, field.schema.unit)) return [];
    return [{ tag, field: field.name, unit, maxAge: 0, optional: !field.required }];
  });
}

function converts(from: string, to: string | undefined): boolean {
  return to === undefined ? from === "" : compatibleUnits(from).some(({ code }) => code === to);
}
