import type { Draft } from "./document";
import { compileFacts } from "./entry";
import type { Frame } from "./frame";
import { factValue, LINEAGE_ID, natureNotice, recordFacts, type Fact } from "./lineage";
import { messageType, type TypeSpec } from "./structure";
import { isDateTime } from "./text";

/** Stands where a schedule is required and neither the flow nor the node names one: no scheduled job is claimed. */
export const UNSCHEDULED = "UNSCHEDULED";
/** Field whose value is the latest time for maintenance, unless the profile gives `EndTime` a field itself. */
const DUE_FIELD = "predictedEndOfLife";
const LINEAGE_TEXT = "Origin of these values";

const sync = (actionCode: "Add" | "Change"): Draft => ({ Sync: { ActionCriteria: [{ ActionExpression: [{ "@actionCode": actionCode }] }] } });

/** The messages records become, by name. */
export const FRAMES: Readonly<Record<string, Frame>> = {
  SyncPhysicalAsset: physicalAsset(),
  ProcessWorkSchedule: workSchedule(),
  SyncWorkPerformance: workPerformance(),
  SyncTestResult: testResult(),
};

/** Only properties: a change of the asset's own description or version is not a model's business. */
function physicalAsset(): Frame {
  const facts = compileFacts(typeAt("SyncPhysicalAsset", "PhysicalAsset", "PhysicalAssetProperty"));
  return {
    verb: sync("Change"),
    home: "PhysicalAssetProperty",
    lineagePerValue: false,
    build: ({ profile, record, place, job }) => ({
      ID: place.physicalAssetId,
      HierarchyScope: place.hierarchyScope,
      PhysicalAssetProperty: [facts(LINEAGE_ID, LINEAGE_TEXT, recordFacts(profile, record, job))],
    }),
  };
}

/** A request for maintenance work. It is a forecast and starts nothing: the MES plans and releases. */
function workSchedule(): Frame {
  const facts = compileFacts(typeAt("ProcessWorkSchedule", "WorkSchedule", "WorkRequest", "JobOrder", "JobOrderParameter"));
  return {
    verb: { Process: { "@acknowledgeCode": "Always" } },
    home: "WorkRequest/JobOrder/JobOrderParameter",
    lineagePerValue: false,
    build: ({ profile, record, place, job, options }) => ({
      ID: options.workScheduleId ?? `WS-${record.id}`,
      HierarchyScope: place.hierarchyScope,
      WorkType: "Maintenance",
      ScheduleState: "Forecast",
      WorkRequest: [{
        ID: `WR-${record.id}`,
        Description: descriptions(`Maintenance of ${place.physicalAssetId}`, natureNotice(record)),
        HierarchyScope: place.hierarchyScope,
        WorkType: "Maintenance",
        StartTime: record.timestamp,
        EndTime: record.values[DUE_FIELD] as string | undefined,
        Priority: options.priority,
        RequestState: "Forecast",
        JobOrder: [{
          ID: `JO-${record.id}`,
          WorkType: "Maintenance",
          WorkMasterID: options.workMasterId,
          Priority: options.priority,
          JobOrderParameter: [facts(LINEAGE_ID, LINEAGE_TEXT, recordFacts(profile, record, job))],
          EquipmentRequirement: [{ ID: "equipment", EquipmentID: [place.equipmentId], EquipmentLevel: place.equipmentLevel }],
          PhysicalAssetRequirement: [{ ID: "physicalAsset", PhysicalAssetID: [place.physicalAssetId] }],
        }],
      }],
    }),
    settle(noun) {
      const [request] = noun["WorkRequest"] as readonly [Draft];
      const { StartTime: start, EndTime: end } = request;
      // An end of life that has passed leaves no window: the work is due at once.
      if (typeof start === "string" && typeof end === "string" && isDateTime(end) && Date.parse(end) < Date.parse(start)) request["StartTime"] = end;
    },
  };
}

/** Process data of a job, or what a model proposed during it. */
function workPerformance(): Frame {
  const facts = compileFacts(typeAt("SyncWorkPerformance", "WorkPerformance", "WorkResponse", "JobResponse", "JobResponseData"));
  return {
    verb: sync("Add"),
    home: "WorkResponse/JobResponse/JobResponseData",
    lineagePerValue: true,
    build: ({ profile, category, record, place, job, options }) => ({
      ID: `WP-${record.id}`,
      Description: descriptions(natureNotice(record)),
      PublishedDate: record.timestamp,
      HierarchyScope: place.hierarchyScope,
      WorkType: category.operationsType,
      WorkScheduleID: job.workScheduleId ?? options.workScheduleId ?? UNSCHEDULED,
      WorkResponse: [{
        ID: `WRESP-${record.id}`,
        WorkType: category.operationsType,
        WorkRequestID: job.workRequestId,
        JobResponse: [{
          ID: `JR-${record.id}`,
          Description: descriptions(natureNotice(record)),
          PublishedDate: record.timestamp,
          JobOrderID: job.jobOrderId,
          JobResponseData: [facts(LINEAGE_ID, LINEAGE_TEXT, recordFacts(profile, record, job))],
          EquipmentActual: [{ ID: "equipment", EquipmentID: [place.equipmentId] }],
          PhysicalAssetActual: [{ ID: "physicalAsset", PhysicalAssetID: [place.physicalAssetId] }],
        }],
      }],
    }),
  };
}

/** A model's estimate of a quality value: no criterion is evaluated, and no line of it reads as a measurement. */
function testResult(): Frame {
  return {
    verb: sync("Add"),
    home: "PropertyMeasurement",
    lineagePerValue: false,
    build({ profile, record, place, job }) {
      const notice = natureNotice(record);
      return {
        ID: record.id,
        Description: descriptions(notice),
        EvaluationDate: record.timestamp,
        Expiration: record.direction === "output" ? record.validUntil : undefined,
        HierarchyScope: place.hierarchyScope,
        TestableObjectID: place.physicalAssetId,
        EvaluatedCriterionResult: notice === "" ? undefined : `Not evaluated: model-made ${record.nature}, not a measurement`,
        TestResultChild: [{
          ID: LINEAGE_ID,
          Description: [LINEAGE_TEXT],
          PropertyMeasurement: recordFacts(profile, record, job).map((fact: Fact) => ({ ID: fact.id, Value: factValue(fact) })),
        }],
        PropertyMeasurement: [],
      };
    },
  };
}

function descriptions(...texts: readonly string[]): readonly string[] {
  return texts.filter((text) => text !== "");
}

/** The type of an element of a message, found through its noun. */
function typeAt(message: string, ...path: readonly string[]): TypeSpec {
  const found = path.reduce<TypeSpec | undefined>(
    (type, name) => type?.elements.get(name)?.type,
    messageType(message)?.elements.get("DataArea")?.type,
  );
  if (!found) throw new RangeError(`${message} has no ${path.join("/")}`);
  return found;
}
