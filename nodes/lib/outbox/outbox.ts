import type { ResonanceError } from "../errors/resonance-error";
import type { DamageReport } from "./recover-segment";

/** How much may wait. Dead letters have the same room once more; beyond it the oldest of them are dropped and counted. */
export interface OutboxLimits {
  /** Entries not settled yet. */
  readonly entries: number;
  /** Bytes they take in the log. An entry that alone is larger is always refused. */
  readonly bytes: number;
  /** Milliseconds (of the wall clock) after which a waiting entry is dropped and counted as expired; 0 or Infinity: never. */
  readonly ageMs: number;
}

/** What happens to an entry for which there is no room: its `put` waits, the oldest waiting entries go, or it is refused. */
export type OutboxPolicy = "block" | "drop-oldest" | "refuse";

/** What is put. */
export interface NewEntry {
  /** Idempotency key, e.g. a BODID; two entries may have the same. */
  readonly key: string;
  /** Entries of a lane are given out in the order in which they were put, one at a time. */
  readonly lane: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Comes out as it went in: text or bytes. */
  readonly body: string | Buffer;
}

/** An entry that waits or is under way. */
export interface OutboxEntry extends NewEntry {
  /** Grows with each put; what settles an entry names it. */
  readonly sequence: number;
  /** ISO 8601 UTC */
  readonly queuedAt: string;
  /** Attempts that failed so far, those before a restart included. */
  readonly attempts: number;
}

/** An entry that was given up, without its body (`read` gives it). */
export interface DeadLetter extends Omit<OutboxEntry, "body"> {
  readonly reason: string;
  /** ISO 8601 UTC */
  readonly deadAt: string;
  /** Bytes it takes in the log. */
  readonly bytes: number;
}

/** What is in the outbox, and what became of entries since it was opened. */
export interface OutboxCounts {
  /** Entries not settled, those under way included. */
  readonly waiting: number;
  readonly underWay: number;
  readonly bytes: number;
  readonly dead: number;
  readonly deadBytes: number;
  /** Lanes with entries. */
  readonly lanes: number;
  /** Puts that wait for room (policy `block`). */
  readonly blocked: number;
  readonly done: number;
  /** Dropped for newer entries. */
  readonly dropped: number;
  readonly expired: number;
  /** Puts refused for want of room. */
  readonly refused: number;
  /** Dead letters dropped for newer ones. */
  readonly deadDropped: number;
  /** Entries lost because the disk no longer gives what was written. */
  readonly damaged: number;
  /** ISO 8601 UTC time of the oldest entry not settled. */
  readonly oldest: string | undefined;
}

/**
 * A durable queue in a folder of its own. What `put` has resolved for survives `kill -9`, a power failure and a full
 * disk; it is given out at least once, and again after a restart as long as no `done` or `deadLetter` has resolved.
 */
export interface Outbox {
  /** Files that were found broken when the outbox was opened. */
  readonly damage: readonly DamageReport[];
  /**
   * Resolves when the entry is on the disk.
   * @throws RESONANCE_OUTBOX_FULL, RESONANCE_OUTBOX_DISK (the next put tries again), RESONANCE_OUTBOX_CLOSED
   */
  put(entry: NewEntry): Promise<void>;
  /**
   * The oldest entry of a lane that is free, which then is under way until it is settled by `done`, `deadLetter` or
   * `retryLater`. A lane whose oldest entry is under way or waits for its next attempt is not free, nor are those in `busy`.
   */
  next(busy?: ReadonlySet<string>): OutboxEntry | undefined;
  /**
   * Forgets a delivered entry; resolves when that is on the disk. When the disk fails it rejects with
   * RESONANCE_OUTBOX_DISK: the entry is not given out again all the same, and the mark is written as soon as there is room.
   */
  done(sequence: number): Promise<void>;
  /** Gives an entry up and keeps it among the dead letters; resolves and rejects as `done`. */
  deadLetter(sequence: number, reason: string): Promise<void>;
  /** Counts a failed attempt; the entry, and with it its lane, is free again after `delayMs`. */
  retryLater(sequence: number, delayMs: number): void;
  counts(): OutboxCounts;
  /** What is wrong with the disk now; `undefined` when nothing is. */
  trouble(): ResonanceError | undefined;
  /** The oldest dead letters. */
  deadLetters(limit?: number): readonly DeadLetter[];
  /** An entry with its body, whatever its state. */
  read(sequence: number): OutboxEntry | undefined;
  /** Puts dead letters at the end of their lanes, as new entries with a new sequence and age; resolves with their number when they are on the disk. The limits don't refuse them. */
  replay(which: number | "all"): Promise<number>;
  /** Deletes dead letters; resolves with their number. */
  purge(which: number | "all"): Promise<number>;
  /** Hears, at most once a turn, that there may be something new: an entry, room, a lane that is free, trouble. Gives what ends it. */
  onChange(listener: () => void): () => void;
  /** Writes what waits to be written or for room, even beyond the limits, and releases the folder; entries under way will be given out again. */
  close(): Promise<void>;
}
