import type { Field, FieldSchema, ValueSchema } from "../profile/profile";
import type { Nature } from "../record/interface-record";
import type { Draft, Scalar, Tree } from "./document";
import { factEntry, LINEAGE_ID, natureNotice } from "./lineage";
import { compilePlain } from "./plain-text";
import { nestedEntry } from "./structured";
import type { TypeSpec } from "./structure";
import { Repeat, type RecordContext, type Template } from "./template";
import { xsdTime } from "./text";
import { wrongValue } from "./value";

/** Names that a job's own parts have in profiles, by the element of a job order they become. */
const ELEMENTS: readonly (readonly [element: string, names: readonly string[]])[] = [
  ["ID", ["jobOrderId", "jobId", "orderId", "id"]],
  ["StartTime", ["startTime", "earliestPickup"]],
  ["EndTime", ["endTime", "latestDelivery", "dueTime"]],
  ["Priority", ["priority"]],
  ["Command", ["command"]],
  ["DispatchStatus", ["dispatchStatus"]],
  ["WorkMasterID", ["workMasterId"]],
  ["EquipmentRequirement", ["equipmentId", "equipment", "vehicleId"]],
];

const TIMES: ReadonlySet<string> = new Set(["StartTime", "EndTime"]);

/** Name of the part for each element, as far as the profile's jobs have one. */
type Names = ReadonlyMap<string, string>;

/** Whether a field is a list of jobs, each with an ID and a start: what B2MML has job orders for. */
export function isJobList({ type, items }: FieldSchema): boolean {
  if (type !== "array" || items?.type !== "object") return false;
  const names = namesOf(items);
  return names.has("ID") && names.has("StartTime");
}

/**
 * The job orders of a list of jobs. The first carries what is known of the record as a whole, beside its own; the others name the
 * record. A command is one only in a record that is a command; else it is a parameter that starts nothing.
 */
export function jobOrders(type: TypeSpec, base: Template, { name, schema }: Field, nature: Nature): Repeat {
  const items = schema.items;
  const names = namesOf(items);
  const plain = new Map([...names.keys()].flatMap((element) => {
    const spec = type.elements.get(element);
    return spec?.type.text ? [[element, compilePlain(spec.type)] as const] : [];
  }));
  return new Repeat(base, (context, order) => {
    const jobs = context.record.values[name] ?? [];
    if (!Array.isArray(jobs)) throw wrongValue(name, jobs, "array");
    if (jobs.length === 0) return [order];
    return (jobs as readonly unknown[]).map((job, index) => {
      if (typeof job !== "object" || job === null || Array.isArray(job)) throw wrongValue(name, job, "object", `${name}/${index}`);
      const about = index === 0 ? ((order["JobOrderParameter"] ?? []) as readonly Tree[]) : [reference(context)];
      return jobOrder(job as Readonly<Record<string, unknown>>, index, about, order, { name, items, names, plain, nature });
    });
  });
}

interface Shared {
  readonly name: string;
  readonly items: ValueSchema | undefined;
  readonly names: Names;
  readonly plain: ReadonlyMap<string, (value: unknown) => Scalar | Tree>;
  readonly nature: Nature;
}

function jobOrder(job: Readonly<Record<string, unknown>>, index: number, about: readonly Tree[], base: Tree, shared: Shared): Draft {
  const { name, items, names, plain, nature } = shared;
  const { WorkType, WorkMasterID, Priority } = base;
  const order: Draft = { ID: `${base["ID"] as string}-${index + 1}`, WorkType, WorkMasterID, Priority };
  const written = new Set<string>();
  for (const [element, property] of names) {
    const value = job[property] ?? undefined;
    if (value === undefined) continue;
    if (typeof value === "object") throw wrongValue(name, value, "text or number", `${name}/${index}/${property}`);
    if (TIMES.has(element) && (typeof value !== "string" || xsdTime(value) === undefined)) throw wrongValue(name, value, "dateTime", `${name}/${index}/${property}`);
    if (element === "Command" && nature !== "command") continue;
    if (element === "Priority" && typeof value !== "number") continue;
    order[element] = element === "EquipmentRequirement" ? [{ ID: "equipment", EquipmentID: [value as Scalar] }] : plain.get(element)?.(value);
    written.add(property);
  }
  const others = Object.keys(job).filter((property) => !written.has(property) && job[property] !== undefined);
  const parameters = others.map((property) => nestedEntry("ParameterChild", property, name, items?.properties?.[property], job[property], nature));
  order["JobOrderParameter"] = [...about, ...parameters];
  return order;
}

/** Says of a job order which record it is from. */
function reference(context: RecordContext): Tree {
  const { record } = context;
  const facts = [factEntry("recordId", "string", record.id), factEntry("nature", "string", record.nature)];
  const notice = natureNotice(context);
  return { ID: LINEAGE_ID, Description: notice === undefined ? [] : [notice], ParameterChild: facts };
}

function namesOf(items: ValueSchema | undefined): Names {
  const properties = items?.properties ?? {};
  return new Map(ELEMENTS.flatMap(([element, names]) => {
    const found = names.find((name) => Object.hasOwn(properties, name));
    return found === undefined ? [] : [[element, found] as const];
  }));
}
