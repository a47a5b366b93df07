import { ResonanceError, textOf, type Language } from "../errors/resonance-error";
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

/** What the outbox is doing. */
interface Standing {
  readonly counts: OutboxCounts;
  readonly state: "idle" | "sending" | "retrying";
  /** Code of what is wrong with the MES or the disk. */
  readonly problem?: string;
  /** What is wrong, in words. */
  readonly reason?: string;
}

/** The answer to a command. */
export type CommandAnswer =
  | Standing & { readonly deadLetters: readonly Letter[] }
  | Standing
  | { readonly counts: OutboxCounts; readonly replayed: number }
  | { readonly counts: OutboxCounts; readonly purged: number };

const PREFIX = "outbox/";
const MOST_LISTED = 1000;

type Command = (outbox: MesOutbox, which: () => number | "all", language: Language) => Promise<CommandAnswer>;

async function standingOf(outbox: MesOutbox, language: Language): Promise<Standing> {
  const counts = (await outbox.outbox()).counts();
  const { state, problem } = outbox.status();
  return { counts, state, ...(problem && { problem: problem.code, reason: textOf(problem.code, problem.params, language).text }) };
}

const COMMANDS: Readonly<Record<string, Command>> = {
  async list(outbox, _, language) {
    const standing = await standingOf(outbox, language);
    return { ...standing, deadLetters: (await outbox.outbox()).deadLetters(MOST_LISTED).map(letterOf) };
  },
  status: (outbox, _, language) => standingOf(outbox, language),
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
export async function runCommand(outbox: MesOutbox, topic: string, payload: unknown, language: Language): Promise<CommandAnswer> {
  const name = topic.slice(PREFIX.length);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const unknown = (): ResonanceError => new ResonanceError("RESONANCE_MES_COMMAND", { topic }, { path: command ? "payload" : "topic" });
  if (!command) throw unknown();
  return command(outbox, () => {
    if (payload === "all" || (typeof payload === "number" && Number.isSafeInteger(payload))) return payload;
    throw unknown();
  }, language);
}

function letterOf({ sequence, lane, headers, reason, attempts, queuedAt, deadAt }: DeadLetter): Letter {
  return { sequence, message: headers["message"] ?? "", bodId: headers["bodId"] ?? "", equipment: lane, reason, attempts, queuedAt, deadAt };
}
