import type { Language } from "../errors/resonance-error";
import { fieldError, type FieldError, type Refusal } from "./field-error";
import type { InputRecord } from "./interface-record";
import type { Fate } from "./slot";

/** Something that was not used, and why. */
export interface Rejection {
  readonly errors: readonly FieldError[];
  /** Tags of the samples that are lost with it; none where a value that had been used became too old. */
  readonly tags: readonly string[];
}

/** What came of a message or a tick. */
export interface Collected {
  readonly records: readonly InputRecord[];
  readonly rejected: readonly Rejection[];
  /** Samples that a later one replaced, or that left their window, before a record could take them. */
  readonly superseded: number;
  /** Tags that are not mapped. */
  readonly ignored: readonly string[];
  /** Fields without which no record can be made, and which have no usable value now. */
  readonly waiting: readonly string[];
}

/** Every sample ever received is in exactly one of the first counts but `received`, also where it fills several fields. */
export interface SampleCounts {
  readonly received: number;
  /** Stands in a record, also within an aggregate; or waits for one, also in a window; or moved the trigger. */
  readonly applied: number;
  /** Bad quality, and the last good value or the rest of the window stands in for it. */
  readonly held: number;
  readonly superseded: number;
  readonly rejected: number;
  readonly ignored: number;
  /** How many of them had to leave a full window early; absent where none had to. */
  readonly overflowed?: number;
}

/** A sample on its way: how many fields hold it, and whether a record has taken it. */
export interface Ticket {
  fate: Fate;
  holders: number;
  taken: boolean;
}

/** Accounts for samples: over the life of a collector in `counts`, for one message in what `settle` gives. */
export interface Ledger {
  receive(samples: number): void;
  ignore(tag: string): void;
  apply(ticket: Ticket): void;
  /** A field lets go of a sample; one that no record took and no other field holds is superseded. */
  release(ticket: Ticket): void;
  /** A field has to give up a sample; says whether the sample is lost with it, and then takes back that it was applied. */
  revoke(ticket: Ticket): boolean;
  overflow(): void;
  reject(errors: readonly FieldError[], tags: readonly string[]): void;
  record(record: InputRecord): void;
  error(field: string, refusal: Refusal): FieldError;
  settle(waiting: readonly string[]): Collected;
  counts(): SampleCounts;
}

export function createLedger(language: Language): Ledger {
  const counts = { received: 0, applied: 0, held: 0, superseded: 0, rejected: 0, ignored: 0 };
  const blank = () => ({ records: [] as InputRecord[], rejected: [] as Rejection[], superseded: 0, ignored: [] as string[] });
  let overflowed = 0;
  let open = blank();
  const isLost = (ticket: Ticket): boolean => {
    ticket.holders--;
    return ticket.holders === 0 && !ticket.taken;
  };
  return {
    receive(samples) { counts.received += samples; },
    ignore(tag) {
      counts.ignored++;
      open.ignored.push(tag);
    },
    apply({ fate }) { counts[fate]++; },
    release(ticket) {
      if (!isLost(ticket)) return;
      counts[ticket.fate]--;
      counts.superseded++;
      open.superseded++;
    },
    revoke(ticket) {
      const lost = isLost(ticket);
      if (lost) counts[ticket.fate]--;
      return lost;
    },
    overflow() { overflowed++; },
    reject(errors, tags) {
      counts.rejected += tags.length;
      open.rejected.push({ errors, tags });
    },
    record(record) { open.records.push(record); },
    error: (field, refusal) => fieldError(`values/${field}`, refusal, language),
    settle(waiting) {
      const settled = { ...open, waiting };
      open = blank();
      return settled;
    },
    counts: () => ({ ...counts, ...(overflowed > 0 && { overflowed }) }),
  };
}
