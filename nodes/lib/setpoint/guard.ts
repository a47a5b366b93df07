import type { OutputRecord } from "../record/interface-record";
import { readRecord } from "../record/read-record";
import { identifiersOf } from "../record/job-context";
import { uuidv7 } from "../record/uuid-v7";
import { evaluate, type Evaluated, frames } from "./evaluate";
import type { DecidedValue, Decision, Objection, Outcome, Reason, Verdict } from "./decision";
import { compileGuard, type GuardSettings } from "./guard-settings";
import { type GuardState, type LastCommand, readState, recall } from "./guard-memory";
import { type Deadline, deadlineOf, isOver, judgeProposal } from "./judge-proposal";
import { type GivenBounds, limited, objectionTo } from "./limits";
import { type OperatorWord, readOperatorWord } from "./operator-word";
import type { Moment } from "./watched-tags";

/** A message as the guard sees it. */
export interface GuardMessage {
  readonly payload: unknown;
  readonly topic?: string | undefined;
  /** `msg.resonance.job`; absent where the message says nothing of a job, `null` for no job. */
  readonly job?: unknown;
  /** `msg.resonance.limits`: bounds by field, e.g. a machine's EURange; they narrow those of the settings. */
  readonly limits?: unknown;
}

/** Stands between a model and a machine: proposals in, commands and decisions out. It has no timers of its own. */
export interface Guard {
  /**
   * Takes a proposal, samples, an operator's word, or the context of a job.
   * @throws RESONANCE_GUARD_WORD_INVALID, RESONANCE_SAMPLE_INVALID, RESONANCE_TIME_INVALID
   */
  accept(message: GuardMessage): Outcome;
  /** What the time that has passed brings: proposals and commands whose validity is over, the fallback. To be called several times a second. */
  tick(): Outcome;
  /** The proposal that waits for an operator. */
  waiting(): string | undefined;
  /** What to keep beyond a deploy, as plain JSON. */
  state(): GuardState;
}

interface Pending {
  readonly record: OutputRecord;
  readonly evaluated: Evaluated;
  /** The job it was judged in. */
  readonly jobId: string | undefined;
  readonly deadline: Deadline;
  readonly answerBy: number;
}

const REMEMBERED = 500;
const FALLBACK_STEP_MS = 1000;
const FIRST_ELAPSED_MS = 1000;

/** A guard; `now` gives both clocks, `kept` is an earlier `state()`. @throws what `compileGuard` throws */
export function createGuard(settings: GuardSettings, now: () => Moment, kept?: unknown): Guard {
  const guard = compileGuard(settings);
  const { tags, fields, maxAgeMs } = guard;
  const known = readState(kept, fields.map(({ field }) => field));
  const begin = now();
  const seen = new Set(known?.seen);
  let newest = known?.newest ?? 0;
  let holdUntil = Math.min(known?.holdUntil ?? -Infinity, begin.steady + guard.holdOffMs);
  // What passed for another machine or category says nothing of this one.
  const own = known?.last?.command.category === guard.category.id && known.last.command.equipment === settings.equipment.path ? known.last : undefined;
  let last: LastCommand | undefined = own && recall(own, begin, maxAgeMs);
  let fallen = own?.fallen ?? false;
  let told: Reason | undefined;
  let pending: Pending | undefined;
  let job: unknown;
  /** Whether a message told of the job apart from proposals: then theirs may be an older one. */
  let announced = false;
  let given: unknown;

  const elapsed = (at: Moment): number => Math.min(last ? Math.max(0, at.steady - last.at.steady) : FIRST_ELAPSED_MS, maxAgeMs);
  const framesNow = (at: Moment, falling = false) => frames(guard, {
    job, elapsedMs: elapsed(at),
    given: (field) => boundsOf(given, field),
    reference: ({ field, actualTag, toProfile }) => {
      const actual = actualTag === "" ? undefined : tags.actual(actualTag, at);
      if (actual !== undefined) return toProfile(actual);
      return guard.needsReference && actualTag !== "" && !falling ? undefined : last?.passed[field];
    },
  });

  const decide = (decision: Verdict, reason: Reason, at: Moment, rest: Partial<Decision> = {}): Decision => {
    const current = identifiersOf(job);
    return { decision, reason, about: {}, proposalId: "", at: new Date(at.wall).toISOString(), values: {}, ...(current && { job: current }), ...rest };
  };
  const refuse = ({ reason, about = {}, verdict = "rejected" }: Objection, at: Moment, rest: Partial<Decision>): Outcome => ({
    commands: [], decisions: [decide(verdict, reason, at, { ...rest, about })],
  });

  /** The only place where a command is made. */
  const release = (base: OutputRecord, inputId: string, passed: Readonly<Record<string, number>>, deadline: Deadline, at: Moment): OutputRecord => {
    const { profile, category, equipment, physicalAsset, model, confidence } = base;
    const validUntil = Math.min(deadline.wall, at.wall + (deadline.steady - at.steady));
    const command: OutputRecord = {
      profile, category, direction: "output", nature: "command", id: uuidv7(at.wall), timestamp: new Date(at.wall).toISOString(), equipment,
      ...(physicalAsset !== undefined && { physicalAsset }), values: { ...passed }, inputId, model: { ...model },
      ...(confidence !== undefined && { confidence }), validUntil: new Date(validUntil).toISOString(),
    };
    last = { command, passed: { ...last?.passed, ...passed }, at, deadline };
    told = undefined;
    return command;
  };
  const pass = (record: OutputRecord, { values, passed, limited: changed }: Evaluated, deadline: Deadline, at: Moment, reason: Reason, rest: Partial<Decision> = {}): Outcome => {
    const command = release(record, record.id, passed, deadline, at);
    fallen = false;
    return { commands: [command], decisions: [decide(changed ? "limited" : "passed", reason, at, { proposalId: record.id, commandId: command.id, values, ...rest })] };
  };

  const supersede = (at: Moment, by: string): readonly Decision[] => {
    if (!pending) return [];
    const { record, evaluated } = pending;
    pending = undefined;
    return [decide("expired", "SUPERSEDED", at, { proposalId: record.id, values: evaluated.values, about: { by } })];
  };

  const jobId = (): string | undefined => identifiersOf(job)?.jobOrderId;
  /** Takes the job a proposal was made in; refuses it where another one runs by now, or none. */
  const takeClaim = (claimed: unknown): Objection | undefined => {
    if (claimed === undefined) return undefined;
    if (!announced) {
      job = copied(claimed);
      return undefined;
    }
    const id = identifiersOf(claimed)?.jobOrderId;
    const isOther = job === null ? claimed !== null : id !== undefined && id !== jobId();
    return isOther ? { reason: "OTHER_JOB", about: { job: id ?? "?", current: jobId() ?? "-" } } : undefined;
  };

  const consider = (payload: unknown, at: Moment, claimed: unknown): Outcome => {
    let record: OutputRecord;
    const { id } = payload as { readonly id?: unknown };
    const proposalId = typeof id === "string" ? id : "";
    try {
      const read = readRecord(structuredClone(payload), settings.profile);
      if (read.direction !== "output") return refuse({ reason: "NOT_A_PROPOSAL", about: { nature: read.nature } }, at, { proposalId });
      record = read;
    } catch (thrown) {
      return refuse({ reason: "RECORD_INVALID", about: { detail: thrown instanceof Error ? thrown.message.slice(0, 300) : "?" } }, at, { proposalId });
    }
    const no = (objection: Objection, values: Readonly<Record<string, DecidedValue>> = {}): Outcome => refuse(objection, at, { proposalId, values });
    if (seen.has(proposalId)) return no({ reason: "DUPLICATE" });
    remember(seen, proposalId);
    const otherJob = takeClaim(claimed);
    const deadline = deadlineOf(record, maxAgeMs / 1000, at);
    const made = Date.parse(record.timestamp);
    const objection = judgeProposal(record, guard.proposal) ?? otherJob
      ?? (!deadline ? { reason: "TIME_IN_FUTURE" as const, about: { timestamp: record.timestamp } } : undefined)
      ?? (deadline && isOver(deadline, at) ? { reason: "VALIDITY_ENDED" as const, verdict: "expired" as const } : undefined)
      ?? (made < newest && newest <= at.wall + maxAgeMs ? { reason: "OLDER_THAN_LAST" as const } : undefined)
      ?? (at.steady < holdUntil ? { reason: "HOLD_OFF" as const, about: { seconds: Math.ceil((holdUntil - at.steady) / 1000) } } : undefined)
      ?? tags.objection(at);
    if (objection || !deadline) return no(objection ?? { reason: "TIME_IN_FUTURE" });
    const evaluated = evaluate(record, framesNow(at), guard.limits);
    if ("objection" in evaluated) return no(evaluated.objection, evaluated.values);
    newest = made;
    if (evaluated.settled) {
      // The proposal says again what is in force: that counts on.
      if (last && !fallen && deadline.steady > last.deadline.steady && !isOver(last.deadline, at)) last = { ...last, deadline };
      return no({ reason: "WITHIN_DEAD_BAND", verdict: "held" }, evaluated.values);
    }
    const superseded = supersede(at, proposalId);
    if (guard.approval || record.values["approvalRequired"] === true) {
      pending = { record, evaluated, jobId: jobId(), deadline, answerBy: guard.approvalMs > 0 ? at.steady + guard.approvalMs : Infinity };
      return { commands: [], decisions: [...superseded, decide("held", "APPROVAL_AWAITED", at, { proposalId, values: evaluated.values })] };
    }
    const { commands, decisions } = pass(record, evaluated, deadline, at, evaluated.limited ? "LIMITED" : "WITHIN_LIMITS");
    return { commands, decisions: [...superseded, ...decisions] };
  };

  /** The end of a proposal that waits, as far as time brings it. */
  const overdue = ({ deadline, answerBy }: Pending, at: Moment): Objection | undefined =>
    isOver(deadline, at) ? { reason: "VALIDITY_ENDED", verdict: "expired" }
      : at.steady >= answerBy ? { reason: "APPROVAL_TIMED_OUT", verdict: "expired" } : undefined;

  const hear = ({ word, id, ...who }: OperatorWord, at: Moment): Outcome => {
    const asked = pending?.record.id === id ? pending : undefined;
    if (asked) pending = undefined;
    if (word === "reject" && (asked || seen.has(id))) holdUntil = at.steady + guard.holdOffMs;
    if (!asked) return refuse({ reason: "APPROVAL_UNKNOWN" }, at, { proposalId: id, ...who });
    const { record, evaluated, deadline } = asked;
    const rest = { proposalId: id, values: evaluated.values, ...who };
    if (word === "reject") return refuse({ reason: "OPERATOR_REJECTED" }, at, rest);
    // What the operator saw passes, or nothing: everything is judged again as it is now.
    const current = framesNow(at);
    const otherJob: Objection | undefined = asked.jobId === jobId() ? undefined : { reason: "OTHER_JOB", about: { job: asked.jobId ?? "-", current: jobId() ?? "-" } };
    const objection = overdue(asked, at) ?? otherJob ?? tags.objection(at) ?? Object.entries(evaluated.passed).reduce<Objection | undefined>((found, [field, value]) => {
      const frame = current.get(field);
      return found ?? (frame && !("reason" in frame) ? objectionTo(value, frame) : frame ?? { reason: "NO_VALUE" });
    }, undefined);
    return objection ? refuse(objection, at, rest) : pass(record, evaluated, deadline, at, "APPROVED", who);
  };

  /** One step towards the fallback values; refused only once for the same reason. */
  const fallBack = (from: LastCommand, at: Moment): Outcome => {
    if (fallen && at.steady - from.at.steady < FALLBACK_STEP_MS) return NOTHING;
    const current = framesNow(at, true);
    const values: Record<string, DecidedValue> = {};
    const passed: Record<string, number> = {};
    let objection: Objection | undefined;
    for (const { field, fallback } of fields) {
      const frame = current.get(field);
      if (fallback === undefined || !frame) continue;
      const value = "reason" in frame ? undefined : limited(fallback, frame);
      if (value === undefined) objection ??= "reason" in frame ? frame : { reason: "BOUNDS_EMPTY", about: { field, minimum: frame.minimum, maximum: frame.maximum } };
      else if (value !== from.passed[field]) passed[field] = value;
      values[field] = { proposed: fallback, ...(value !== undefined && { passed: value }) };
    }
    const { command } = from;
    const proposalId = command.inputId;
    if (Object.keys(passed).length === 0 && !objection) {
      fallen = true;
      return NOTHING;
    }
    objection ??= tags.objection(at);
    if (objection) {
      if (told === objection.reason) return NOTHING;
      told = objection.reason;
      return refuse(objection, at, { proposalId, values });
    }
    const fresh = release(command, proposalId, passed, { wall: at.wall + maxAgeMs, steady: at.steady + maxAgeMs }, at);
    fallen = true;
    return { commands: [fresh], decisions: [decide("fallback", "FALLBACK", at, { proposalId, commandId: fresh.id, values })] };
  };

  const passTime = (at: Moment): Outcome => {
    const decisions: Decision[] = [];
    const objection = pending && overdue(pending, at);
    if (pending && objection) {
      decisions.push(...refuse(objection, at, { proposalId: pending.record.id, values: pending.evaluated.values }).decisions);
      pending = undefined;
    }
    if (!last || (!fallen && !isOver(last.deadline, at))) return { commands: [], decisions };
    if (guard.fallback) {
      const outcome = fallBack(last, at);
      return { commands: outcome.commands, decisions: [...decisions, ...outcome.decisions] };
    }
    if (!fallen) {
      fallen = true;
      decisions.push(decide("expired", "COMMAND_STALE", at, { proposalId: last.command.inputId, commandId: last.command.id }));
    }
    return { commands: [], decisions };
  };

  return {
    accept({ payload, topic, job: context, limits }) {
      const at = now();
      if (limits !== undefined) given = copied(limits);
      const word = readOperatorWord(topic, payload);
      // An operator's answer may bring the proposal's message back, with the job of that time.
      if (word) return hear(word, at);
      if (looksLikeRecord(payload)) return consider(payload, at, context);
      if (context !== undefined) {
        job = copied(context);
        announced = true;
      }
      // A message that only brings the context of a job has no samples.
      if (payload !== undefined && payload !== null && !(payload === "" && (context !== undefined || limits !== undefined))) tags.take(payload, topic, at);
      return NOTHING;
    },
    tick: () => passTime(now()),
    waiting: () => pending?.record.id,
    state: () => ({
      newest, seen: [...seen], holdUntil: Number.isFinite(holdUntil) ? holdUntil : 0,
      ...(last && { last: { ...last, fallen } }),
    }),
  };
}

const NOTHING: Outcome = { commands: [], decisions: [] };

function looksLikeRecord(payload: unknown): boolean {
  return Object.prototype.toString.call(payload) === "[object Object]" && ("nature" in (payload as object) || "direction" in (payload as object));
}

/** The flow may go on to change what it sent. Of what cannot be copied, no bound can be read. */
function copied(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return "unreadable";
  }
}

function boundsOf(given: unknown, field: string): GivenBounds | undefined {
  if (given === undefined || given === null) return undefined;
  // What is there and cannot be read is no permission.
  if (typeof given !== "object") return { minimum: NaN };
  const bounds: unknown = Object.hasOwn(given, field) ? (given as Readonly<Record<string, unknown>>)[field] : undefined;
  return bounds === undefined ? undefined : typeof bounds === "object" && bounds !== null ? bounds : { minimum: NaN };
}

function remember(seen: Set<string>, id: string): void {
  seen.add(id);
  for (const oldest of seen) {
    if (seen.size <= REMEMBERED) return;
    seen.delete(oldest);
  }
}
