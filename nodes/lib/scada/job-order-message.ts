import type { JobMethod } from "./job-book";

/** A part of a B2MML document in the form in which it is read. */
export type B2mmlPart = Readonly<Record<string, unknown>>;

/** Job orders from a client of the server, in the form in which B2MML documents are read. */
export interface JobOrderMessage {
  readonly payload: readonly B2mmlPart[];
  readonly resonance: { readonly isa95: { readonly message: "ProcessJobList"; readonly method: JobMethod; readonly by: string; readonly comment?: string } };
}

/** What is read of `ISA95JobOrderDataType`; node-opcua writes names with a small first letter, those in capitals as they are. */
export interface UaJobOrder {
  readonly jobOrderID?: string | null;
  readonly description?: readonly UaText[] | null;
  readonly workMasterID?: readonly UaResource[] | null;
  readonly startTime?: Date | null;
  readonly endTime?: Date | null;
  readonly priority?: number | null;
  readonly jobOrderParameters?: readonly UaParameter[] | null;
  readonly equipmentRequirements?: readonly UaResource[] | null;
  readonly materialRequirements?: readonly UaMaterial[] | null;
}

interface UaText { readonly text?: string | null }
interface UaResource { readonly ID?: string | null }
interface UaMaterial { readonly [key: string]: unknown }
interface UaParameter extends UaResource {
  readonly value?: { readonly value?: unknown } | null;
  readonly description?: readonly UaText[] | null;
  readonly engineeringUnits?: { readonly displayName?: UaText | null } | null;
  readonly subparameters?: readonly UaParameter[] | null;
}

/** What a method means in B2MML: a command, or where the order stands. */
const WORDS: Readonly<Record<JobMethod, B2mmlPart>> = {
  Store: { DispatchStatus: "Pending" },
  StoreAndStart: { Command: "Start", DispatchStatus: "Ready" },
  Update: { Command: { "@OtherValue": "Update", $: "Other" } },
  Start: { Command: "Start", DispatchStatus: "Ready" },
  RevokeStart: { Command: { "@OtherValue": "RevokeStart", $: "Other" }, DispatchStatus: "Pending" },
  Pause: { Command: "Pause" },
  Resume: { Command: "Resume" },
  Stop: { Command: "Stop" },
  Abort: { Command: "Abort", DispatchStatus: "Aborted" },
  Cancel: { DispatchStatus: "Cancelled" },
  Clear: { DispatchStatus: "Closed" },
};

/** The message for a method that was accepted. */
export function jobOrderMessage(method: JobMethod, id: string, order: UaJobOrder, by: string, comment: string): JobOrderMessage {
  return {
    payload: [{ ...toB2mml(id, order), ...WORDS[method] }],
    resonance: { isa95: { message: "ProcessJobList", method, by, ...(comment !== "" && { comment }) } },
  };
}

/** A job order of OPC 10031-4 with the names of B2MML's JobOrder; the two follow the same model. */
function toB2mml(id: string, order: UaJobOrder): B2mmlPart {
  const { description, workMasterID, startTime, endTime, priority, jobOrderParameters, equipmentRequirements, materialRequirements } = order;
  const master = idOf(workMasterID?.[0]);
  return {
    ID: id,
    ...list("Description", texts(description)),
    ...(isTime(startTime) && { StartTime: startTime.toISOString() }),
    ...(isTime(endTime) && { EndTime: endTime.toISOString() }),
    ...(master !== "" && { WorkMasterID: master }),
    ...(typeof priority === "number" && { Priority: priority }),
    ...list("JobOrderParameter", (jobOrderParameters ?? []).map((parameter) => toParameter(parameter))),
    ...list("EquipmentRequirement", (equipmentRequirements ?? []).map((equipment) => ({ ID: "equipment", EquipmentID: [idOf(equipment)] }))),
    ...list("MaterialRequirement", (materialRequirements ?? []).map(toMaterial)),
  };
}

function toParameter(parameter: UaParameter): B2mmlPart {
  const { value, description, engineeringUnits, subparameters } = parameter;
  const plain = value?.value;
  const unit = engineeringUnits?.displayName?.text ?? "";
  const text = plain instanceof Date ? plain.toISOString() : typeof plain === "string" ? plain : JSON.stringify(plain);
  return {
    ID: idOf(parameter),
    ...(plain !== undefined && plain !== null && { Value: [{ ValueString: text, DataType: dataTypeOf(plain), ...(unit !== "" && { UnitOfMeasure: unit }) }] }),
    ...list("Description", texts(description)),
    ...list("ParameterChild", (subparameters ?? []).map((child) => toParameter(child))),
  };
}

function toMaterial(material: UaMaterial): B2mmlPart {
  const ids = [["MaterialClassID", "materialClassID"], ["MaterialDefinitionID", "materialDefinitionID"], ["MaterialLotID", "materialLotID"], ["MaterialSubLotID", "materialSublotID"]] as const;
  const named = ids.flatMap(([element, key]) => (typeof material[key] === "string" && material[key] !== "" ? [[element, [material[key]]] as const] : []));
  return { ID: "material", ...Object.fromEntries(named) };
}

function dataTypeOf(value: unknown): string {
  if (typeof value === "number") return "Numeric";
  if (typeof value === "boolean") return "Indicator";
  return value instanceof Date ? "DateTime" : "string";
}

function idOf(entry: UaResource | undefined): string {
  return entry?.ID ?? "";
}

function texts(all: readonly UaText[] | null | undefined): string[] {
  return (all ?? []).map(({ text }) => text ?? "").filter((text) => text !== "");
}

function list(name: string, entries: readonly unknown[]): B2mmlPart {
  return entries.length > 0 ? { [name]: entries } : {};
}

/** The first moment OPC UA knows stands for no time. */
function isTime(time: Date | null | undefined): time is Date {
  return time instanceof Date && time.getUTCFullYear() > 1601;
}
