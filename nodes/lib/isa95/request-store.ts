import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";
import type { RequestEntry } from "./request-ledger";

/** A file that keeps requests over a restart. */
export interface RequestStore {
  /** What was kept; nothing where there is no file or it cannot be read as JSON. */
  load(): unknown;
  /** Throws RESONANCE_ISA95_LEDGER where the file cannot be written. */
  save(entries: readonly RequestEntry[]): void;
}

/** The store of one node, in a folder of Node-RED's user directory. A file is replaced as a whole, so that none is ever half written. */
export function openRequestStore(folder: string, nodeId: string): RequestStore {
  const file = path.join(folder, `${nodeId.replace(/[^\w-]/g, "_")}.json`);
  return {
    load() {
      try {
        return JSON.parse(readFileSync(file, "utf8")) as unknown;
      } catch {
        return undefined;
      }
    },
    save(entries) {
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(`${file}.new`, JSON.stringify(entries));
        renameSync(`${file}.new`, file);
      } catch (cause) {
        throw new ResonanceError("RESONANCE_ISA95_LEDGER", { file, detail: cause instanceof Error ? cause.message : String(cause) }, { cause });
      }
    },
  };
}
