import { ResonanceError } from "../errors/resonance-error";
import type { OpcUaConnection } from "./connection";
import { exchange, untilAborted } from "./exchange";
import { readHistory, rangeOf } from "./history";
import { callMethod, type MethodRow } from "./method-call";
import { readValues } from "./read-values";
import { commandOf, followValidity, isRecord, readOrder, validUntilOf, type ProfileOf, type WriteRow } from "./write-order";
import { writeValues, type WriteRules } from "./write-values";

/** What a message has led to. */
export interface TaskResult {
  /** What to send on; absent where nothing came of it. */
  readonly payload?: unknown;
  /** How many values that is. */
  readonly count: number;
  /** What the pack adds to `msg.resonance`. */
  readonly about: Readonly<Record<string, unknown>>;
  /** What failed of it, value by value. */
  readonly failures: readonly ResonanceError[];
}

/** Reads a message at once, which may throw, and gives the work to do when its turn comes. */
export type Task = (payload: unknown, topic: string | undefined) => (signal: AbortSignal) => Promise<TaskResult>;

/** What all tasks need. */
export interface TaskSetup {
  readonly connection: OpcUaConnection;
  /** ms for one message, the wait for the session included. */
  readonly timeout: number;
}

/** When the values of a message are written together or not at all. */
export type Together = "command" | "always" | "never";

export interface WriteSetup extends TaskSetup, Omit<WriteRules, "together"> {
  readonly rows: ReadonlyMap<string, WriteRow>;
  readonly profileOf: ProfileOf;
  readonly together: Together;
  readonly repeat: boolean;
}

/** Writes what messages ask for; a command's validity is looked at again right before it is sent. */
export function writeTask({ connection, rows, profileOf, timeout, repeat, together, ...rules }: WriteSetup): Task {
  return (payload, topic) => {
    const order = readOrder(payload, topic, rows, profileOf);
    const what = order.settings.map(({ row }) => row.tag).join(", ");
    const check = followValidity(order.id, order.validUntil);
    const whole = together === "always" || (together === "command" && order.id !== undefined);
    return async (signal) => {
      check();
      const { confirmed, failures } = await exchange(
        connection, (opened, attempt) => writeValues(opened, order, { ...rules, together: whole }, attempt), { timeout, repeat, what, signal, check });
      return {
        ...(confirmed.length > 0 ? { payload: confirmed } : {}), count: confirmed.length, failures,
        about: { write: { ...(order.id === undefined ? {} : { commandId: order.id }), confirmed: confirmed.length, failed: failures.length } },
      };
    };
  };
}

/** Reads the rows' variables, or those whose tags the payload lists. */
export function readTask({ connection, timeout, rows }: TaskSetup & { readonly rows: ReadonlyMap<string, WriteRow> }): Task {
  return (payload) => {
    const wanted = chosenRows(payload, rows);
    return async (signal) => {
      const samples = await untilAborted(connection.use((opened) => readValues(opened, wanted), { timeout }), signal);
      return { payload: samples, count: samples.length, failures: [], about: {} };
    };
  };
}

/** Reads the past of the rows' variables; the last `span` ms where the payload gives no times. */
export function historyTask(
  { connection, timeout, rows, span, limit }: TaskSetup & { readonly rows: ReadonlyMap<string, WriteRow>; readonly span: number; readonly limit: number },
): Task {
  return (payload) => {
    const range = rangeOf(payload, limit, span);
    const wanted = chosenRows((payload as { tags?: unknown } | null | undefined)?.tags, rows);
    return async (signal) => {
      const { samples, truncated, failures } = await untilAborted(connection.use((opened) => readHistory(opened, wanted, range), { timeout }), signal);
      const about = { history: { from: range.from.toISOString(), to: range.to.toISOString(), count: samples.length, truncated } };
      return { ...(failures.length < wanted.length ? { payload: samples } : {}), count: samples.length, failures, about };
    };
  };
}

/** Calls a method with the payload as its arguments; of a command, with its values. */
export function callTask({ connection, timeout, repeat, method }: TaskSetup & { readonly repeat: boolean; readonly method: MethodRow }): Task {
  return (payload) => {
    const command = isRecord(payload) ? commandOf(payload) : undefined;
    const given = command ? command.values : payload;
    const check = followValidity(command?.id, command && validUntilOf(command));
    return async (signal) => {
      check();
      const { outputs, status } = await exchange(
        connection, (opened, attempt) => callMethod(opened, method, given, attempt), { timeout, repeat, what: method.methodId.text, signal, check });
      return { payload: outputs, count: 1, failures: [], about: { call: { methodId: method.methodId.text, status, ...(command ? { commandId: command.id } : {}) } } };
    };
  };
}

/** @throws RESONANCE_OPCUA_TAG_UNKNOWN */
function chosenRows(tags: unknown, rows: ReadonlyMap<string, WriteRow>): readonly WriteRow[] {
  if (!Array.isArray(tags) || tags.length === 0 || !tags.every((tag) => typeof tag === "string")) return [...rows.values()];
  return tags.map((tag: string) => {
    const row = rows.get(tag);
    if (!row) throw new ResonanceError("RESONANCE_OPCUA_TAG_UNKNOWN", { tag }, { path: `payload/${tag}` });
    return row;
  });
}
