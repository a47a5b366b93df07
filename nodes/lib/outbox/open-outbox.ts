import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";
import { createFolder, type Disk, diskFailure, REAL_DISK } from "./disk";
import { FRAME, type FrameType, HEADER_BYTES, type MarkMeta, packPayload, type PutMeta } from "./frame";
import type { Kept } from "./kept";
import { createLedger } from "./ledger";
import { lockFolder } from "./lock";
import type { NewEntry, Outbox, OutboxEntry, OutboxLimits, OutboxPolicy } from "./outbox";
import { recoverEntries } from "./recovered-entries";
import { createRoom } from "./room";
import { openSegmentLog, type Segment, type Write } from "./segment-log";
import { createSignal } from "./signal";

export interface OutboxOptions {
  /** Folder of this outbox alone; created when it is missing. */
  readonly folder: string;
  readonly limits: OutboxLimits;
  readonly policy: OutboxPolicy;
  /** Size at which a file of the log is finished, in bytes. */
  readonly segmentBytes?: number;
  readonly disk?: Disk;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const SEGMENT_BYTES = 8 * 1024 * 1024;
const READ_AGAIN_MS = 1000;
const REPLAYED_AT_ONCE = 256;
const NONE: ReadonlySet<string> = new Set();

/**
 * Opens the outbox of a folder with what an earlier process left in it.
 * @throws RESONANCE_OUTBOX_LOCKED, RESONANCE_OUTBOX_DISK
 */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { limits, policy, segmentBytes = SEGMENT_BYTES, disk = REAL_DISK, now = Date.now } = options;
  const folder = path.resolve(options.folder);
  const ledger = createLedger();
  const { lanes, totals, dead } = ledger;
  const signal = createSignal();
  const room = createRoom(limits, policy, () => totals);
  const counters = { underWay: 0, done: 0, dropped: 0, expired: 0, deadDropped: 0, damaged: 0 };
  const replaying = new Set<number>();
  const longest = limits.ageMs > 0 ? limits.ageMs : Infinity;
  /** Lanes whose last entry is settled, but not yet on the disk: what comes next must not arrive before it is sure to be the next one. */
  const settling = new Set<string>();
  let trouble: ResonanceError | undefined;
  let unreadable: ResonanceError | undefined;
  let closed = false;

  const failure = (thrown: unknown): ResonanceError => diskFailure(folder, thrown);
  await createFolder(folder).catch((thrown: unknown) => { throw failure(thrown); });
  const unlock = await lockFolder(folder).catch((thrown: unknown) => { throw failure(thrown); });
  const recovered = recoverEntries();
  const log = await openSegmentLog({
    folder, segmentBytes, disk, liveIn,
    onTrouble(error) {
      trouble = error;
      // Deliveries make room on a full disk, so they go on.
      if (error) settling.forEach(goOn);
      signal.notify();
    },
  }, (frame, segment) => { recovered.found(frame, segment); }).catch(async (thrown: unknown) => {
    await unlock();
    throw failure(thrown);
  });
  for (const kept of recovered.entries()) ledger.add(kept);
  let sequence = recovered.lastSequence();

  function goOn(lane: string): void {
    if (!settling.delete(lane)) return;
    lanes.release(lane);
    signal.notify();
  }
  const forget = (kept: Kept): void => {
    const underWay = kept.state === "under-way";
    ledger.remove(kept);
    if (underWay) {
      counters.underWay -= 1;
      lanes.release(kept.lane);
    }
    room.freed();
    signal.notify();
  };
  const mark = (type: FrameType, meta: MarkMeta): Promise<void> => new Promise((resolve, reject) => {
    log.append({ payload: packPayload(type, meta), keep: true, onDisk: () => { resolve(); }, failed: reject });
  });
  /** Marks an entry that was tried as settled; its lane goes on when that is on the disk, so that after a crash nothing old is sent behind newer. */
  const settle = ({ lane }: Kept, underWay: boolean, type: FrameType, meta: MarkMeta): Promise<void> => {
    const marked = mark(type, meta);
    if (!underWay) return marked;
    settling.add(lane);
    if (trouble) goOn(lane);
    const next = (): void => { goOn(lane); };
    marked.then(next, next);
    return marked;
  };
  /** Nobody waits for these marks; without them an entry would come back after a restart. */
  const drop = (kept: Kept): void => {
    forget(kept);
    mark(FRAME.dropped, { s: kept.sequence }).catch(() => undefined);
  };
  const dropTooOld = (): void => {
    for (let kept = ledger.oldestWaiting(); kept && now() - kept.queuedAt > longest; kept = ledger.oldestWaiting()) {
      counters.expired += 1;
      drop(kept);
    }
  };
  const dropTooMany = (newest?: Kept): void => {
    while (policy === "drop-oldest" && room.lacking()) {
      const kept = ledger.oldestWaiting();
      if (!kept || kept === newest) break;
      counters.dropped += 1;
      drop(kept);
    }
    for (const kept of dead.values()) {
      if (dead.size <= limits.entries && totals.deadBytes <= limits.bytes) return;
      counters.deadDropped += 1;
      drop(kept);
    }
  };

  /** An entry whose bytes are no longer what was written is lost; a disk that cannot be read now is another matter. */
  const readKept = (kept: Kept): OutboxEntry | undefined => {
    const stored = log.read(kept.place);
    if (!stored) {
      counters.damaged += 1;
      forget(kept);
      return undefined;
    }
    const { meta, body } = stored;
    return {
      sequence: kept.sequence, key: meta.k, lane: meta.l, headers: meta.h, body: meta.b ? body : body.toString("utf8"),
      queuedAt: new Date(kept.queuedAt).toISOString(), attempts: kept.attempts,
    };
  };
  function liveIn(segment: Segment): readonly Write[] {
    return ledger.lying(segment).flatMap((kept) => {
      const entry = readKept(kept);
      if (!entry) return [];
      const payload = pack(entry, { s: kept.sequence, t: kept.queuedAt, a: kept.attempts, ...(kept.dead && { d: kept.dead }) });
      // Settled meanwhile: then the copy is dead weight and its mark follows it in the log.
      return [{ payload, keep: false, failed: () => undefined, onDisk: (place) => { if (kept.state !== "gone") ledger.move(kept, place); } }];
    });
  }

  /** Writes an entry for which `size` bytes of room are taken. */
  const write = (entry: NewEntry, size: number, replays?: Kept): Promise<void> => new Promise((resolve, reject) => {
    sequence += 1;
    const own = sequence;
    const queuedAt = now();
    log.append({
      payload: pack(entry, { s: own, t: queuedAt, ...(replays && { r: replays.sequence }) }),
      keep: false,
      failed(error) {
        room.leave(size);
        reject(error);
      },
      onDisk(place) {
        if (replays?.state === "dead") forget(replays);
        const kept: Kept = { sequence: own, lane: entry.lane, queuedAt, place, attempts: 0, state: "waiting", dead: undefined };
        ledger.add(kept);
        room.leave(size);
        dropTooMany(kept);
        signal.notify();
        resolve();
      },
    });
  });

  const mustBeOpen = (): void => {
    if (closed) throw new ResonanceError("RESONANCE_OUTBOX_CLOSED", { folder });
  };
  const unsettled = (number: number): Kept | undefined => {
    const kept = ledger.get(number);
    return kept?.state === "dead" ? undefined : kept;
  };
  const chosen = (which: number | "all"): readonly Kept[] => [...dead.values()].filter((kept) => which === "all" || kept.sequence === which);

  dropTooOld();
  dropTooMany();
  log.tidy();
  return {
    damage: log.damage,
    async put(entry) {
      mustBeOpen();
      dropTooOld();
      const size = entrySize(entry);
      await room.enter(size);
      return write(entry, size);
    },
    next(busy = NONE) {
      if (closed) return undefined;
      dropTooOld();
      for (let kept = lanes.take(busy); kept; kept = lanes.take(busy)) {
        const { lane } = kept;
        try {
          const entry = readKept(kept);
          unreadable = undefined;
          if (!entry) {
            lanes.release(lane);
            continue;
          }
          kept.state = "under-way";
          counters.underWay += 1;
          return entry;
        } catch (thrown) {
          unreadable = failure(thrown);
          signal.notify();
          signal.later(READ_AGAIN_MS, () => { lanes.release(lane); });
        }
      }
      return undefined;
    },
    async done(number) {
      mustBeOpen();
      const kept = unsettled(number);
      if (!kept) return;
      const underWay = kept.state === "under-way";
      counters.done += 1;
      if (underWay) counters.underWay -= 1;
      ledger.remove(kept);
      room.freed();
      signal.notify();
      await settle(kept, underWay, FRAME.done, { s: number });
    },
    async deadLetter(number, reason) {
      mustBeOpen();
      const kept = unsettled(number);
      if (!kept) return;
      const underWay = kept.state === "under-way";
      if (underWay) counters.underWay -= 1;
      const d = { reason, at: now() };
      ledger.kill(kept, d);
      room.freed();
      signal.notify();
      await settle(kept, underWay, FRAME.dead, { s: number, d }).finally(dropTooMany);
    },
    retryLater(number, delayMs) {
      const kept = unsettled(number);
      if (closed || kept?.state !== "under-way") return;
      counters.underWay -= 1;
      kept.state = "waiting";
      kept.attempts += 1;
      signal.later(delayMs, () => { lanes.release(kept.lane); });
      log.append({ payload: packPayload(FRAME.retry, { s: number, a: kept.attempts }), keep: false, onDisk: () => undefined, failed: () => undefined });
    },
    counts: () => ({
      ...counters, waiting: totals.waiting, bytes: totals.bytes, dead: dead.size, deadBytes: totals.deadBytes, lanes: lanes.size,
      blocked: room.blocked(), refused: room.refused(), oldest: isoTime(ledger.oldest()?.queuedAt),
    }),
    trouble: () => trouble ?? unreadable,
    deadLetters: (limit = 1000) => [...dead.values()].slice(0, limit).flatMap((kept) => {
      const entry = readKept(kept);
      if (!entry || !kept.dead) return [];
      const { key, lane, headers, queuedAt, attempts } = entry;
      return [{ sequence: kept.sequence, key, lane, headers, queuedAt, attempts, reason: kept.dead.reason, deadAt: new Date(kept.dead.at).toISOString(), bytes: kept.place.length }];
    }),
    read(number) {
      const kept = ledger.get(number);
      return kept && readKept(kept);
    },
    async replay(which) {
      let replayed = 0;
      const again = async (kept: Kept): Promise<void> => {
        if (kept.state !== "dead" || replaying.has(kept.sequence)) return;
        const entry = readKept(kept);
        if (!entry) return;
        const size = entrySize(entry);
        room.force(size);
        replaying.add(kept.sequence);
        await write(entry, size, kept).finally(() => { replaying.delete(kept.sequence); });
        replayed += 1;
      };
      const letters = chosen(which);
      for (let at = 0; at < letters.length; at += REPLAYED_AT_ONCE) {
        mustBeOpen();
        await Promise.all(letters.slice(at, at + REPLAYED_AT_ONCE).map(again));
      }
      return replayed;
    },
    async purge(which) {
      mustBeOpen();
      const purged = chosen(which);
      await Promise.all(purged.map((kept) => {
        forget(kept);
        return mark(FRAME.dropped, { s: kept.sequence });
      }));
      return purged.length;
    },
    onChange: (listener) => signal.listen(listener),
    async close() {
      if (closed) return;
      closed = true;
      room.close();
      // Who waited goes on in microtasks and is written with the rest.
      await new Promise((resolve) => { setImmediate(resolve); });
      signal.close();
      await log.close().finally(unlock);
    },
  };
}

function pack(entry: NewEntry, facts: Pick<PutMeta, "s" | "t" | "a" | "d" | "r">): ReturnType<typeof packPayload> {
  const binary = typeof entry.body !== "string";
  const body = typeof entry.body === "string" ? Buffer.from(entry.body, "utf8") : entry.body;
  return packPayload(FRAME.put, { ...facts, l: entry.lane, k: entry.key, h: entry.headers, ...(binary && { b: 1 }) }, body);
}

/** The bytes it will take in the log, or a few more: its number and time are taken as long as they can be. */
function entrySize({ body, lane, key, headers }: NewEntry): number {
  const longest = Number.MAX_SAFE_INTEGER;
  return HEADER_BYTES + packPayload(FRAME.put, { s: longest, t: longest, l: lane, k: key, h: headers, b: 1 }).bytes.length + (typeof body === "string" ? Buffer.byteLength(body) : body.length);
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
