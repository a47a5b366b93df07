import fs from "node:fs/promises";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { openLine } from "./chain";
import type { LogEntry, Peer } from "./entry";
import { linesOf } from "./log-files";

export type ExportFormat = "jsonl" | "csv";

/** Which entries; times as ISO 8601, the first included, the second not. */
export interface ExportFilter {
  readonly since?: string;
  readonly until?: string;
}

const peerText = ({ name, product, version }: Peer): string => [name, product === name ? undefined : product, version].filter(Boolean).join(" ");

/** The columns of the table in their order. */
const COLUMNS: readonly (readonly [title: string, cell: (entry: LogEntry) => string | number | undefined])[] = [
  ["seq", ({ seq }) => seq],
  ["time", ({ time }) => time],
  ["from", ({ from }) => peerText(from)],
  ["fromAddress", ({ from }) => from.address],
  ["to", ({ to }) => peerText(to)],
  ["toAddress", ({ to }) => to.address],
  ["protocol", ({ protocol }) => protocol],
  ["kind", ({ kind }) => kind],
  ["summary", ({ summary }) => summary],
  ["bodId", ({ ids }) => ids.bodId],
  ["recordId", ({ ids }) => ids.recordId],
  ["inputId", ({ ids }) => ids.inputId],
  ["jobId", ({ ids }) => ids.jobId],
  ["size", ({ size }) => size],
  ["sha256", ({ sha256 }) => sha256],
  ["valid", ({ verdict }) => (verdict ? String(verdict.valid) : undefined)],
  ["errors", ({ verdict }) => verdict?.errors.map(({ path: at, code }) => `${code} ${at}`.trim()).join("; ")],
  ["milliseconds", ({ milliseconds }) => milliseconds],
  ["fields", ({ fields }) => (fields ? JSON.stringify(fields) : undefined)],
  ["prev", ({ prev }) => prev],
  ["hash", ({ hash }) => hash],
];

/** A cell by RFC 4180; a text that a spreadsheet would take for a formula begins with an apostrophe. */
function cell(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/**
 * The log as text in pieces: JSON lines are the log's own bytes, good or bad, so that a copy can be verified; a table has the
 * lines that are entries.
 */
export async function* exportLog(folder: string, sizes: ReadonlyMap<string, number>, format: ExportFormat, { since = "", until = "\uffff" }: ExportFilter = {}): AsyncGenerator<string> {
  if (format === "csv") yield `${COLUMNS.map(([title]) => title).join(",")}\r\n`;
  for (const [name, size] of sizes) {
    const data = (await fs.readFile(path.join(folder, name))).subarray(0, size);
    let part: string[] = [];
    for (const { line, ended } of linesOf(data)) {
      const entry = openLine(line);
      const isEntry = typeof entry !== "string";
      if (isEntry && (entry.time < since || entry.time >= until)) continue;
      if (format === "jsonl") part.push(`${line.toString("utf8")}${ended ? "\n" : ""}`);
      else if (isEntry) part.push(`${COLUMNS.map(([, of]) => cell(of(entry))).join(",")}\r\n`);
      if (part.length < 500) continue;
      yield part.join("");
      part = [];
      await nextTurn();
    }
    yield part.join("");
  }
}
