import fs from "node:fs";
import path from "node:path";
import type { EntryDraft } from "../../nodes/lib/interop/entry";
import type { LogSettings } from "../../nodes/lib/interop/log-writer";

/** A log that never fills up in a test. */
export const INTEROP_SETTINGS: LogSettings = { fileBytes: 1_000_000, fileAgeMs: 0, totalBytes: 100_000_000, atLimit: "stop" };

/** An entry of a message that never was. */
export function interopDraft(number: number): EntryDraft {
  return {
    time: "2026-01-02T03:04:05.678Z", from: { name: "MES", product: "Werkstück 工件" }, to: { name: "Node-RED" }, protocol: "HTTP", kind: "SyncJobResponse",
    summary: `number ${number}`, ids: { bodId: `bod-${number}` }, size: number, sha256: "ab".repeat(32), milliseconds: 1.25,
  };
}

/** Paths of the log's files in their order. */
export const interopFiles = (folder: string): string[] => fs.readdirSync(folder).filter((name) => name.endsWith(".jsonl")).sort().map((name) => path.join(folder, name));

/** The entries as they stand in the files. */
export const interopEntries = (folder: string): { seq: number; kind: string; ids: Record<string, string>; fields?: Record<string, unknown> }[] =>
  interopFiles(folder).flatMap((file) => fs.readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line) as never));
