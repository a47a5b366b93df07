import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { canonicalJson } from "./canonical-json";
import type { EntryDraft, LogEntry } from "./entry";

/** The end of a chain: what the next entry refers to, and what an auditor keeps elsewhere. */
export interface Link {
  readonly seq: number;
  readonly hash: string;
}

/** What the first entry of all refers to. */
export const CHAIN_START: Link = { seq: 0, hash: "0".repeat(64) };

export const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

const macOf = (key: string, hash: string): string => createHmac("sha256", key).update(hash).digest("hex");

/** The line of an entry behind `before`, with its line feed, and the new end of the chain. */
export function sealEntry(draft: EntryDraft, before: Link, key?: string): { readonly line: string; readonly link: Link } {
  const body = { ...draft, seq: before.seq + 1, prev: before.hash };
  const hash = sha256(canonicalJson(body));
  const entry: LogEntry = { ...body, hash, ...(key !== undefined && { mac: macOf(key, hash) }) };
  return { line: `${canonicalJson(entry)}\n`, link: { seq: entry.seq, hash } };
}

/** What can be wrong with a single line. */
export type LineFault = "unreadable" | "changed" | "seal";

/**
 * The entry in a line without its line feed, or what is wrong with it: `unreadable`, `changed` (any byte differs from what
 * the entry's hash stands for) or, with a key, `seal` (the HMAC is missing or another).
 */
export function openLine(line: Buffer, key?: string): LogEntry | LineFault {
  let entry: LogEntry;
  let body: string;
  let text: string;
  try {
    entry = JSON.parse(line.toString("utf8")) as LogEntry;
    body = canonicalJson({ ...entry, hash: undefined, mac: undefined });
    text = canonicalJson(entry);
  } catch {
    return "unreadable";
  }
  if (!Number.isSafeInteger(entry.seq) || typeof entry.prev !== "string" || typeof entry.hash !== "string") return "unreadable";
  // White space, escapes or a repeated name would read the same: what counts is the bytes.
  if (!line.equals(Buffer.from(text)) || sha256(body) !== entry.hash) return "changed";
  return key === undefined || isSealed(entry, key) ? entry : "seal";
}

function isSealed({ hash, mac }: LogEntry, key: string): boolean {
  const wanted = Buffer.from(macOf(key, hash));
  const found = Buffer.from(typeof mac === "string" ? mac : "");
  return found.length === wanted.length && timingSafeEqual(found, wanted);
}
