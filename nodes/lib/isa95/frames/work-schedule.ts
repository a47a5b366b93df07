import { isDateTime } from "../text";
import type { Frame, FrameContext } from "../frame";
import type { Slot, Template } from "../template";
import { CHANGE, equipmentRequirement, idOf, lineage, notice, physicalAssetEntry, PROCESS, scope, sync, textOfField, timestamp } from "./parts";

/** Field whose value is the latest time for the work, unless the profile gives `EndTime` a field itself. */
const DUE_FIELD = "predictedEndOfLife";
/** How a request is described, by the kind of work. */
const WORK: Readonly<Record<string, string>> = {
  Maintenance: "Maintenance of", Production: "Production at", Quality: "Quality check at", Inventory: "Material for",
};

const VERBS = { ProcessWorkSchedule: PROCESS, ChangeWorkSchedule: CHANGE, SyncWorkSchedule: sync("Add") } as const;

/** A schedule with one request for work. It is a forecast and starts nothing: the MES plans and releases. */
export function workSchedule(message: "ProcessWorkSchedule" | "ChangeWorkSchedule" | "SyncWorkSchedule"): Frame {
  return {
    verb: VERBS[message],
    home: "WorkRequest/JobOrder/JobOrderParameter",
    lineagePerValue: false,
    build: (context) => ({
      ID: context.options.workScheduleId ?? idOf("WS"),
      HierarchyScope: scope,
      WorkType: context.category.operationsType,
      ScheduleState: "Forecast",
      WorkRequest: [{
        ID: idOf("WR"),
        Description: [({ place }) => `${WORK[context.category.operationsType] ?? "Work at"} ${place.physicalAssetId}`, notice],
        HierarchyScope: scope,
        WorkType: context.category.operationsType,
        StartTime: timestamp,
        EndTime: textOfField(DUE_FIELD),
        Priority: context.options.priority,
        RequestState: "Forecast",
        JobOrder: [jobOrder(context, message, "WorkSchedule", "WorkRequest")],
      }],
    }),
    settle(noun) {
      const [request] = noun["WorkRequest"] as readonly [Template];
      request["StartTime"] = notAfter(request["StartTime"] as Slot, request["EndTime"] as Slot);
    },
  };
}

/** Job orders to be dispatched, or for information, without the requests they come from. */
export const jobList = (message: "ProcessJobList" | "SyncJobList"): Frame => ({
  verb: message === "ProcessJobList" ? PROCESS : sync("Add"),
  home: "JobOrder/JobOrderParameter",
  lineagePerValue: false,
  build: (context) => ({
    ID: idOf("JL"),
    Description: [notice],
    PublishedDate: timestamp,
    HierarchyScope: scope,
    WorkType: context.category.operationsType,
    JobOrder: [jobOrder(context, message, "JobList")],
  }),
});

/** It never has a command: only a field says one, and only in a record that is a command. */
function jobOrder(context: FrameContext, message: string, ...path: readonly string[]): Template {
  const { category, options } = context;
  return {
    ID: idOf("JO"),
    WorkType: category.operationsType,
    WorkMasterID: options.workMasterId,
    Priority: options.priority,
    JobOrderParameter: [lineage(context, message, ...path, "JobOrder", "JobOrderParameter")],
    EquipmentRequirement: equipmentRequirement(),
    PhysicalAssetRequirement: physicalAssetEntry(),
  };
}

/** An end that has passed leaves no window: the work is due at once. */
function notAfter(start: Slot, end: Slot): Slot {
  return (context) => {
    const [from, to] = [start(context), end(context)];
    return typeof from === "string" && typeof to === "string" && isDateTime(to) && Date.parse(to) < Date.parse(from) ? to : from;
  };
}
