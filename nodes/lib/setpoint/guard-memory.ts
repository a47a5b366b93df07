import type { OutputRecord } from "../record/interface-record";
import type { Deadline } from "./judge-proposal";
import type { Moment } from "./watched-tags";
import { isObject } from "../json/is-object";

/** What a guard remembers beyond a deploy. */
export interface GuardMemory extends LastCommand {
  /** Whether the fallback has begun. */
  readonly fallen: boolean;
}

/** All that is kept, as plain JSON. */
export interface GuardState {
  readonly last?: GuardMemory;
  /** Time of the newest proposal that was not refused for itself. */
  readonly newest: number;
  /** Ids of the proposals seen last. */
  readonly seen: readonly string[];
  /** By the steady clock. */
  readonly holdUntil: number;
}

/** The last command that left, and all values in force. */
export interface LastCommand {
  readonly command: OutputRecord;
  readonly passed: Readonly<Record<string, number>>;
  readonly at: Moment;
  readonly deadline: Deadline;
}

/** The state as it was kept; what is not of that form (a context can be edited) is no state. */
export function readState(kept: unknown, fields: readonly string[]): GuardState | undefined {
  if (!isObject(kept) || !Array.isArray(kept["seen"])) return undefined;
  const { seen, newest, holdUntil, last } = kept as { seen: readonly unknown[]; newest: unknown; holdUntil: unknown; last: unknown };
  const state = { seen: seen.filter((id) => typeof id === "string"), newest: finite(newest) ?? 0, holdUntil: finite(holdUntil) ?? 0 };
  if (!isObject(last) || !isObject(last["command"]) || !isObject(last["passed"])) return state;
  const passed = Object.fromEntries(Object.entries(last["passed"]).filter(([field, value]) => fields.includes(field) && finite(value) !== undefined)) as Record<string, number>;
  const [at, deadline] = [moment(last["at"]), moment(last["deadline"])];
  if (!at || !deadline) return state;
  return { ...state, last: { command: last["command"] as unknown as OutputRecord, passed, at, deadline, fallen: last["fallen"] === true } };
}

/** The last command seen from now: clocks of an earlier process never make it lie ahead, or count longer than it may. */
export function recall({ command, passed, at, deadline }: GuardMemory, now: Moment, maxAgeMs: number): LastCommand {
  const capped = (clock: keyof Moment): number => Math.min(deadline[clock], now[clock] + maxAgeMs);
  return {
    command, passed,
    at: { wall: at.wall, steady: Math.min(at.steady, now.steady) },
    deadline: { wall: capped("wall"), steady: capped("steady") },
  };
}

function moment(value: unknown): Moment | undefined {
  const [wall, steady] = isObject(value) ? [finite(value["wall"]), finite(value["steady"])] : [];
  return wall === undefined || steady === undefined ? undefined : { wall, steady };
}

function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
