import { ResonanceError } from "../errors/resonance-error";
import type { DeadLetter, OutboxCounts } from "../outbox/outbox";
import type { MesOutbox } from "./mes-outbox";

/** A document that was given up, as people see it. */
export interface Letter {
  /** Names it in `outbox/replay` and `outbox/purge`. */
  readonly sequence: number;
  readonly message: string;
  readonly bodId: string;
  readonly equipment: string;
  readonly reason: string;
  readonly attempts: number;
  /** ISO 8601 UTC */
  readonly queuedAt: string;
  /** ISO 8601 UTC */
  readonly deadAt: string;
}

/** The answer to a command. */
export type CommandAnswer =
  | { readonly counts: OutboxCounts; readonly deadLetters: readonly Letter[] }
  | { readonly counts: OutboxCounts; readonly state: string; readonly problem?: string }
  | { readonly counts: OutboxCounts; readonly replayed: number }
  | { readonly counts: OutboxCounts; readonly purged: number };

const PREFIX = "outbox/";
const MOST_LISTED = 1000;

type Command = (outbox: MesOutbox, which: () => number | "all") => Promise<CommandAnswer>;

const COMMANDS: Readonly<Record<string, Command>> = {
  async list(outbox) {
    const open = await outbox.outbox();
    return { counts: open.counts(), deadLetters: open.deadLetters(MOST_LISTED).map(letterOf) };
  },
  async status(outbox) {
    const counts = (await outbox.outbox()).counts();
    const { state, problem } = outbox.status();
    return { counts, state, ...(problem && { problem: problem.code }) };
  },
  async replay(outbox, which) {
    const open = await outbox.outbox();
    const replayed = await open.replay(which());
    return { counts: open.counts(), replayed };
  },
  async purge(outbox, which) {
    const open = await outbox.outbox();
    const purged = await open.purge(which());
    return { counts: open.counts(), purged };
  },
};

/** Whether a message is for the outbox and no document. */
export function isCommand(topic: unknown): topic is string {
  return typeof topic === "string" && topic.startsWith(PREFIX);
}

/**
 * Lists dead letters (`outbox/list`), tells what is waiting (`outbox/status`), sends dead letters again (`outbox/replay`)
 * or deletes them (`outbox/purge`); the last two want a letter's number, or `all`, as payload.
 * @throws RESONANCE_MES_COMMAND, RESONANCE_OUTBOX_…
 */
export async function runCommand(outbox: MesOutbox, topic: string, payload: unknown): Promise<CommandAnswer> {
  const name = topic.slice(PREFIX.length);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const unknown = (): ResonanceError => new ResonanceError("RESONANCE_MES_COMMAND", { topic }, { path: command ? "payload" : "topic" });
  if (!command) throw unknown();
  return command(outbox, () => {
    if (payload === "all" || (typeof payload === "number" && Number.isSafeInteger(payload))) return payload;
    throw unknown();
  });
}

function letterOf({ sequence, lane, headers, reason, attempts, queuedAt, deadAt }: DeadLetter): Letter {
  return { sequence, message: headers["message"] ?? "", bodId: headers["bodId"] ?? "", equipment: lane, reason, attempts, queuedAt, deadAt };
}
