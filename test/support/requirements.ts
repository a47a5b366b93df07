import { existsSync } from "node:fs";
import path from "node:path";

/** What a test may need beyond Node and npm; `RESONANCE_REQUIRE` names (comma separated) what must not be skipped. */
export type Requirement = "shared" | "xmllint" | "chromium" | "node24" | "openssl" | "mosquitto" | "onnxruntime";

const required = new Set((process.env["RESONANCE_REQUIRE"] ?? "").split(",").map((name) => name.trim()));

/**
 * The `skip` option of a test: `false` when `found`, a sentence when it is not there.
 * @throws when it is not there although `RESONANCE_REQUIRE` names it: a missing tool then fails instead of skipping.
 */
export function skipWithout(requirement: Requirement, found: unknown): false | string {
  if (found) return false;
  if (required.has(requirement)) throw new Error(`${requirement} is required by RESONANCE_REQUIRE and was not found`);
  return `${requirement} was not found`;
}

/** Folder of official schemas and real machine data, where there is one. */
export const sharedData: string | undefined = (() => {
  const root = process.env["RESONANCE_SHARED"];
  const data = root === undefined ? undefined : path.join(root, "data");
  return data !== undefined && existsSync(data) ? data : undefined;
})();

/** The first of `commands` on the PATH, with its folder. */
export function findCommand(...commands: readonly string[]): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return commands.flatMap((command) => folders.map((folder) => path.join(folder, command))).find((file) => existsSync(file));
}
