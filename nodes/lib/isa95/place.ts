import { ResonanceError } from "../errors/resonance-error";
import type { InterfaceRecord } from "../record/interface-record";
import type { Draft, Tree } from "./document";

/** The equipment levels of IEC 62264-1 §5.3 in B2MML's words, widest first; the last two lie below a work unit. */
const LEVELS = ["Enterprise", "Site", "Area", "WorkCenter", "WorkUnit", "EquipmentModule", "ControlModule"] as const;

/** Where a record comes from, in B2MML's terms. */
export interface Place {
  /** Name of the lowest level, e.g. the work unit. */
  readonly equipmentId: string;
  readonly equipmentLevel: string;
  /** The physical asset at that place; the equipment's name where the record names none. */
  readonly physicalAssetId: string;
  readonly hierarchyScope: Tree;
}

// Records come from the same machine again and again.
let last: { readonly equipment: string; readonly physicalAsset: string | undefined; readonly place: Place } | undefined;

/**
 * The place of a record from its equipment path, `enterprise/site/area/work center/work unit`.
 * @throws RESONANCE_ISA95_EQUIPMENT when the path is empty, has an empty level or more than seven levels.
 */
export function placeOf({ equipment, physicalAsset }: InterfaceRecord): Place {
  if (last?.equipment !== equipment || last.physicalAsset !== physicalAsset) last = { equipment, physicalAsset, place: readPlace(equipment, physicalAsset) };
  return last.place;
}

function readPlace(equipment: string, physicalAsset: string | undefined): Place {
  const names = equipment.split("/");
  if (names.some((name) => name.trim() === "") || names.length > LEVELS.length) {
    throw new ResonanceError("RESONANCE_ISA95_EQUIPMENT", { equipment }, { path: "equipment" });
  }
  const last = names.length - 1;
  let scope: Draft | undefined;
  for (let index = last; index >= 0; index--) {
    scope = { EquipmentID: names[index], EquipmentLevel: LEVELS[index], HierarchyScopeChild: scope };
  }
  const equipmentId = names[last] ?? "";
  return {
    equipmentId,
    equipmentLevel: LEVELS[last] ?? "Other",
    physicalAssetId: physicalAsset ?? equipmentId,
    hierarchyScope: scope ?? {},
  };
}
