import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";
import { isObject } from "../json/is-object";
import type { Summary } from "./changes";

/** What outlives a deploy and a restart: the analysis before, to compare with, and the causes that were told. */
export interface Kept {
  readonly version: number;
  readonly summary: Summary;
  /** Security of each connection as it was configured. */
  readonly wanted: Readonly<Record<string, string>>;
  readonly told: readonly string[];
}

/** One file of a node; what cannot be read counts as no analysis before. */
export interface Store {
  read(): Kept | undefined;
  /** @throws RESONANCE_VDI2182_STORE */
  write(kept: Kept): void;
  remove(): void;
}

export function createStore(file: string): Store {
  return {
    read() {
      try {
        const kept: unknown = JSON.parse(readFileSync(file, "utf8"));
        return isKept(kept) ? kept : undefined;
      } catch {
        return undefined;
      }
    },
    write(kept) {
      try {
        mkdirSync(path.dirname(file), { recursive: true });
        // Whole or not at all: a failure between leaves the one before.
        writeFileSync(`${file}.new`, JSON.stringify(kept));
        renameSync(`${file}.new`, file);
      } catch (cause) {
        throw new ResonanceError("RESONANCE_VDI2182_STORE", { file, detail: cause instanceof Error ? cause.message : String(cause) }, { cause });
      }
    },
    remove() { rmSync(file, { force: true }); },
  };
}

function isKept(kept: unknown): kept is Kept {
  return isObject(kept) && Number.isInteger(kept["version"]) && isObject(kept["summary"]) && isObject(kept["wanted"]) && Array.isArray(kept["told"])
    && ["interface", "risk", "measure", "node"].every((kind) => isObject((kept["summary"] as Readonly<Record<string, unknown>>)[kind]));
}
