import fs from "node:fs/promises";
import path from "node:path";
import { CHAIN_START, openLine, sha256, type Link } from "./chain";
import type { LogEntry } from "./entry";

/** A file of the log. */
export interface LogFile {
  readonly name: string;
  /** Bytes that count. */
  size: number;
  /** Time of its first entry, milliseconds since 1970. */
  begun: number;
}

/** Bytes at the end of a log that are no entry. */
export interface TornEnd {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

const NAME = /^interop-(\d{10})\.jsonl$/;
export const LINE_FEED = 0x0a;

/** Names of the files by their number. */
export async function listFiles(folder: string): Promise<string[]> {
  return (await fs.readdir(folder)).filter((name) => NAME.test(name)).sort();
}

/** The name of the file after `last`. */
export function nextName(last: string | undefined): string {
  return `interop-${String(Number(NAME.exec(last ?? "")?.[1] ?? 0) + 1).padStart(10, "0")}.jsonl`;
}

/** The lines of a file with the offset behind each, without their line feeds; the last one may have had none. */
export function* linesOf(data: Buffer): Generator<{ readonly line: Buffer; readonly end: number; readonly ended: boolean }> {
  for (let at = 0; at < data.length;) {
    const feed = data.indexOf(LINE_FEED, at);
    const end = feed === -1 ? data.length : feed;
    yield { line: data.subarray(at, end), end: feed === -1 ? end : end + 1, ended: feed !== -1 };
    at = end + 1;
  }
}

/** The files of a folder, the end of the chain, and what lies behind it. */
export interface FoundLog {
  readonly files: LogFile[];
  readonly head: Link;
  readonly torn: TornEnd | undefined;
}

/**
 * Finds the last entry that is whole. What lies behind it – a line cut by a crash – is moved into the folder `damaged`: a chain
 * goes on from whole entries only. Files before the last entry are not looked at; `verifyLog` does that.
 */
export async function findLog(folder: string): Promise<FoundLog> {
  const files: LogFile[] = [];
  for (const name of await listFiles(folder)) files.push({ name, size: (await fs.stat(path.join(folder, name))).size, begun: await begunOf(folder, name) });
  let torn: TornEnd | undefined;
  for (let last = files.at(-1); last; last = files.at(-1)) {
    const data = await fs.readFile(path.join(folder, last.name));
    let head: Link | undefined;
    let whole = 0;
    for (const { line, end, ended } of linesOf(data)) {
      const entry = ended ? openLine(line) : "unreadable";
      if (typeof entry === "string") continue;
      head = { seq: entry.seq, hash: entry.hash };
      whole = end;
    }
    if (whole < data.length) {
      torn = { file: last.name, bytes: data.length - whole, sha256: sha256(data.subarray(whole)) };
      await setAside(folder, last.name, data.subarray(whole), whole);
    }
    last.size = whole;
    if (head) return { files, head, torn };
    // No entry in it: an earlier file has the end of the chain.
    await fs.rm(path.join(folder, last.name), { force: true });
    files.pop();
  }
  return { files, head: CHAIN_START, torn };
}

async function setAside(folder: string, name: string, bytes: Buffer, whole: number): Promise<void> {
  const aside = path.join(folder, "damaged");
  await fs.mkdir(aside, { recursive: true, mode: 0o700 });
  const copy = await fs.open(path.join(aside, `${new Date().toISOString().replace(/[:.]/g, "-")}-${name}`), "w", 0o600);
  try {
    await copy.writeFile(bytes);
    await copy.sync();
  } finally {
    await copy.close();
  }
  const file = await fs.open(path.join(folder, name), "r+");
  try {
    await file.truncate(whole);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function begunOf(folder: string, name: string): Promise<number> {
  const file = await fs.open(path.join(folder, name), "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0);
    const [first] = linesOf(buffer.subarray(0, bytesRead));
    const entry = first ? openLine(first.line) : "unreadable";
    return typeof entry === "string" ? 0 : Date.parse((entry satisfies LogEntry).time);
  } finally {
    await file.close();
  }
}
