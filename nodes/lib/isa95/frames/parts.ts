import type { Tree } from "../document";
import type { FrameContext } from "../frame";
import { natureNotice, recordFacts, type JobContext } from "../lineage";
import { lineagePart } from "../lineage-part";
import { messageType, type TypeSpec } from "../structure";
import type { Part, Slot, Template } from "../template";

/** Stands where a schedule is required and neither the flow nor the node names one: no scheduled job is claimed. */
export const UNSCHEDULED = "UNSCHEDULED";
/** Stands where an ID is required that nobody has given: no receiver knows it, none can take it for one of its own. */
export const UNSPECIFIED = "UNSPECIFIED";

/** A verb that publishes. */
export const sync = (actionCode: "Add" | "Change"): Tree => ({ Sync: { ActionCriteria: [{ ActionExpression: [{ "@actionCode": actionCode }] }] } });
/** A verb that asks to act, and for an answer. */
export const PROCESS: Tree = { Process: { "@acknowledgeCode": "Always" } };
/** A verb that asks to change what was asked for before, and for an answer. */
export const CHANGE: Tree = { Change: { "@responseCode": "Always" } };

/** An ID made of the record's, so that the same record gives the same document. */
export const idOf = (prefix: string): Slot => ({ record, requestId }) => `${prefix}-${requestId ?? record.id}`;
export const recordId: Slot = ({ record }) => record.id;
export const timestamp: Slot = ({ record }) => record.timestamp;
export const validUntil: Slot = ({ record }) => (record.direction === "output" ? record.validUntil : undefined);
export const confidence: Slot = ({ record }) => (record.direction === "output" && record.confidence !== undefined ? String(record.confidence) : undefined);
export const scope: Slot = ({ place }) => place.hierarchyScope;
export const equipmentId: Slot = ({ place }) => place.equipmentId;
export const equipmentLevel: Slot = ({ place }) => place.equipmentLevel;
export const physicalAssetId: Slot = ({ place }) => place.physicalAssetId;
/** What says that nothing here was measured. */
export const notice: Slot = natureNotice;
/** A part of the job the flow knows. */
export const ofJob = (id: keyof JobContext, otherwise?: string): Slot => ({ job }) => job[id] ?? otherwise;
/** The text of the first of these fields that the record has a text for. */
export const textOfField = (...names: readonly string[]): Slot => ({ record: { values } }) => {
  const name = names.find((candidate) => typeof values[candidate] === "string" && values[candidate] !== "");
  return name === undefined ? undefined : (values[name] as string);
};

// Fields may get a place below these: each message has its own.
/** The equipment that an actual names. */
export const equipmentActual = (): readonly Part[] => [{ ID: "equipment", EquipmentID: [(context) => ofJob("equipmentId")(context) ?? equipmentId(context)] }];
/** The equipment that a requirement names. */
export const equipmentRequirement = (): readonly Part[] => [{ ID: "equipment", EquipmentID: [equipmentId], EquipmentLevel: equipmentLevel }];
/** The asset that a requirement or an actual names. */
export const physicalAssetEntry = (): readonly Part[] => [{ ID: "physicalAsset", PhysicalAssetID: [physicalAssetId] }];

/** The entry at `path` of a message that says where its values come from. */
export function lineage({ profile, direction }: FrameContext, message: string, ...path: readonly string[]): Template {
  return lineagePart(typeAt(message, ...path), recordFacts(profile, direction));
}

/** The type of an element of a message, found through its noun. */
export function typeAt(message: string, ...path: readonly string[]): TypeSpec {
  const found = path.reduce<TypeSpec | undefined>(
    (type, name) => type?.elements.get(name)?.type,
    messageType(message)?.elements.get("DataArea")?.type,
  );
  if (!found) throw new RangeError(`${message} has no ${path.join("/")}`);
  return found;
}
