import { ResonanceError } from "../errors/resonance-error";

/** The levels of the ISA-95 equipment hierarchy that name a machine's place, widest first. */
const EQUIPMENT_LEVELS = ["enterprise", "site", "area", "workCenter", "workUnit"] as const;

/** A machine: its place as a record carries it, and the physical asset that stands there. */
export interface Equipment {
  readonly path: string;
  readonly physicalAsset?: string;
}

/** Names by level; the lower ones may be empty. */
export type EquipmentLevels = Readonly<Record<(typeof EQUIPMENT_LEVELS)[number], string>>;

/**
 * The place as a record carries it: `enterprise/site/area/work center/work unit`.
 * @throws RESONANCE_CONFIG_INVALID when no level is named, one is left out between two others, or a name holds a slash.
 */
export function equipmentPath(levels: EquipmentLevels): string {
  const names = EQUIPMENT_LEVELS.map((level) => levels[level].trim());
  const depth = names.findLastIndex((name) => name !== "") + 1;
  if (depth === 0) throw invalid("enterprise", "at least the enterprise must be named");
  const given = names.slice(0, depth);
  given.forEach((name, index) => {
    const level = EQUIPMENT_LEVELS[index] ?? "";
    if (name === "") throw invalid(level, "a level between two named ones is empty");
    if (name.includes("/")) throw invalid(level, "a name may not hold a slash");
  });
  return given.join("/");
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
