import { equipmentProfiles, type EquipmentProfile } from "../profile/equipment-profiles";
import type { Profile } from "../profile/profile";
import { fillTags } from "./fill-tags";
import type { TagMapping } from "./tag-plan";

/** A kind of machine as plain JSON, for the editor's forms. */
export interface EquipmentDescription extends Pick<EquipmentProfile, "id" | "title" | "description" | "gaps"> {
  /** By category, the rows of the mapping. */
  readonly tags: Readonly<Record<string, readonly TagMapping[]>>;
}

/** The kinds of machines the pack knows, with the mapping of their tags to each category of the profile that they serve. */
export function describeEquipment(profile: Profile): readonly EquipmentDescription[] {
  return equipmentProfiles().map((equipment) => {
    const { id, title, description, gaps, categories } = equipment;
    const served = categories.filter((category) => profile.categories.has(category));
    return { id, title, description, gaps, tags: Object.fromEntries(served.map((category) => [category, fillTags(profile, equipment, category)])) };
  });
}
