import fs from "node:fs/promises";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CHAIN_START, openLine, type LineFault, type Link } from "./chain";
import type { LogEntry } from "./entry";
import { linesOf, listFiles } from "./log-files";

/**
 * What is wrong at the first bad place. `unreadable`, `changed`, `seal`: the line itself. `order`: the line is an entry, but not
 * the one that belongs here (removed, repeated or reordered). `cut`: the file ends within a line. `front`: entries before the
 * first one are gone and the log does not say that it dropped them. `end`: the entry that was kept elsewhere as the end is not there.
 */
export type LogFault = LineFault | "order" | "cut" | "front" | "end";

export interface Verification {
  readonly intact: boolean;
  /** Entries found good, up to the first bad place. */
  readonly entries: number;
  readonly files: number;
  readonly first?: Link;
  /** The last good entry: what to keep elsewhere. */
  readonly head: Link;
  readonly problem?: { readonly fault: LogFault; readonly file: string; readonly line: number; readonly seq: number };
  /** Older entries that the log dropped by its size limit, as it says itself. */
  readonly droppedUntil?: number;
  /** What the log says of itself: ends torn by a crash, messages it could not record. */
  readonly recoveries: number;
  readonly lost: number;
  /** An end kept elsewhere was given and is in the chain. */
  readonly anchored: boolean;
  /** Every entry has an HMAC of the key. */
  readonly sealed: boolean;
}

export interface VerifyOptions {
  readonly key?: string | undefined;
  /** An entry noted elsewhere that must be there, with this hash. */
  readonly anchor?: Link | undefined;
  /** Bytes that count by file; all where it is not said. */
  readonly sizes?: ReadonlyMap<string, number>;
  readonly onEntry?: (entry: LogEntry) => void;
}

const BREATHE = 500;

/** Reads the whole log and gives its first bad place. Without key and anchor it cannot tell a log that was written anew as a whole, nor one cut at its end. */
export async function verifyLog(folder: string, options: VerifyOptions = {}): Promise<Verification> {
  const { key, anchor, sizes, onEntry } = options;
  const names = sizes ? [...sizes.keys()] : await listFiles(folder);
  let first: LogEntry | undefined;
  let head: Link = CHAIN_START;
  let entries = 0;
  let recoveries = 0;
  let lost = 0;
  let found: { fault: LogFault; file: string; line: number; seq: number } | undefined;
  let anchored = false;
  let foreign = false;
  const drops = new Map<number, string>();

  for (const name of names) {
    if (found) break;
    const data = (await fs.readFile(path.join(folder, name))).subarray(0, sizes?.get(name));
    let number = 0;
    for (const { line, ended } of linesOf(data)) {
      number += 1;
      const entry = openLine(line, key);
      const fault = typeof entry === "string" ? entry : first && (entry.seq !== head.seq + 1 || entry.prev !== head.hash) ? "order" : ended ? undefined : "cut";
      if (fault || typeof entry === "string") {
        found = { fault: fault ?? "unreadable", file: name, line: number, seq: head.seq + 1 };
        break;
      }
      first ??= entry;
      head = { seq: entry.seq, hash: entry.hash };
      entries += 1;
      if (entry.seq === anchor?.seq) {
        anchored = entry.hash === anchor.hash;
        foreign = !anchored;
      }
      const { fields = {} } = entry;
      if (entry.kind === "log/dropped") drops.set(Number(fields["until"]), String(fields["hash"]));
      if (entry.kind === "log/recovered") recoveries += 1;
      if (entry.kind === "log/lost") lost += Number(fields["messages"]);
      onEntry?.(entry);
      if (entries % BREATHE === 0) await nextTurn();
    }
  }
  const before = first ? first.seq - 1 : 0;
  const dropped = first !== undefined && before > 0 && drops.get(before) === first.prev;
  if (!found && first && !dropped && (before > 0 || first.prev !== CHAIN_START.hash)) found = { fault: "front", file: names[0] ?? "", line: 1, seq: 1 };
  const gone = anchor !== undefined && anchor.seq > 0 && !anchored && !(dropped && anchor.seq <= before);
  if (!found && (gone || foreign)) found = { fault: "end", file: names.at(-1) ?? "", line: 0, seq: anchor?.seq ?? 0 };
  return {
    intact: found === undefined, entries, files: names.length, head, recoveries, lost, anchored, sealed: key !== undefined && found === undefined && entries > 0,
    ...(first && { first: { seq: first.seq, hash: first.hash } }),
    ...(found && { problem: found }),
    ...(dropped && { droppedUntil: before }),
  };
}
