import { FRAME, type Frame, type MarkMeta, type PutMeta } from "./frame";
import type { Kept } from "./kept";
import type { Segment } from "./segment-log";

/** What the frames of a log amount to. */
export interface RecoveredEntries {
  found(frame: Frame, segment: Segment): void;
  /** Entries that still count, in the order in which they were put. */
  entries(): readonly Kept[];
  /** The greatest sequence that the log speaks of. */
  lastSequence(): number;
}

/** Follows the frames of a log; an entry written again by a compaction counts where it was found last. */
export function recoverEntries(): RecoveredEntries {
  const entries = new Map<number, Kept>();
  let last = 0;
  const put = (meta: PutMeta, { offset, length }: Frame, segment: Segment): void => {
    if (meta.r !== undefined) entries.delete(meta.r);
    entries.set(meta.s, {
      sequence: meta.s,
      lane: meta.l,
      queuedAt: meta.t,
      place: { segment, offset, length },
      attempts: meta.a ?? 0,
      state: meta.d ? "dead" : "waiting",
      dead: meta.d,
    });
  };
  const mark = ({ s, a, d }: MarkMeta): void => {
    const kept = entries.get(s);
    if (!kept) return;
    if (a !== undefined) kept.attempts = a;
    if (!d) return;
    kept.state = "dead";
    kept.dead = d;
  };
  return {
    found(frame, segment) {
      last = Math.max(last, frame.meta.s);
      if (frame.type === FRAME.put) put(frame.meta as PutMeta, frame, segment);
      else if (frame.type === FRAME.done || frame.type === FRAME.dropped) entries.delete(frame.meta.s);
      else mark(frame.meta);
    },
    entries: () => [...entries.values()].sort((a, b) => a.sequence - b.sequence),
    lastSequence: () => last,
  };
}
