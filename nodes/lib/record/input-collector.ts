import type { Language } from "../errors/resonance-error";
import type { Profile } from "../profile/profile";
import { requireCategory } from "../profile/profile-lookup";
import { buildInputRecord } from "./build-record";
import { fieldError, type FieldError } from "./field-error";
import { readPayload, type Incoming } from "./incoming";
import { createLedger, type Collected, type SampleCounts } from "./ledger";
import { cutIntoMoments } from "./moments";
import { createSlot, expire, fill, type BadQuality, type Slot } from "./slot";
import { allFresh, contentsOf, missingIn, newestIn } from "./slots-to-record";
import { compileTags, type TagMapping } from "./tag-plan";

export type { Collected, Rejection, SampleCounts } from "./ledger";
export type { BadQuality } from "./slot";
export type { TagMapping } from "./tag-plan";

/** When a record is made: after every applied sample, when every field that must be there is new, at each `tick`, or once a message. */
export type Trigger = "sample" | "fresh" | "interval" | "message";

export interface CollectorOptions {
  readonly profile: Profile;
  readonly category: string;
  readonly equipment: { readonly path: string; readonly physicalAsset?: string | undefined };
  readonly tags: readonly TagMapping[];
  readonly trigger: Trigger;
  readonly badQuality: BadQuality;
  /** Language of the texts of what is rejected; English where it is not given. */
  readonly language?: Language;
  /** The clock, milliseconds since 1970. */
  readonly now?: () => number;
}

export interface InputCollector {
  /** Takes a message: a list of samples, one sample, an object of tag and value, or a plain value with its tag as topic. */
  accept(payload: unknown, topic?: string, receivedAt?: number): Collected;
  /** Makes a record of what there is, for the trigger `interval`. */
  tick(at?: number): Collected;
  /** Fields without which no record can be made, and which have no usable value now. */
  waiting(): readonly string[];
  counts(): SampleCounts;
}

/**
 * Collects tags into the input records of a category.
 *
 * Samples of a message are applied in the order of their source times. With the trigger `message` they are cut into moments
 * and each makes a record, so that no value is overwritten unseen; fields that are not in the message keep their last value. An object
 * of tag and value, however, then stands for a complete set: what is missing in it is an error and nothing is carried over.
 * Before every field has had a value nothing is wrong; the missing ones are only named in `waiting`.
 * A value that is refused is reported once; until a usable one comes, no record is made (of an optional field: without it).
 * A record's time is the newest source time in it; a value of another time carries its own.
 * @throws RESONANCE_CATEGORY_UNKNOWN and what `compileTags` throws
 */
export function createInputCollector(options: CollectorOptions): InputCollector {
  const { equipment, trigger, badQuality, language = "en-US", now = Date.now } = options;
  const category = requireCategory(options.profile, options.category);
  const slots = compileTags(category, options.tags).map(createSlot);
  const byTag = new Map(slots.map((slot) => [slot.plan.tag, slot]));
  const ledger = createLedger(language);
  const waiting = (): readonly string[] => missingIn(slots, category.input);

  /** Makes a record if every field that must be there has a value, and none of them is too old. */
  const make = (from: readonly Slot[], at: number): void => {
    if (missingIn(from, category.input).length > 0) return;
    dropExpired(from, at);
    if (missingIn(from, category.input).length > 0) return;
    ledger.record(buildInputRecord({
      profile: options.profile, category: category.id,
      equipment: equipment.path, physicalAsset: equipment.physicalAsset,
      ...contentsOf(from),
    }));
    for (const slot of from) slot.pending = undefined;
  };

  const dropExpired = (from: readonly Slot[], at: number): void => {
    const newest = newestIn(from);
    for (const slot of from) {
      const { pending, plan: { field, tag } } = slot;
      const refusal = expire(slot, newest, at);
      if (!refusal) continue;
      if (pending) ledger.revoke(pending);
      ledger.reject([ledger.error(field, refusal)], pending ? [tag] : []);
    }
  };

  /** Puts a sample into its slot and says whether it has got there. */
  const apply = (sample: Incoming, at: number): boolean => {
    const slot = byTag.get(sample.tag);
    if (!slot) {
      ledger.ignore(sample.tag);
      return false;
    }
    const replaced = slot.pending;
    const fate = fill(slot, sample, badQuality, at);
    if (replaced) ledger.supersede(replaced);
    if (typeof fate === "object") ledger.reject([ledger.error(slot.plan.field, fate)], [sample.tag]);
    else ledger.apply(fate);
    return typeof fate === "string";
  };

  const takeSamples = (samples: readonly Incoming[], at: number): void => {
    for (const part of trigger === "message" ? cutIntoMoments(samples) : [samples]) {
      let applied = false;
      for (const sample of part) {
        if (!apply(sample, at)) continue;
        applied = true;
        if (trigger === "sample" || (trigger === "fresh" && allFresh(slots))) make(slots, at);
      }
      if (trigger === "message" && applied) make(slots, at);
    }
  };

  /** All of a complete set makes a record, or all of it is rejected at once; only an optional value may be refused alone. */
  const takeSet = (samples: readonly Incoming[], at: number): void => {
    const set = slots.map(({ plan }) => createSlot(plan));
    const errors = new Map<string, FieldError>();
    const tags: string[] = [];
    for (const sample of samples) {
      const slot = set.find(({ plan }) => plan.tag === sample.tag);
      if (!slot) {
        ledger.ignore(sample.tag);
        continue;
      }
      tags.push(sample.tag);
      const fate = fill(slot, sample, badQuality, at);
      if (typeof fate === "object") errors.set(slot.plan.field, ledger.error(slot.plan.field, fate));
    }
    const missing = missingIn(set, category.input);
    if (missing.length > 0) {
      const absent = missing.filter((field) => !errors.has(field));
      const unfilled = absent.map((field) => ledger.error(field, { code: "RESONANCE_FIELD_MISSING", expected: "", actual: undefined }));
      ledger.reject([...errors.values(), ...unfilled], tags);
      return;
    }
    for (const { pending, plan: { field, tag } } of set) {
      const error = errors.get(field);
      if (error) ledger.reject([error], [tag]);
      else if (pending) ledger.apply(pending);
    }
    make(set, at);
  };

  return {
    accept(payload, topic, receivedAt = now()) {
      const { incoming, unreadable, complete } = readPayload(payload, topic, receivedAt);
      ledger.receive(incoming.length + unreadable.length);
      for (const { path, refusal } of unreadable) ledger.reject([fieldError(path, refusal, language, { detail: refusal.expected })], [""]);
      if (complete && trigger === "message") takeSet(incoming, receivedAt);
      else takeSamples(incoming, receivedAt);
      return ledger.settle(waiting());
    },
    tick(at = now()) {
      make(slots, at);
      return ledger.settle(waiting());
    },
    waiting,
    counts: () => ledger.counts(),
  };
}
