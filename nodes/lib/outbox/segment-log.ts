import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";
import { type Disk, diskFailure, syncFolder } from "./disk";
import { FRAME, type Frame, frameHeader, HEADER_BYTES, packPayload, type Payload } from "./frame";
import { createFrameReader, type FrameReader } from "./frame-reader";
import { type DamageReport, recoverSegment } from "./recover-segment";

/** One file of the log. */
export interface Segment {
  readonly file: string;
  /** In the file's name; CRCs begin with it. */
  readonly salt: number;
  /** Bytes that are on the medium; what may lie behind them does not count. */
  size: number;
  /** Entries that still count and lie here, and their bytes; whoever keeps the entries keeps these. */
  live: number;
  liveBytes: number;
}

/** Where a frame lies. */
export interface Place {
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
}

/** A frame to write and who waits for it. */
export interface Write {
  readonly payload: Payload;
  /** Stays in the queue when the disk fails; else the frame is given up with the failure. */
  readonly keep: boolean;
  readonly onDisk: (place: Place) => void;
  readonly failed: (error: ResonanceError) => void;
}

export interface SegmentLogOptions {
  readonly folder: string;
  /** A file that has grown to this is finished. */
  readonly segmentBytes: number;
  readonly disk: Disk;
  /** Entries of a segment that still count, written again to the end of the log so that the file can go. */
  liveIn(segment: Segment): readonly Write[];
  /** The disk failed (`error`) or works again. */
  onTrouble(error: ResonanceError | undefined): void;
}

/** An append-only log in files; one fsync for everything that waits (group commit). */
export interface SegmentLog extends Pick<FrameReader, "read"> {
  readonly damage: readonly DamageReport[];
  append(write: Write): void;
  /** Frees files without entries soon, although nothing is to be written. */
  tidy(): void;
  /** Writes what waits, then lets go of the files. */
  close(): Promise<void>;
}

const BATCH_BYTES = 4 * 1024 * 1024;
const RETRY_MS = 1000;
/** A mark of no entry. */
const PROBE: Write = { payload: packPayload(FRAME.done, { s: 0 }), keep: true, onDisk: () => undefined, failed: () => undefined };
const NAME = /^(\d{10})-([0-9a-f]{8})\.log$/;

/** Opens the log of a folder; `found` hears every whole frame in the order in which it was written. */
export async function openSegmentLog(options: SegmentLogOptions, found: (frame: Frame, segment: Segment) => void): Promise<SegmentLog> {
  const { folder, segmentBytes, disk } = options;
  const segments: Segment[] = [];
  const damage: DamageReport[] = [];
  let lastNumber = 0;
  for (const name of (await fs.readdir(folder)).sort()) {
    if (name.endsWith(".draft")) await fs.rm(path.join(folder, name), { force: true });
    const [, number, salt] = NAME.exec(name) ?? [];
    if (number === undefined || salt === undefined) continue;
    const segment: Segment = { file: path.join(folder, name), salt: parseInt(salt, 16), size: 0, live: 0, liveBytes: 0 };
    const recovered = await recoverSegment(folder, name, segment.salt);
    segment.size = recovered.size;
    if (recovered.damage) damage.push(recovered.damage);
    for (const frame of recovered.frames) found(frame, segment);
    segments.push(segment);
    lastNumber = Number(number);
  }

  const queue: Write[] = [];
  let head: fs.FileHandle | undefined;
  let running: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let troubled = false;
  /** What lies behind the end of the last file is not known: write to a new one. */
  let sealed = false;
  /** Something in the queue was not yet refused by a disk in trouble. */
  let untried = false;
  let closed = false;
  let finished = false;
  const last = (): Segment | undefined => segments.at(-1);
  const reader = createFrameReader();

  const remove = async (segment: Segment): Promise<void> => {
    reader.forget(segment);
    if (segment === last()) {
      await head?.close();
      head = undefined;
    }
    segments.splice(segments.indexOf(segment), 1);
    await fs.rm(segment.file, { force: true });
    await syncFolder(folder);
  };

  const startSegment = async (): Promise<void> => {
    const unused = last();
    if (unused?.size === 0) await remove(unused);
    const salt = randomBytes(4).readUInt32LE();
    const name = `${String(lastNumber + 1).padStart(10, "0")}-${salt.toString(16).padStart(8, "0")}.log`;
    const created = await disk.create(path.join(folder, name));
    lastNumber += 1;
    await head?.close();
    head = created;
    segments.push({ file: path.join(folder, name), salt, size: 0, live: 0, liveBytes: 0 });
    sealed = false;
    await syncFolder(folder);
  };

  const openHead = async (bytes: number): Promise<{ file: fs.FileHandle; segment: Segment }> => {
    const segment = last();
    if (!segment || sealed || (segment.size > 0 && segment.size + bytes > segmentBytes)) await startSegment();
    else if (!head) {
      head = await fs.open(segment.file, "r+");
      // An earlier process may have been killed between writing and fsync.
      await disk.sync(head);
    }
    const current = last();
    if (!head || !current) throw new Error("no segment");
    return { file: head, segment: current };
  };

  const write = async (batch: readonly Write[]): Promise<void> => {
    const { file, segment } = await openHead(batch.reduce((total, { payload }) => total + HEADER_BYTES + payload.bytes.length, 0));
    const data = Buffer.concat(batch.flatMap(({ payload }) => [frameHeader(payload, segment.salt), payload.bytes]));
    try {
      await disk.write(file, data, segment.size);
    } catch (thrown) {
      // Half a batch must not be read as whole frames later.
      await file.truncate(segment.size).catch(() => { sealed = true; });
      throw thrown;
    }
    try {
      await disk.sync(file);
    } catch (thrown) {
      // After a failed fsync nothing is known of what the file holds behind its last good byte.
      sealed = true;
      await file.truncate(segment.size).catch(() => undefined);
      throw thrown;
    }
    let offset = segment.size;
    segment.size += data.length;
    for (const { payload, onDisk } of batch) {
      const length = HEADER_BYTES + payload.bytes.length;
      onDisk({ segment, offset, length });
      offset += length;
    }
  };

  const setTrouble = (thrown: unknown): ResonanceError | undefined => {
    const error = thrown === undefined ? undefined : diskFailure(folder, thrown);
    if (troubled || error) options.onTrouble(error);
    troubled = error !== undefined;
    return error;
  };

  /** Files go oldest first: a mark of a later file may speak of an entry in an earlier one. */
  const reclaim = async (): Promise<void> => {
    for (;;) {
      const oldest = segments[0];
      if (!oldest) return;
      if (oldest.live === 0 && (oldest !== last() || (oldest.size > 0 && (troubled || sealed || oldest.size >= segmentBytes)))) {
        await remove(oldest);
        continue;
      }
      const size = segments.reduce((total, segment) => total + segment.size, 0);
      const live = segments.reduce((total, segment) => total + segment.liveBytes, 0);
      if (troubled || oldest === last() || size < 4 * segmentBytes || size < 2 * live) return;
      const rewritten = options.liveIn(oldest);
      if (rewritten.length > 0) await write(rewritten);
      if (oldest.live > 0) return;
    }
  };

  const flush = async (): Promise<void> => {
    // What is put in the same turn shares the fsync.
    await Promise.resolve();
    do {
      const batch = takeBatch(queue);
      untried = queue.length > 0;
      try {
        if (batch.length > 0) {
          await write(batch);
          setTrouble(undefined);
        }
      } catch (thrown) {
        const error = setTrouble(thrown);
        if (error) giveBack(queue, batch, error);
      }
      await reclaim().catch((thrown: unknown) => { setTrouble(thrown); });
    } while (queue.length > 0 && !troubled);
    // Whether there is room again shows only by writing.
    if (troubled && queue.length === 0) queue.push(PROBE);
    if (troubled && !closed) {
      retry = setTimeout(start, RETRY_MS);
      retry.unref();
    }
  };

  const start = (): void => {
    clearTimeout(retry);
    running ??= flush().finally(() => {
      running = undefined;
      if (queue.length > 0 && (untried || !troubled)) start();
    });
  };

  return {
    damage,
    read: (place) => reader.read(place),
    append(item) {
      if (finished) {
        item.failed(new ResonanceError("RESONANCE_OUTBOX_CLOSED", { folder }));
        return;
      }
      queue.push(item);
      untried = true;
      start();
    },
    tidy: start,
    async close() {
      closed = true;
      clearTimeout(retry);
      start();
      while (running) await running;
      finished = true;
      for (const item of queue.splice(0)) item.failed(new ResonanceError("RESONANCE_OUTBOX_CLOSED", { folder }));
      reader.close();
      await head?.close();
      head = undefined;
    },
  };
}

function takeBatch(queue: Write[]): Write[] {
  let bytes = 0;
  let count = 0;
  for (const { payload } of queue) {
    bytes += payload.bytes.length;
    if (count > 0 && bytes > BATCH_BYTES) break;
    count += 1;
  }
  return queue.splice(0, count);
}

/** Marks wait for room on the disk; entries are given up, so that whoever puts them knows. */
function giveBack(queue: Write[], batch: readonly Write[], error: ResonanceError): void {
  queue.unshift(...batch.filter(({ keep }) => keep));
  for (const write of batch) write.failed(error);
}
