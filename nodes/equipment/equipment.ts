import type { NodeAPI, NodeDef } from "node-red";
import { equipmentPath, type Equipment, type EquipmentLevels } from "../lib/record/equipment";
import { defineConfig } from "../lib/node-red/define-config";

interface EquipmentDef extends NodeDef, EquipmentLevels {
  physicalAsset: string;
}

/** The machine's place in the ISA-95 equipment hierarchy, and the physical asset that stands there. */
export = (RED: NodeAPI) =>
  defineConfig<EquipmentDef, Equipment>(RED, "resonance-equipment", ({ def }) => {
    const physicalAsset = def.physicalAsset.trim();
    return { value: { path: equipmentPath(def), ...(physicalAsset && { physicalAsset }) } };
  });
