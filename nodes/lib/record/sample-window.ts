import type { Fold } from "./aggregate";
import type { Ticket } from "./ledger";
import type { Quality } from "./sample";
import type { RunDigest } from "./sample-digest";
import { createSampleQueue } from "./sample-queue";

/** Samples a window holds at most; beyond it the oldest one leaves early. */
export const WINDOW_LIMIT = 100_000;

/** Which samples a window holds: those of a time span (milliseconds), the last ones, or all since the last record. */
export type WindowSpan =
  | { readonly kind: "time"; readonly milliseconds: number }
  | { readonly kind: "samples"; readonly samples: number }
  | { readonly kind: "record" };

/** A sample in a window, its value as the field wants it. */
export interface WindowSample {
  readonly value: unknown;
  readonly time: number;
  readonly receivedAt: number;
  readonly status: Quality | undefined;
  readonly code: string | undefined;
  readonly ticket: Ticket;
}

/** What an aggregate is worked out of. */
export interface WindowContents {
  /** Of all samples in the window; `undefined` where it is empty. */
  readonly digest: RunDigest | undefined;
  /** The samples in the order of source times. */
  readonly samples: () => readonly WindowSample[];
  /** Whether samples are missing that belong here: they were refused, of bad quality, or had no room. */
  readonly gap: boolean;
  /** Source time up to which it holds. */
  readonly end: number;
}

export interface SampleWindow {
  add(sample: WindowSample): void;
  /** A sample that belongs here could not be used. */
  addGap(time: number): void;
  /** What stands in the window that ends at `end` (source time); what has left it is let go. `now` is the own clock. */
  contents(end: number, now: number): WindowContents;
  /** A record has been made, of `contents` where they went into it. */
  recorded(contents: WindowContents | undefined): void;
  clear(): void;
  size(): number;
}

/** Told when a sample leaves, and when one leaves early because the window is full. */
export interface WindowEvents {
  release(ticket: Ticket): void;
  overflow(): void;
}

/**
 * The samples of one tag from which a field is worked out, at most `WINDOW_LIMIT`.
 *
 * A time window ends at the record's source time T and holds T − span < time ≤ T: only source times are compared, so a machine whose
 * clock is wrong changes nothing. A sample with a later time waits for its turn, but no longer than the span by the own clock. A clock
 * that jumps ahead empties the window, which fills again. "The last n" are those that came last.
 */
export function createWindow(span: WindowSpan, fold: Fold | undefined, events: WindowEvents): SampleWindow {
  const milliseconds = span.kind === "time" ? span.milliseconds : 0;
  const queue = createSampleQueue(fold, span.kind === "time");
  let gap: { readonly time: number; left: number } | undefined;
  const limit = span.kind === "samples" ? span.samples : WINDOW_LIMIT;

  const drop = (): void => {
    const first = queue.shift();
    if (first) events.release(first.ticket);
    if (gap && span.kind === "samples") gap.left--;
  };
  const dropUpTo = (time: number): void => {
    while ((queue.first()?.time ?? Infinity) <= time) drop();
  };

  return {
    add(sample) {
      if (span.kind === "time") dropUpTo(sample.time - milliseconds);
      if (queue.size() >= limit) {
        drop();
        if (span.kind !== "samples") {
          events.overflow();
          gap = { time: sample.time, left: 0 };
        }
      }
      if (gap && span.kind === "samples" && gap.left <= 0) gap = undefined;
      queue.add(sample);
    },
    addGap(time) { gap = { time: Math.max(time, gap?.time ?? -Infinity), left: queue.size() }; },
    contents(end, now) {
      if (span.kind !== "time") return { digest: queue.digest(Infinity), samples: () => inOrder(queue.upTo(Infinity)), gap: gap !== undefined, end: Infinity };
      dropUpTo(end - milliseconds);
      queue.prune(end, ({ receivedAt, ticket }) => {
        const leaves = now - receivedAt > milliseconds;
        if (leaves) events.release(ticket);
        return leaves;
      });
      if (gap && gap.time <= end - milliseconds) gap = undefined;
      return { digest: queue.digest(end), samples: () => queue.upTo(end), gap: gap !== undefined && gap.time <= end, end };
    },
    recorded(contents) {
      if (contents) queue.take(contents.end);
      if (span.kind === "record") this.clear();
    },
    clear() {
      for (const { ticket } of queue.upTo(Infinity)) events.release(ticket);
      queue.clear();
      gap = undefined;
    },
    size: queue.size,
  };
}

function inOrder(samples: WindowSample[]): WindowSample[] {
  return samples.every((sample, index) => index === 0 || sample.time >= (samples[index - 1]?.time ?? -Infinity)) ? samples : samples.toSorted((a, b) => a.time - b.time);
}
