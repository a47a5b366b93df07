import type { Category } from "../profile/profile";
import { applySample } from "./apply-sample";
import type { FieldError, Refusal } from "./field-error";
import type { GivenFields } from "./given-fields";
import type { Incoming } from "./incoming";
import type { Ledger } from "./ledger";
import type { MakeRecord } from "./record-maker";
import { createSlot, type BadQuality, type Slot } from "./slot";
import { missingIn } from "./slots-to-record";

export interface CompleteSet {
  readonly slots: readonly Slot[];
  /** At most one a tag. */
  readonly samples: readonly Incoming[];
  readonly badQuality: BadQuality;
  readonly category: Category;
  readonly given: GivenFields;
  readonly ledger: Ledger;
  readonly make: MakeRecord;
  readonly receivedAt: number;
}

/**
 * All of a complete set makes a record, or all of it is rejected at once; only a value that need not be there may be refused alone.
 * Nothing is carried over from before but what windows hold, and a window that is not full yet is no error.
 */
export function takeCompleteSet({ slots, samples, badQuality, category, given, ledger, make, receivedAt }: CompleteSet): void {
  const set = slots.map((slot) => (slot.window ? slot : createSlot(slot.plan, ledger)));
  const byTag = new Map(samples.map((sample) => [sample.tag, sample]));
  const known = new Set(set.map(({ plan }) => plan.tag));
  for (const { tag } of samples) if (!known.has(tag)) ledger.ignore(tag);
  const tags = [...byTag.keys()].filter((tag) => known.has(tag));

  const refusals = new Map<Slot, Refusal | undefined>(set.map((slot) => [slot, refusalOf(slot, byTag.get(slot.plan.tag))]));
  const trial = set.map((slot) => ({ ...slot, held: refusals.get(slot) ? undefined : { value: undefined, time: 0, receivedAt, status: undefined, code: undefined } }));
  const missing = missingIn(trial, category.input, given.has);
  if (missing.length > 0) {
    const errors = set.flatMap((slot): FieldError[] => {
      const { plan: { field, tag } } = slot;
      const refusal = refusals.get(slot);
      return refusal && (byTag.has(tag) || missing.includes(field)) ? [ledger.error(field, refusal)] : [];
    });
    const other = missing.filter((field) => !set.some(({ plan }) => plan.field === field)).map((field) => ledger.error(field, ABSENT));
    ledger.reject([...errors, ...other], tags);
    for (const { window, plan: { tag } } of set) if (byTag.has(tag)) window?.addGap(receivedAt);
    return;
  }

  for (const tag of tags) {
    const sample = byTag.get(tag);
    if (sample) applySample(set.filter(({ plan }) => plan.tag === tag), sample, { badQuality, receivedAt, ledger });
  }
  make(set, { at: receivedAt });
  for (const { pending } of set) if (pending) ledger.release(pending);
}

const ABSENT: Refusal = { code: "RESONANCE_FIELD_MISSING", expected: "", actual: undefined };

/** Why a set gives a field no value; a value of a set is always of good quality. */
function refusalOf({ plan }: Slot, sample: Incoming | undefined): Refusal | undefined {
  if (!sample) return ABSENT;
  const admission = plan.admit(sample.value, sample.unit);
  return "refusal" in admission ? admission.refusal : undefined;
}
