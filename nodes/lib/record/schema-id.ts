import type { Direction } from "../profile/profile";

/** The `$id` of the JSON Schema of a record of this profile (`<id>@<version>`), category and direction. */
export function recordSchemaId(profile: string, category: string, direction: Direction): string {
  return `urn:model-data-resonance:schema:${[profile, category, direction].map((part) => encodeURIComponent(part).replace("%40", "@")).join(":")}`;
}
