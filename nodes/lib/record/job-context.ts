/** What a message says of jobs in `msg.resonance`, as received job orders have it. */
export interface SaidOfJobs {
  /** `null` for no job. */
  readonly job?: unknown;
  /** Several jobs of one document. */
  readonly jobs?: unknown;
}

/** The machine whose job is wanted. */
export interface JobPlace {
  /** ISA-95 place: `enterprise/site/area/work center/work unit`. */
  readonly path: string;
  readonly physicalAsset?: string | undefined;
}

/** Where B2MML's words say that a job is over: `DispatchStatus` and `Command`. */
const OVER: ReadonlySet<unknown> = new Set(["Cancelled", "Canceled", "Aborted", "Closed", "Completed", "Abort", "Stop"]);

/**
 * The job that a message tells of for a machine: the one it has, or the only one of several that is for this machine. `undefined` where
 * the message says nothing of a job here, `null` for a job that is over.
 */
export function jobFor({ job, jobs }: SaidOfJobs, place: JobPlace): unknown {
  const own = Array.isArray(jobs) ? (jobs as readonly unknown[]).filter((one) => isFor(one, place)) : [];
  const said = job === undefined && own.length === 1 ? own[0] : job;
  if (said === undefined || isForAnother(said, place)) return undefined;
  return isOver(said) ? null : said;
}

/** Whether a message is a received document that tells of jobs: its payload then holds no samples. */
export function isJobDocument(payload: unknown, { job, jobs }: SaidOfJobs): boolean {
  if (job === undefined && jobs === undefined) return false;
  return Array.isArray(payload) && payload.length > 0 && (payload as readonly unknown[]).every((part) => typeof part === "object" && part !== null && !Object.hasOwn(part, "tag"));
}

/** What tells a job from others in a record of what was decided. */
export interface JobIdentifiers {
  readonly jobOrderId?: string;
  readonly workRequestId?: string;
  readonly workScheduleId?: string;
}

/** The identifiers of a job; `undefined` where it has none. */
export function identifiersOf(job: unknown): JobIdentifiers | undefined {
  const jobOrderId = text(job, "jobOrderId") ?? text(job, "id");
  const [workRequestId, workScheduleId] = [text(job, "workRequestId"), text(job, "workScheduleId")];
  const found = { ...(jobOrderId !== undefined && { jobOrderId }), ...(workRequestId !== undefined && { workRequestId }), ...(workScheduleId !== undefined && { workScheduleId }) };
  return Object.keys(found).length > 0 ? found : undefined;
}

/** A value of a job and the part that holds it. */
export interface JobPart {
  readonly holder: unknown;
  readonly value: unknown;
}

/** The value at a path into a job; a name in it may hold dots itself, as parameters' IDs do. Nothing is read from a prototype. */
export function jobPart(job: unknown, path: readonly string[]): JobPart {
  for (let count = path.length; count > 0; count -= 1) {
    const value = own(job, path.slice(0, count).join("."));
    const rest = path.slice(count);
    if (value === undefined) continue;
    const found = rest.length === 0 ? { holder: job, value } : jobPart(value, rest);
    if (found.value !== undefined) return found;
  }
  return { holder: undefined, value: undefined };
}

function isFor(job: unknown, place: JobPlace): boolean {
  const { path, physicalAsset } = place;
  const equipment = text(job, "equipmentId");
  return text(job, "equipmentScope") === path || (equipment !== undefined && [path, path.split("/").at(-1), physicalAsset].includes(equipment) && !isForAnother(job, place));
}

/** Whether a job names another machine of the same plant by its whole place; other names may be the MES's own for this machine. */
function isForAnother(job: unknown, { path }: JobPlace): boolean {
  const [scope, place] = [(text(job, "equipmentScope") ?? "").split("/"), path.split("/")];
  return scope.length === place.length && scope.length > 1 && scope[0] === place[0] && scope.join("/") !== path;
}

function isOver(job: unknown): boolean {
  return OVER.has(own(job, "dispatchStatus")) || OVER.has(own(job, "command"));
}

function text(job: unknown, name: string): string | undefined {
  const value = own(job, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function own(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
