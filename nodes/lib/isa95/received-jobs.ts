import { part, list, type Received, type ReceivedMessage } from "./receive";

/** A parameter of a job order. */
export interface JobParameter {
  /** Several values stand as a list. */
  readonly value: unknown;
  readonly unit?: string;
  readonly dataType?: string;
  /** Bounds the MES gives for it, in the unit of the value. */
  readonly lower?: number;
  readonly upper?: number;
  readonly description?: string;
}

/** A job order, whatever document it came in, with the names that records and messages take their job's context by. */
export interface JobOrder {
  readonly id: string;
  /** The same as `id`. */
  readonly jobOrderId: string;
  readonly workScheduleId?: string;
  readonly workRequestId?: string;
  readonly operationsScheduleId?: string;
  readonly operationsRequestId?: string;
  readonly operationsDefinitionId?: string;
  readonly operationsSegmentId?: string;
  readonly processSegmentId?: string;
  readonly workMasterId?: string;
  readonly workType?: string;
  readonly command?: string;
  readonly dispatchStatus?: string;
  readonly priority?: number;
  readonly startTime?: string;
  readonly endTime?: string;
  readonly equipmentId?: string;
  /** Place in the plant, widest level first, parted by `/`. */
  readonly equipmentScope?: string;
  readonly materialLotId?: string;
  readonly description?: string;
  readonly parameters: Readonly<Record<string, JobParameter>>;
  readonly requirements: Readonly<Record<"material" | "equipment" | "physicalAsset" | "personnel", readonly Received[]>>;
}

type Facts = Readonly<Partial<Record<keyof JobOrder, unknown>>>;

/** Names by which a bound is told of a parameter, folded. */
const LOWER: ReadonlySet<string> = new Set(["lower", "lowerlimit", "lowlimit", "low", "min", "minimum", "minvalue", "lowerbound"]);
const UPPER: ReadonlySet<string> = new Set(["upper", "upperlimit", "highlimit", "high", "max", "maximum", "maxvalue", "upperbound"]);

/**
 * The job orders of a message: those of work schedules, requests and job lists; of operations and, before V0700, production schedules
 * each segment requirement. Bounds of a parameter are values with `lower` or `upper` as key, child parameters of that name, or
 * parameters of their own (`<id>.lower`, `<id>_max`).
 */
export function jobOrdersOf({ noun, content }: Pick<ReceivedMessage, "noun" | "content">): readonly JobOrder[] {
  const walk = Object.hasOwn(WALKS, noun) ? WALKS[noun] : undefined;
  return walk ? content.flatMap((object) => walk(object, {})) : [];
}

type Walk = (object: Received, known: Facts) => readonly JobOrder[];

const WALKS: Readonly<Record<string, Walk>> = {
  WorkSchedule: workSchedule, WorkRequest: workRequest, JobOrder: (order, known) => [jobOrder(order, known)],
  JobList: (jobList, known) => list(jobList["jobOrder"]).map((order) => jobOrder(order, { ...known, ...common(jobList, known) })),
  OperationsSchedule: operations("operationsRequest", "operationsScheduleId"), OperationsRequest: request("operationsRequestId"),
  ProductionSchedule: operations("productionRequest", "workScheduleId"), ProductionRequest: request("workRequestId"),
};

function workSchedule(schedule: Received, known: Facts): readonly JobOrder[] {
  const facts = { ...common(schedule, known), workScheduleId: text(schedule["id"]) };
  const inner = [...list(schedule["workScheduleChild"]), ...list(schedule["workSchedule"])].flatMap((child) => workSchedule(child, facts));
  return [...list(schedule["workRequest"]).flatMap((one) => workRequest(one, facts)), ...inner];
}

function workRequest(given: Received, known: Facts): readonly JobOrder[] {
  const facts = { ...common(given, known), workRequestId: text(given["id"]) };
  const inner = [...list(given["workRequestChild"]), ...list(given["workRequest"])].flatMap((child) => workRequest(child, facts));
  return [...list(given["jobOrder"]).map((order) => jobOrder(order, facts)), ...inner];
}

function operations(requests: string, id: "operationsScheduleId" | "workScheduleId"): Walk {
  const name = id === "operationsScheduleId" ? "operationsRequestId" : "workRequestId";
  return (schedule, known) => {
    const facts = { ...common(schedule, known), [id]: text(schedule["id"]) };
    return list(schedule[requests]).flatMap((one) => request(name)(one, facts));
  };
}

function request(id: "operationsRequestId" | "workRequestId"): Walk {
  return (given, known) => {
    const rule = text(list1(given["productProductionRuleId"])) ?? text(given["operationsDefinitionId"]);
    const facts = { ...common(given, known), [id]: text(given["id"]), ...(rule !== undefined && { workMasterId: rule }) };
    const segments = list(given["segmentRequirement"]).flatMap((one) => segment(one, facts));
    return segments.length > 0 ? segments : [jobOrder(given, facts)];
  };
}

function segment(given: Received, known: Facts): readonly JobOrder[] {
  const own = {
    ...common(given, known),
    ...pick(given, { operationsDefinitionId: "operationsDefinitionId", operationsSegmentId: "operationsSegmentId", processSegmentId: "processSegmentId" }),
    startTime: text(given["earliestStartTime"]) ?? known.startTime, endTime: text(given["latestEndTime"]) ?? known.endTime,
  };
  const inner = [...list(given["segmentRequirementChild"]), ...list(given["segmentRequirement"])].flatMap((child) => segment(child, own));
  return [jobOrder(given, own), ...inner];
}

/** What parts of a schedule have in common with what they contain. */
function common(given: Received, known: Facts): Facts {
  const scope = scopeOf(given["hierarchyScope"] ?? given["location"]);
  return {
    ...known,
    ...pick(given, { workType: "workType", startTime: "startTime", endTime: "endTime" }),
    ...(text(given["workype"] ?? given["operationsType"]) !== undefined && { workType: text(given["workype"] ?? given["operationsType"]) }),
    ...(typeof given["priority"] === "number" && { priority: given["priority"] }),
    ...(scope.length > 0 && { equipmentScope: scope.join("/") }),
  };
}

function jobOrder(order: Received, known: Facts): JobOrder {
  const id = text(order["id"]) ?? text(known.workRequestId) ?? text(known.operationsRequestId) ?? "";
  const requirements = {
    material: ["materialRequirement", "materialProducedRequirement", "materialConsumedRequirement"].flatMap((name) => list(order[name])),
    equipment: list(order["equipmentRequirement"]), physicalAsset: list(order["physicalAssetRequirement"]), personnel: list(order["personnelRequirement"]),
  };
  const scope = scopeOf(order["hierarchyScope"] ?? order["location"]);
  const equipmentScope = scope.length > 0 ? scope.join("/") : text(known.equipmentScope);
  const equipmentId = first(requirements.equipment, "equipmentId") ?? equipmentScope?.split("/").at(-1);
  const materialLotId = first(requirements.material, "materialLotId");
  const description = text(list1(order["description"]));
  return {
    ...known, ...common(order, known),
    ...pick(order, { workMasterId: "workMasterId", command: "command", dispatchStatus: "dispatchStatus" }),
    ...(equipmentScope !== undefined && { equipmentScope }), ...(equipmentId !== undefined && { equipmentId }),
    ...(materialLotId !== undefined && { materialLotId }), ...(description !== undefined && { description }),
    id, jobOrderId: id,
    parameters: parametersOf([...list(order["jobOrderParameter"]), ...list(order["segmentParameter"]), ...list(order["productionParameter"]).map((one) => part(one["parameter"]))]),
    requirements,
  } as JobOrder;
}

function parametersOf(given: readonly Received[]): Readonly<Record<string, JobParameter>> {
  const parameters = new Map<string, JobParameter>();
  const limits: (readonly [of: string, limit: Limit])[] = [];
  for (const parameter of given) {
    const id = text(parameter["id"]);
    if (id === undefined || id === "__proto__") continue;
    const limit = limitOf(id, parameter);
    if (limit && given.some((other) => other["id"] === limit.of)) limits.push([limit.of, limit.limit]);
    else parameters.set(id, parameterOf(parameter));
  }
  for (const [id, limit] of limits) parameters.set(id, { ...(parameters.get(id) ?? { value: undefined }), ...limit });
  return Object.fromEntries(parameters);
}

interface Limit {
  readonly lower?: number;
  readonly upper?: number;
}

function parameterOf(parameter: Received): JobParameter {
  const values = list(parameter["value"]);
  const plain = values.filter(({ key }) => boundOf(key) === undefined);
  const [main = {}] = plain;
  const children = [...list(parameter["parameterChild"]), ...list(parameter["parameter"])];
  const description = text(list1(parameter["description"]));
  return {
    value: plain.length > 1 ? plain.map(({ value }) => value) : main["value"],
    ...pick(main, { unit: "unit", dataType: "dataType" }),
    ...(description !== undefined && { description }),
    ...Object.assign({}, ...values.map(({ key, value }) => limit(boundOf(key), value))),
    ...Object.assign({}, ...children.map((child) => limit(boundOf(child["id"]), list(child["value"])[0]?.["value"]))),
  } as JobParameter;
}

/** A parameter that bounds another: `speed.lower`, `speed_max`, `speedUpperLimit`. */
function limitOf(id: string, parameter: Received): { readonly of: string; readonly limit: Limit } | undefined {
  const match = /^(.+?)(?:[._:/-]|(?<=[a-z0-9])(?=[A-Z]))([A-Za-z]+)$/.exec(id) ?? undefined;
  const found = match && boundOf(match[2]);
  return match?.[1] !== undefined && found ? { of: match[1], limit: limit(found, list(parameter["value"])[0]?.["value"]) } : undefined;
}

function boundOf(name: unknown): "lower" | "upper" | undefined {
  const folded = typeof name === "string" ? name.toLowerCase().replace(/[^a-z]/g, "") : "";
  return LOWER.has(folded) ? "lower" : UPPER.has(folded) ? "upper" : undefined;
}

function limit(bound: "lower" | "upper" | undefined, value: unknown): Limit {
  return bound !== undefined && typeof value === "number" ? { [bound]: value } : {};
}

/** The equipment of a scope and what lies in it, widest first. */
function scopeOf(scope: unknown): readonly string[] {
  const { equipmentId, hierarchyScopeChild, hierarchyScope, location } = part(scope);
  const id = text(equipmentId);
  return id === undefined ? [] : [id, ...scopeOf(hierarchyScopeChild ?? hierarchyScope ?? location)];
}

function first(requirements: readonly Received[], name: string): string | undefined {
  return requirements.map((requirement) => text(list1(requirement[name]))).find((id) => id !== undefined);
}

function list1(value: unknown): unknown {
  return Array.isArray(value) ? (value as readonly unknown[])[0] : value;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function pick(object: Received, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(names).flatMap(([name, from]) => (text(object[from]) === undefined ? [] : [[name, object[from]] as const])));
}
