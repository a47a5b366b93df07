import { readFileSync } from "node:fs";
import path from "node:path";

/** A data file: the first argument of the script, else the file's place in the folder that RESONANCE_SHARED names. */
export function dataFile(...place: readonly string[]): string {
  const [, , given] = process.argv;
  if (given) return given;
  const shared = process.env["RESONANCE_SHARED"];
  if (!shared) throw new Error(`name the data as the first argument, or in RESONANCE_SHARED the folder with data/${place.join("/")}`);
  return path.join(shared, "data", ...place);
}

/** A table of texts with a head line and commas, no quotes: a column by name. */
export function readColumns(file: string): (name: string) => readonly string[] {
  const [head = "", ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const names = head.split(",");
  const rows = lines.map((line) => line.split(","));
  return (name) => {
    const column = names.indexOf(name);
    if (column < 0) throw new Error(`${file} has no column ${name}`);
    return rows.map((row) => row[column] ?? "");
  };
}
