import type { Frame } from "../frame";
import { confidence, equipmentActual, equipmentId, equipmentRequirement, idOf, lineage, notice, ofJob, physicalAssetEntry, scope, sync, timestamp, UNSPECIFIED, validUntil } from "./parts";

/** How operations went or will go, by segment. What a model foretells has no actual times. */
export const operationsPerformance: Frame = {
  verb: sync("Add"),
  home: "OperationsResponse/SegmentResponse/SegmentData",
  lineagePerValue: true,
  build: (context) => ({
    ID: idOf("OP"),
    Description: [notice],
    PublishedDate: timestamp,
    HierarchyScope: scope,
    OperationsType: context.category.operationsType,
    OperationsScheduleID: ofJob("operationsScheduleId"),
    OperationsResponse: [{
      ID: idOf("ORESP"),
      OperationsType: context.category.operationsType,
      OperationsRequestID: [ofJob("operationsRequestId")],
      OperationsDefinitionID: [ofJob("operationsDefinitionId")],
      OperationsSegmentID: [ofJob("operationsSegmentId")],
      SegmentResponse: [{
        ID: idOf("SR"),
        Description: [notice],
        PublishedDate: timestamp,
        OperationsType: context.category.operationsType,
        ProcessSegmentID: [ofJob("processSegmentId")],
        SegmentData: [lineage(context, "SyncOperationsPerformance", "OperationsPerformance", "OperationsResponse", "SegmentResponse", "SegmentData")],
        EquipmentActual: equipmentActual(),
        PhysicalAssetActual: physicalAssetEntry(),
      }],
    }],
  }),
};

/** A request for operations, e.g. material to be brought. It is a forecast: who owns the schedule plans and releases. */
export const operationsSchedule: Frame = {
  verb: sync("Add"),
  home: "OperationsRequest/SegmentRequirement/SegmentParameter",
  lineagePerValue: false,
  build: (context) => ({
    ID: ofJob("operationsScheduleId", UNSPECIFIED),
    Description: [notice],
    PublishedDate: timestamp,
    HierarchyScope: scope,
    OperationsType: context.category.operationsType,
    ScheduleState: "Forecast",
    OperationsRequest: [{
      ID: idOf("OR"),
      Description: [notice],
      OperationsType: context.category.operationsType,
      Priority: context.options.priority,
      RequestState: "Forecast",
      SegmentRequirement: [{
        ID: idOf("SREQ"),
        EarliestStartTime: timestamp,
        OperationsType: context.category.operationsType,
        ProcessSegmentID: ofJob("processSegmentId", UNSPECIFIED),
        OperationsDefinitionID: ofJob("operationsDefinitionId", UNSPECIFIED),
        OperationsSegmentID: ofJob("operationsSegmentId", UNSPECIFIED),
        SegmentParameter: [lineage(context, "SyncOperationsSchedule", "OperationsSchedule", "OperationsRequest", "SegmentRequirement", "SegmentParameter")],
        EquipmentRequirement: equipmentRequirement(),
        PhysicalAssetRequirement: physicalAssetEntry(),
      }],
    }],
  }),
};

/** What a machine will be able to do until the record's validity ends. */
export const operationsCapability: Frame = {
  verb: sync("Add"),
  home: "EquipmentCapability/EquipmentCapabilityProperty",
  lineagePerValue: false,
  build: (context) => ({
    ID: idOf("OC"),
    Description: [notice],
    PublishedDate: timestamp,
    StartTime: timestamp,
    EndTime: validUntil,
    HierarchyScope: scope,
    OperationsType: context.category.operationsType,
    ConfidenceFactor: confidence,
    EquipmentCapability: [{
      ID: idOf("EC"),
      EquipmentID: [equipmentId],
      ConfidenceFactor: confidence,
      HierarchyScope: scope,
      StartTime: timestamp,
      EndTime: validUntil,
      EquipmentCapabilityProperty: [lineage(context, "SyncOperationsCapability", "OperationsCapability", "EquipmentCapability", "EquipmentCapabilityProperty")],
    }],
  }),
};
