import fs from "node:fs/promises";
import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";
import { createFolder, REAL_DISK, syncFolder, type Disk } from "../outbox/disk";
import { lockFolder } from "../outbox/lock";
import { sealEntry, type Link } from "./chain";
import type { EntryDraft, Peer } from "./entry";
import { findLog, nextName, type FoundLog, type LogFile, type TornEnd } from "./log-files";

/** How large the log gets and how sure it is. */
export interface LogSettings {
  /** Bytes after which a new file begins. */
  readonly fileBytes: number;
  /** Milliseconds after which a new file begins; 0: never. */
  readonly fileAgeMs: number;
  /** Bytes of all files. */
  readonly totalBytes: number;
  /** At the total: nothing more is recorded, or the oldest file goes. */
  readonly atLimit: "stop" | "drop";
  /** Key of the HMAC, where entries shall have one. */
  readonly key?: string | undefined;
}

/** The files of a log while it is written: one caller at a time. */
export interface LogWriter {
  readonly torn: TornEnd | undefined;
  head(): Link;
  bytes(): number;
  sizes(): ReadonlyMap<string, number>;
  /**
   * Adds entries behind the last; with `sync` they are on the medium when it resolves. All or none of them are in the log.
   * @throws RESONANCE_INTEROP_FULL, RESONANCE_INTEROP_DISK
   */
  write(drafts: readonly EntryDraft[], settings: LogSettings, options: { readonly sync: boolean; readonly mayDrop: boolean }): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

const LOG: Peer = { name: "interoperability log" };

/** An entry of what the log has to say of itself. */
export function ownEntry(kind: string, summary: string, fields: Readonly<Record<string, string | number>>): EntryDraft {
  return { time: new Date().toISOString(), from: LOG, to: LOG, protocol: "file", kind, summary, ids: {}, fields };
}

/** Opens the log of a folder for writing, which then is this process's alone. @throws RESONANCE_INTEROP_LOCKED, RESONANCE_INTEROP_DISK */
export async function openLogWriter(folder: string, disk: Disk = REAL_DISK): Promise<LogWriter> {
  let release: () => Promise<void>;
  try {
    await createFolder(folder);
    release = await lockFolder(folder);
  } catch (thrown) {
    throw logFailure(folder, thrown);
  }
  let found: FoundLog;
  try {
    found = await findLog(folder);
  } catch (thrown) {
    await release();
    throw logFailure(folder, thrown);
  }
  const { files, torn } = found;
  let { head } = found;
  let handle: fs.FileHandle | undefined;
  /** Bytes behind the end may be half a batch that could not be cut off. */
  let unclean = false;
  const total = (): number => files.reduce((sum, { size }) => sum + size, 0);

  const dropFile = async (file: LogFile): Promise<void> => {
    await fs.rm(path.join(folder, file.name), { force: true });
    files.splice(files.indexOf(file), 1);
  };
  const current = async (settings: LogSettings, bytes: number): Promise<{ file: LogFile; handle: fs.FileHandle }> => {
    const last = files.at(-1);
    const isOver = last !== undefined && last.size > 0
      && (last.size + bytes > settings.fileBytes || (settings.fileAgeMs > 0 && Date.now() - last.begun >= settings.fileAgeMs));
    if (!last || isOver) {
      const name = nextName(last?.name);
      if (handle) await disk.sync(handle);
      const created = await disk.create(path.join(folder, name));
      await handle?.close();
      handle = created;
      unclean = false;
      files.push({ name, size: 0, begun: Date.now() });
      await syncFolder(folder);
    }
    const file = files.at(-1);
    if (!file) throw new Error("no file");
    handle ??= await fs.open(path.join(folder, file.name), "r+");
    if (unclean) {
      await handle.truncate(file.size);
      unclean = false;
    }
    return { file, handle };
  };
  const seal = (drafts: readonly EntryDraft[], key: string | undefined): { data: Buffer; end: Link } => {
    let end = head;
    const lines = drafts.map((draft) => {
      const { line, link } = sealEntry(draft, end, key);
      end = link;
      return line;
    });
    return { data: Buffer.from(lines.join("")), end };
  };
  const put = async (drafts: readonly EntryDraft[], settings: LogSettings, sync: boolean): Promise<void> => {
    const { data, end } = seal(drafts, settings.key);
    const { file, handle: open } = await current(settings, data.length);
    try {
      await disk.write(open, data, file.size);
      if (sync) await disk.sync(open);
    } catch (thrown) {
      unclean = true;
      await open.truncate(file.size).then(() => { unclean = false; }, () => undefined);
      throw thrown;
    }
    file.size += data.length;
    head = end;
  };
  /** Makes room by the oldest files; the entry that says so is in the log before its file goes. */
  const makeRoom = async (bytes: number, settings: LogSettings, mayDrop: boolean): Promise<void> => {
    if (total() + bytes <= settings.totalBytes) return;
    if (settings.atLimit === "stop") throw new ResonanceError("RESONANCE_INTEROP_FULL", { folder, bytes: settings.totalBytes });
    // What is being read stays until the next entry.
    while (mayDrop && files.length > 1 && total() + bytes > settings.totalBytes) {
      const [oldest, next] = files;
      if (!oldest || !next) return;
      const first = await firstOf(path.join(folder, next.name));
      if (first) await put([ownEntry("log/dropped", `entries up to ${first.seq - 1}`, { until: first.seq - 1, hash: first.prev })], settings, true);
      await dropFile(oldest);
    }
  };

  return {
    torn,
    head: () => head,
    bytes: total,
    sizes: () => new Map(files.map(({ name, size }) => [name, size])),
    async write(drafts, settings, { sync, mayDrop }) {
      try {
        await makeRoom(seal(drafts, settings.key).data.length, settings, mayDrop);
        await put(drafts, settings, sync);
      } catch (thrown) {
        throw logFailure(folder, thrown);
      }
    },
    async sync() {
      try {
        if (handle) await disk.sync(handle);
      } catch (thrown) {
        throw logFailure(folder, thrown);
      }
    },
    async close() {
      try {
        if (handle) await disk.sync(handle).catch(() => undefined);
        await handle?.close();
      } finally {
        handle = undefined;
        await release();
      }
    },
  };
}

/** Number and predecessor that the first line of a file states. */
async function firstOf(file: string): Promise<{ readonly seq: number; readonly prev: string } | undefined> {
  const [line = ""] = (await fs.readFile(file, "utf8")).split("\n", 1);
  try {
    return JSON.parse(line) as { seq: number; prev: string };
  } catch {
    return undefined;
  }
}

/** What the disk threw, as the log reports it. */
export function logFailure(folder: string, thrown: unknown): ResonanceError {
  if (thrown instanceof ResonanceError) {
    return thrown.code === "RESONANCE_OUTBOX_LOCKED" ? new ResonanceError("RESONANCE_INTEROP_LOCKED", thrown.params, { cause: thrown }) : thrown;
  }
  return new ResonanceError("RESONANCE_INTEROP_DISK", { folder, detail: thrown instanceof Error ? thrown.message : "?" }, { cause: thrown });
}
