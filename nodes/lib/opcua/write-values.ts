import { isDeepStrictEqual } from "node:util";
import type { DataValue, StatusCode, Variant } from "node-opcua";
import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import { shorten } from "../record/field-error";
import { decodeStructures } from "./decode";
import type { Attempt } from "./exchange";
import { loadOpcua } from "./load";
import { chunks, limitsOf, readAttributes } from "./services";
import type { OpcUaSession } from "./session";
import { statusName, toSample } from "./to-sample";
import { inTargetUnit, checkRange } from "./write-unit";
import { plainValue } from "./value";
import type { Setting, WriteOrder } from "./write-order";
import { readTargets, type WriteTarget } from "./write-target";
import { toVariant } from "./write-value";
import type { Sample } from "../record/sample";

/** A value the server took. */
export interface Confirmed extends Sample {
  /** Whether the value was read back, or only the server's answer to the write says so. */
  readonly confirmed: "read" | "answer";
}

export interface WriteOutcome {
  readonly confirmed: readonly Confirmed[];
  /** One error a value that was not written or not confirmed, with its place in the message as path. */
  readonly failures: readonly ResonanceError[];
}

export interface WriteRules {
  /** ms in which a value must be read back; 0 to believe the server's answer. */
  readonly confirmWithin: number;
  readonly checkRange: boolean;
  /** Whether nothing is written where one value of the order cannot be. */
  readonly together: boolean;
}

interface Prepared {
  readonly setting: Setting;
  readonly target: WriteTarget;
  readonly variant: Variant;
}

const FIRST_LOOK_MS = 10;
const LONGEST_LOOK_MS = 250;
/** Statuses of a value after which nobody knows whether the device has it. */
const UNKNOWN_OUTCOME = /^BadTimeout|^BadRequestTimeout|^BadWaitingForResponse/;
const NO_SUCH_NODE = /^BadNodeId|^BadAttributeIdInvalid/;
const NO_RIGHT = /^BadNotWritable|^BadUserAccessDenied/;

/**
 * Writes an order's values and reads back what the server then says of them. Types, units and ranges are checked before anything is sent;
 * values of one variable go one after the other.
 * @throws what `attempt` and the session throw; what concerns one value is in the outcome.
 */
export async function writeValues(opened: OpcUaSession, order: WriteOrder, rules: WriteRules, attempt: Attempt): Promise<WriteOutcome> {
  const targets = await readTargets(opened, order.settings.map(({ row }) => row.nodeId));
  const failures: ResonanceError[] = [...order.failures];
  const prepared = order.settings.flatMap((setting, index): Prepared[] => {
    try {
      return [prepare(setting, targets[index] as WriteTarget, rules)];
    } catch (thrown) {
      failures.push(toResonanceError(thrown));
      return [];
    }
  });
  if (rules.together && failures.length > 0) {
    failures.push(...prepared.map(({ setting: { row, path } }) => new ResonanceError("RESONANCE_OPCUA_WITHHELD", { tag: row.tag }, { path })));
    return { confirmed: [], failures };
  }
  const written = new Map<string, Prepared>();
  for (const part of await partsOf(opened, prepared)) {
    const statuses = await attempt.send(() => send(opened, part));
    part.forEach((each, index) => {
      const status = statuses[index];
      if (status && !isBad(status)) written.set(each.target.nodeId, each);
      else failures.push(refusal(each, status?.name ?? "BadNoData"));
    });
  }
  const { confirmed, failures: unconfirmed } = await confirm(opened, [...written.values()], rules.confirmWithin);
  return { confirmed, failures: [...failures, ...unconfirmed] };
}

function prepare(setting: Setting, target: WriteTarget, rules: WriteRules): Prepared {
  const { row, path } = setting;
  if (target.problem !== undefined) throw problemOf(setting, target.problem);
  const value = inTargetUnit(setting, target);
  if (rules.checkRange) checkRange(setting, value, target);
  return { setting, target, variant: toVariant(value, target.kind, { field: row.tag, path }) };
}

/** No more in a call than the server takes, and no variable twice in one call: nobody says which would be last. */
async function partsOf(opened: OpcUaSession, prepared: readonly Prepared[]): Promise<readonly (readonly Prepared[])[]> {
  const { write } = await limitsOf(opened);
  const rounds: Prepared[][] = [];
  const turns = new Map<string, number>();
  for (const each of prepared) {
    const round = turns.get(each.target.nodeId) ?? 0;
    turns.set(each.target.nodeId, round + 1);
    (rounds[round] ??= []).push(each);
  }
  return rounds.flatMap((round) => chunks(round, write));
}

async function send({ session }: OpcUaSession, part: readonly Prepared[]): Promise<readonly StatusCode[]> {
  const { AttributeIds } = loadOpcua();
  // Many servers refuse a status or a time beside the value.
  return session.write(part.map(({ target, variant }) => ({ nodeId: target.nodeId, attributeId: AttributeIds.Value, value: { value: variant } })));
}

/** Reads until the values are there; a machine may need a cycle or two. */
async function confirm(opened: OpcUaSession, written: readonly Prepared[], within: number): Promise<WriteOutcome> {
  const now = new Date().toISOString();
  const readable = within > 0 ? written.filter(({ target }) => target.readable) : [];
  const confirmed: Confirmed[] = written.filter((each) => !readable.includes(each)).map(({ setting, target, variant }) => ({
    tag: setting.row.tag, value: plainValue(variant), ...unitPart(setting, target), quality: "Good", timestamp: now, confirmed: "answer",
  }));
  const deadline = performance.now() + within;
  let open = readable;
  for (let pause = FIRST_LOOK_MS; open.length > 0; pause = Math.min(2 * pause, LONGEST_LOOK_MS)) {
    const values = await readBack(opened, open);
    const next: Prepared[] = [];
    const failures: ResonanceError[] = [];
    open.forEach((each, index) => {
      const data = values[index] as DataValue;
      const sample = { ...toSample(each.setting.row.tag, data, each.target.facts), ...unitPart(each.setting, each.target) };
      if (isSame(data, each.variant)) confirmed.push({ ...sample, confirmed: "read" });
      else {
        next.push(each);
        failures.push(new ResonanceError("RESONANCE_OPCUA_NOT_CONFIRMED",
          { tag: each.setting.row.tag, written: shorten(plainValue(each.variant)), actual: `${shorten(sample.value)} (${statusName(data.statusCode)})` }, { path: each.setting.path }));
      }
    });
    if (next.length > 0 && performance.now() + pause > deadline) return { confirmed, failures };
    open = next;
    if (open.length > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return { confirmed, failures: [] };
}

async function readBack(opened: OpcUaSession, written: readonly Prepared[]): Promise<readonly DataValue[]> {
  const { AttributeIds } = loadOpcua();
  const values = await readAttributes(opened, written.map(({ target }) => ({ nodeId: target.nodeId, attributeId: AttributeIds.Value })));
  await decodeStructures(opened.session, values);
  return values;
}

function isSame(data: DataValue, variant: Variant): boolean {
  return !isBad(data.statusCode) && isDeepStrictEqual(plainValue(data.value), plainValue(variant));
}

/** What the user says of the variable's unit goes before what the server says. */
function unitPart({ row }: Setting, { facts }: WriteTarget): { unit?: string } {
  const unit = row.targetUnit ?? facts.unit;
  return unit === undefined ? {} : { unit };
}

/** Good and Uncertain mean that the value was taken. */
function isBad(status: StatusCode): boolean {
  return status.value >>> 31 === 1;
}

function refusal({ setting }: Prepared, status: string): ResonanceError {
  if (!UNKNOWN_OUTCOME.test(status)) return problemOf(setting, status);
  return new ResonanceError("RESONANCE_OPCUA_OUTCOME_UNKNOWN", { what: setting.row.tag, detail: status }, { path: setting.path });
}

function problemOf({ row: { tag, nodeId }, path }: Setting, status: string): ResonanceError {
  const code = NO_SUCH_NODE.test(status) ? "RESONANCE_OPCUA_NODE_UNKNOWN" : NO_RIGHT.test(status) ? "RESONANCE_OPCUA_NOT_WRITABLE" : "RESONANCE_OPCUA_WRITE_REFUSED";
  return new ResonanceError(code, { tag, nodeId: nodeId.text, detail: status }, { path });
}
