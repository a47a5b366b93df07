import type { Frame, FrameContext } from "../frame";
import type { Template } from "../template";
import { equipmentActual, idOf, lineage, notice, ofJob, physicalAssetEntry, scope, sync, timestamp, UNSCHEDULED } from "./parts";

/** Process data of a job, or what a model proposed during it. */
export const workPerformance: Frame = {
  verb: sync("Add"),
  home: "WorkResponse/JobResponse/JobResponseData",
  lineagePerValue: true,
  build: (context) => ({
    ID: idOf("WP"),
    Description: [notice],
    PublishedDate: timestamp,
    HierarchyScope: scope,
    WorkType: context.category.operationsType,
    WorkScheduleID: ofJob("workScheduleId", context.options.workScheduleId ?? UNSCHEDULED),
    WorkResponse: [{
      ID: idOf("WRESP"),
      WorkType: context.category.operationsType,
      WorkRequestID: ofJob("workRequestId"),
      JobResponse: [response(context, "SyncWorkPerformance", "WorkPerformance", "WorkResponse")],
    }],
  }),
};

/** The same for one job alone. */
export const jobResponse: Frame = {
  verb: sync("Add"),
  home: "JobResponseData",
  lineagePerValue: true,
  build: (context) => ({ ...response(context, "SyncJobResponse"), HierarchyScope: scope, WorkType: context.category.operationsType }),
};

function response(context: FrameContext, message: string, ...path: readonly string[]): Template {
  return {
    ID: idOf("JR"),
    Description: [notice],
    PublishedDate: timestamp,
    JobOrderID: ofJob("jobOrderId"),
    WorkMasterID: ofJob("workMasterId"),
    JobResponseData: [lineage(context, message, ...path, "JobResponse", "JobResponseData")],
    EquipmentActual: equipmentActual(),
    PhysicalAssetActual: physicalAssetEntry(),
  };
}
