import { readFileSync } from "node:fs";
import path from "node:path";
import type { Localized, UnitCode } from "./profile";

/** A kind of machine: its usual tags, and which field of each category each of them fills. Its format is `equipment-profile.schema.json`. */
export interface EquipmentProfile {
  readonly id: string;
  readonly title: Localized;
  readonly description: Localized;
  /** The categories whose inputs these tags fill. */
  readonly categories: readonly string[];
  /** By category, required fields that no tag of the machine can fill, and where they come from instead. */
  readonly gaps: Readonly<Record<string, Readonly<Record<string, Localized>>>>;
  readonly tags: readonly EquipmentTag[];
}

/** A tag of a kind of machine. */
export interface EquipmentTag {
  /** Unique within the equipment profile; the source's browse name, with the part of the machine before it where one name has several. */
  readonly tag: string;
  /** From a type of the source by browse names; names in angle brackets are the machine builder's. Empty for an own name. */
  readonly browsePath: string;
  /** The companion specification the name is from; `own` where none was found that names it. */
  readonly source: string;
  /** The unit machines usually deliver it in; nothing for what is no number. */
  readonly unit?: UnitCode;
  /** Category to the field of its input. */
  readonly fields: Readonly<Record<string, string>>;
  readonly title: Localized;
}

const FOLDER = path.join(__dirname, "equipment");
const IDS = ["cnc", "coating-line", "vision-station"] as const;
let loaded: readonly EquipmentProfile[] | undefined;

/** The pack's own equipment profiles; read on first use, then kept. Their files are checked by the tests, not at every start. */
export function equipmentProfiles(): readonly EquipmentProfile[] {
  loaded ??= IDS.map((id) => JSON.parse(readFileSync(path.join(FOLDER, `${id}.json`), "utf8")) as EquipmentProfile);
  return loaded;
}
