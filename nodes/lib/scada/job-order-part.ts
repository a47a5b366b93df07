import { DATA_TYPES, textOf, type UaVariant } from "./job-order-value";
import { unitOf } from "../opcua/engineering-unit";

/** A part of a B2MML document in JSON. */
export type B2mmlPart = Readonly<Record<string, unknown>>;

/** What is read of `ISA95JobOrderDataType`; node-opcua writes names with a small first letter, those in capitals as they are. */
export interface UaJobOrder {
  readonly jobOrderID?: string | null;
  readonly description?: readonly UaText[] | null;
  readonly workMasterID?: readonly { readonly ID?: string | null }[] | null;
  readonly startTime?: Date | null;
  readonly endTime?: Date | null;
  readonly priority?: number | null;
  readonly jobOrderParameters?: readonly UaParameter[] | null;
  readonly personnelRequirements?: readonly UaResource[] | null;
  readonly equipmentRequirements?: readonly UaResource[] | null;
  readonly physicalAssetRequirements?: readonly UaResource[] | null;
  readonly materialRequirements?: readonly UaResource[] | null;
}

interface UaText { readonly text?: string | null }

/** A parameter or property with what is below it. */
interface UaParameter {
  readonly ID?: string | null;
  readonly value?: UaVariant | null;
  readonly description?: readonly UaText[] | null;
  readonly engineeringUnits?: unknown;
  readonly subparameters?: readonly UaParameter[] | null;
  readonly subproperties?: readonly UaParameter[] | null;
}

/** Personnel, equipment, physical asset or material; material has IDs of its own kinds. */
interface UaResource {
  readonly ID?: string | null;
  readonly description?: readonly UaText[] | null;
  readonly quantity?: unknown;
  readonly engineeringUnits?: unknown;
  readonly properties?: readonly UaParameter[] | null;
  readonly [key: string]: unknown;
}

/** How a kind of requirement is called in B2MML and in OPC 10031-4. */
interface Kind {
  readonly id: string;
  readonly element: string;
  readonly ids: Readonly<Record<string, string>>;
  readonly use: readonly [element: string, key: string];
}

const EQUIPMENT: Kind = { id: "equipment", element: "EquipmentRequirement", ids: { EquipmentID: "ID" }, use: ["EquipmentUse", "equipmentUse"] };
const ASSET: Kind = { id: "physicalAsset", element: "PhysicalAssetRequirement", ids: { PhysicalAssetID: "ID" }, use: ["PhysicalAssetUse", "physicalAssetUse"] };
const PERSONNEL: Kind = { id: "personnel", element: "PersonnelRequirement", ids: { PersonID: "ID" }, use: ["PersonnelUse", "personnelUse"] };
const MATERIAL: Kind = {
  id: "material", element: "MaterialRequirement", use: ["MaterialUse", "materialUse"],
  ids: { MaterialClassID: "materialClassID", MaterialDefinitionID: "materialDefinitionID", MaterialLotID: "materialLotID", MaterialSubLotID: "materialSublotID" },
};

/** The equipment levels of IEC 62264-1 §5.3 in B2MML's words, widest first. */
const LEVELS = ["Enterprise", "Site", "Area", "WorkCenter", "WorkUnit", "EquipmentModule", "ControlModule"] as const;

/** A job order of OPC 10031-4 as B2MML's JobOrder, in the order of its elements; the two follow the same model. `place` is the receiver's. */
export function jobOrderPart(id: string, place: string, order: UaJobOrder): B2mmlPart {
  const { description, workMasterID, startTime, endTime, priority, jobOrderParameters } = order;
  const master = workMasterID?.[0]?.ID ?? "";
  return {
    ID: id,
    ...some("Description", texts(description)),
    ...(isTime(startTime) && { StartTime: startTime.toISOString() }),
    ...(isTime(endTime) && { EndTime: endTime.toISOString() }),
    ...scopeOf(place.split("/"), 0),
    ...(master !== "" && { WorkMasterID: master }),
    ...(typeof priority === "number" && { Priority: priority }),
    ...some("JobOrderParameter", (jobOrderParameters ?? []).map((parameter) => namedPart(parameter, "ParameterChild"))),
    ...requirements(PERSONNEL, order.personnelRequirements),
    ...requirements(EQUIPMENT, order.equipmentRequirements),
    ...requirements(ASSET, order.physicalAssetRequirements),
    ...requirements(MATERIAL, order.materialRequirements),
  };
}

function scopeOf([name, ...below]: readonly string[], level: number): B2mmlPart {
  const element = level === 0 ? "HierarchyScope" : "HierarchyScopeChild";
  return name === undefined ? {} : { [element]: { EquipmentID: name, EquipmentLevel: LEVELS[level], ...scopeOf(below, level + 1) } };
}

function namedPart({ ID, value, description, engineeringUnits, subparameters, subproperties }: UaParameter, child: string): B2mmlPart {
  return {
    ID: ID ?? "",
    ...some("Value", valuesOf(value, engineeringUnits)),
    ...some("Description", texts(description)),
    ...some(child, (subparameters ?? subproperties ?? []).map((one) => namedPart(one, child))),
  };
}

/** The elements of a list are values of their own. */
function valuesOf(variant: UaVariant | null | undefined, engineeringUnits: unknown): readonly B2mmlPart[] {
  const texts = variant ? textOf(variant) : [];
  const dataType = DATA_TYPES[variant?.dataType ?? 0];
  return texts.map((text) => ({ ValueString: text, ...(dataType !== undefined && { DataType: dataType }), ...unitPart(engineeringUnits) }));
}

function requirements(kind: Kind, resources: readonly UaResource[] | null | undefined): B2mmlPart {
  return some(kind.element, (resources ?? []).map((resource) => requirement(kind, resource)));
}

function requirement({ id, element, ids, use: [use, useKey] }: Kind, resource: UaResource): B2mmlPart {
  const named = Object.entries(ids).flatMap(([name, key]) => (isText(resource[key]) ? [[name, [resource[key]]] as const] : []));
  const { [useKey]: used, quantity, engineeringUnits } = resource;
  return {
    ID: id,
    ...Object.fromEntries(named),
    ...some("Description", texts(resource.description)),
    ...(isText(used) && { [use]: used }),
    ...(isText(quantity) && { Quantity: [{ QuantityString: quantity, ...unitPart(engineeringUnits) }] }),
    ...some(`${element}Property`, (resource.properties ?? []).map((one) => namedPart(one, `${element}PropertyChild`))),
  };
}

/** The unit as UN/CEFACT code where the pack knows it, else in the client's words. */
function unitPart(engineeringUnits: unknown): B2mmlPart {
  const { unit, foreignUnit } = unitOf(engineeringUnits);
  const name = unit ?? foreignUnit;
  return name === undefined ? {} : { UnitOfMeasure: name };
}

function texts(all: readonly UaText[] | UaText | null | undefined): string[] {
  return [all ?? []].flat().map(({ text }) => text ?? "").filter((text) => text !== "");
}

function some(name: string, entries: readonly unknown[]): B2mmlPart {
  return entries.length > 0 ? { [name]: entries } : {};
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** The first moment OPC UA knows stands for no time. */
function isTime(time: Date | null | undefined): time is Date {
  return time instanceof Date && time.getUTCFullYear() > 1601;
}
