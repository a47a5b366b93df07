import type { Ticket } from "./ledger";
import type { Quality } from "./sample";

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
  /** In the order of source times. */
  readonly samples: readonly WindowSample[];
  /** Whether samples are missing that belong here: they were refused, of bad quality, or had no room. */
  readonly gap: boolean;
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
export function createWindow(span: WindowSpan, events: WindowEvents): SampleWindow {
  let samples: WindowSample[] = [];
  /** Samples before this one have left. */
  let head = 0;
  let gap: { readonly time: number; left: number } | undefined;
  const limit = span.kind === "samples" ? span.samples : WINDOW_LIMIT;
  const size = (): number => samples.length - head;

  const drop = (): void => {
    const first = samples[head++];
    if (first) events.release(first.ticket);
    if (gap && span.kind === "samples") gap.left--;
    if (head < 1024 || head * 2 < samples.length) return;
    samples = samples.slice(head);
    head = 0;
  };

  /** Lets go of what is over, keeps what is not there yet, and gives the rest. */
  const within = (milliseconds: number, end: number, now: number): WindowSample[] => {
    const kept: WindowSample[] = [];
    const inside: WindowSample[] = [];
    for (const sample of samples.slice(head)) {
      const early = sample.time > end;
      if (early ? now - sample.receivedAt > milliseconds : sample.time <= end - milliseconds) events.release(sample.ticket);
      else {
        kept.push(sample);
        if (!early) inside.push(sample);
      }
    }
    samples = kept;
    head = 0;
    if (gap && gap.time <= end - milliseconds) gap = undefined;
    return inside;
  };

  return {
    add(sample) {
      if (span.kind === "time") while (size() > 0 && (samples[head]?.time ?? Infinity) <= sample.time - span.milliseconds) drop();
      if (size() >= limit) {
        drop();
        if (span.kind !== "samples") {
          events.overflow();
          gap = { time: sample.time, left: 0 };
        }
      }
      if (gap && span.kind === "samples" && gap.left <= 0) gap = undefined;
      samples.push(sample);
    },
    addGap(time) { gap = { time: Math.max(time, gap?.time ?? -Infinity), left: size() }; },
    contents(end, now) {
      const inside = span.kind === "time" ? within(span.milliseconds, end, now) : samples.slice(head);
      const ordered = inside.every((sample, index) => index === 0 || sample.time >= (inside[index - 1]?.time ?? -Infinity));
      if (!ordered) inside.sort((a, b) => a.time - b.time);
      return { samples: inside, gap: gap !== undefined && (span.kind !== "time" || gap.time <= end) };
    },
    recorded(contents) {
      for (const { ticket } of contents?.samples ?? []) ticket.taken = true;
      if (span.kind === "record") this.clear();
    },
    clear() {
      for (const { ticket } of samples.slice(head)) events.release(ticket);
      samples = [];
      head = 0;
      gap = undefined;
    },
    size,
  };
}
