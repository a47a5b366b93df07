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
  /** Samples that a later one replaced before a record could take them. */
  readonly superseded: number;
  /** Tags that are not mapped. */
  readonly ignored: readonly string[];
  /** Fields without which no record can be made, and which have no usable value now. */
  readonly waiting: readonly string[];
}

/** Every sample ever received is in exactly one of the other counts. */
export interface SampleCounts {
  readonly received: number;
  /** Stands in a record, or waits for one. */
  readonly applied: number;
  /** Bad quality, and the last good value stands in for it. */
  readonly held: number;
  readonly superseded: number;
  readonly rejected: number;
  readonly ignored: number;
}

/** Accounts for samples: over the life of a collector in `counts`, for one message in what `settle` gives. */
export interface Ledger {
  receive(samples: number): void;
  ignore(tag: string): void;
  apply(fate: Fate): void;
  /** A sample that was applied is replaced unseen. */
  supersede(fate: Fate): void;
  /** A sample that was applied is rejected after all. */
  revoke(fate: Fate): void;
  reject(errors: readonly FieldError[], tags: readonly string[]): void;
  record(record: InputRecord): void;
  error(field: string, refusal: Refusal): FieldError;
  settle(waiting: readonly string[]): Collected;
  counts(): SampleCounts;
}

export function createLedger(language: Language): Ledger {
  const counts = { received: 0, applied: 0, held: 0, superseded: 0, rejected: 0, ignored: 0 };
  const blank = () => ({ records: [] as InputRecord[], rejected: [] as Rejection[], superseded: 0, ignored: [] as string[] });
  let open = blank();
  return {
    receive(samples) { counts.received += samples; },
    ignore(tag) {
      counts.ignored++;
      open.ignored.push(tag);
    },
    apply(fate) { counts[fate]++; },
    supersede(fate) {
      counts[fate]--;
      counts.superseded++;
      open.superseded++;
    },
    revoke(fate) { counts[fate]--; },
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
    counts: () => ({ ...counts }),
  };
}
