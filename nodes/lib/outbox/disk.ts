import fs from "node:fs/promises";
import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";

/** What writes to the disk; tests put one that fails in its place. */
export interface Disk {
  /** Writes all of `data` at `position`. */
  write(file: fs.FileHandle, data: Buffer, position: number): Promise<void>;
  /** Returns when everything written to the file is on the medium. */
  sync(file: fs.FileHandle): Promise<void>;
  /** Creates a file that does not exist yet. */
  create(file: string): Promise<fs.FileHandle>;
}

export const REAL_DISK: Disk = {
  async write(file, data, position) {
    for (let written = 0; written < data.length;) {
      const { bytesWritten } = await file.write(data, written, data.length - written, position + written);
      written += bytesWritten;
    }
  },
  sync: (file) => file.datasync(),
  create: (file) => fs.open(file, "wx+", 0o600),
};

/** Puts the names in a folder (created, renamed, removed files) on the medium; Windows has no such call and does it by itself. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await fs.open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates the folder with its parents; their names are on the medium afterwards. */
export async function createFolder(folder: string): Promise<void> {
  const first = await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let at = folder; at.length >= first.length; at = path.dirname(at)) await syncFolder(path.dirname(at));
}

/** What the disk threw, as the outbox reports it. */
export function diskFailure(folder: string, thrown: unknown): ResonanceError {
  if (thrown instanceof ResonanceError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : "?";
  return new ResonanceError("RESONANCE_OUTBOX_DISK", { folder, detail }, { cause: thrown });
}
