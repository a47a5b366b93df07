import fs from "node:fs/promises";
import path from "node:path";
import { createFolder, syncFolder } from "./disk";
import { type DamagedRange, type Frame, scanFrames } from "./frame";

/** What was found broken in one file of the log, and where its bytes were kept. */
export interface DamageReport {
  readonly file: string;
  /** Bytes cut or skipped. */
  readonly bytes: number;
  /** Entries or marks in them that could still be told apart; at least so many were lost. */
  readonly frames: number;
  /** Whether it was only the end of the file, as a power failure leaves it. */
  readonly tail: boolean;
  /** File with the bytes taken out; `undefined` when there was no room for it. */
  readonly keptAside: string | undefined;
}

export interface RecoveredSegment {
  readonly frames: readonly Frame[];
  readonly size: number;
  readonly damage: DamageReport | undefined;
}

const DAMAGED = "damaged";
const KEPT_ASIDE = 20;

/**
 * Reads one file of the log. Broken bytes are kept aside in the folder `damaged`, then the file is written again
 * without them; whole frames before and after them stay.
 */
export async function recoverSegment(folder: string, name: string, salt: number): Promise<RecoveredSegment> {
  const file = path.join(folder, name);
  const data = await fs.readFile(file);
  const { frames, damage } = scanFrames(data, salt);
  if (damage.length === 0) return { frames, size: data.length, damage: undefined };
  const report: DamageReport = {
    file: name,
    bytes: sum(damage, ({ bytes }) => bytes),
    frames: sum(damage, ({ frames: count }) => count),
    tail: damage.length === 1 && (damage[0]?.offset ?? 0) + (damage[0]?.bytes ?? 0) === data.length,
    keptAside: await keepAside(folder, name, data, damage),
  };
  if (report.tail) {
    const size = damage[0]?.offset ?? 0;
    await cut(file, size);
    return { frames, size, damage: report };
  }
  const moved = await rewrite(folder, name, data, frames);
  return moved ? { frames: moved, size: sum(moved, ({ length }) => length), damage: report } : { frames, size: data.length, damage: report };
}

async function cut(file: string, size: number): Promise<void> {
  const handle = await fs.open(file, "r+");
  try {
    await handle.truncate(size);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The file without its broken bytes, in its place at once; without room for it, it stays as it is and is reported again next time. */
async function rewrite(folder: string, name: string, data: Buffer, frames: readonly Frame[]): Promise<readonly Frame[] | undefined> {
  const draft = path.join(folder, `${name}.draft`);
  try {
    await writeSynced(draft, Buffer.concat(frames.map(({ offset, length }) => data.subarray(offset, offset + length))));
    await fs.rename(draft, path.join(folder, name));
    await syncFolder(folder);
  } catch {
    await fs.rm(draft, { force: true });
    return undefined;
  }
  let at = 0;
  return frames.map((frame) => {
    const offset = at;
    at += frame.length;
    return { ...frame, offset };
  });
}

/** The broken bytes in a file of their own; the newest twenty such files stay. */
async function keepAside(folder: string, name: string, data: Buffer, damage: readonly DamagedRange[]): Promise<string | undefined> {
  const aside = path.join(folder, DAMAGED);
  const file = path.join(aside, `${new Date().toISOString().replace(/[:.]/g, "-")}-${name}`);
  try {
    await createFolder(aside);
    const older = (await fs.readdir(aside)).sort();
    for (const old of older.slice(0, Math.max(0, older.length - KEPT_ASIDE + 1))) await fs.rm(path.join(aside, old), { force: true });
    await writeSynced(file, Buffer.concat(damage.map(({ offset, bytes }) => data.subarray(offset, offset + bytes))));
    await syncFolder(aside);
    return file;
  } catch {
    await fs.rm(file, { force: true });
    return undefined;
  }
}

async function writeSynced(file: string, data: Buffer): Promise<void> {
  const handle = await fs.open(file, "w", 0o600);
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function sum<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((total, item) => total + of(item), 0);
}
