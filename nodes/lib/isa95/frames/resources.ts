import type { Frame } from "../frame";
import { equipmentId, equipmentLevel, lineage, notice, ofJob, physicalAssetId, scope, sync, textOfField, UNSPECIFIED } from "./parts";

// Only properties: a change of the resource's own description or version is not a model's business.

/** What a model says of a machine as an asset. */
export const physicalAsset: Frame = {
  verb: sync("Change"),
  home: "PhysicalAssetProperty",
  lineagePerValue: false,
  build: (context) => ({
    ID: physicalAssetId,
    HierarchyScope: scope,
    PhysicalAssetProperty: [lineage(context, "SyncPhysicalAsset", "PhysicalAsset", "PhysicalAssetProperty")],
  }),
};

/** What a model says of a place in the plant. */
export const equipment: Frame = {
  verb: sync("Change"),
  home: "EquipmentProperty",
  lineagePerValue: false,
  build: (context) => ({
    ID: equipmentId,
    HierarchyScope: scope,
    EquipmentLevel: equipmentLevel,
    EquipmentProperty: [lineage(context, "SyncEquipment", "Equipment", "EquipmentProperty")],
  }),
};

/** What a model says of a lot, which the flow's job or a field of the record names. */
export const materialLot: Frame = {
  verb: sync("Change"),
  home: "MaterialLotProperty",
  lineagePerValue: false,
  build: (context) => ({
    ID: (known) => ofJob("materialLotId")(known) ?? textOfField("materialLotId", "materialLot")(known) ?? UNSPECIFIED,
    Description: [notice],
    HierarchyScope: scope,
    MaterialLotProperty: [lineage(context, "SyncMaterialLot", "MaterialLot", "MaterialLotProperty")],
  }),
};
