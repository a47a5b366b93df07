import { ResonanceError, type Language } from "../errors/resonance-error";
import type { Profile } from "../profile/profile";
import { requireCategory } from "../profile/profile-lookup";
import { applySample } from "./apply-sample";
import { triggerLast, watchChange, type TriggerEdge } from "./change-trigger";
import { takeCompleteSet } from "./complete-set";
import { fieldError } from "./field-error";
import { compileGiven, type ConstantField, type JobField } from "./given-fields";
import { readPayload, type Incoming } from "./incoming";
import { createLedger, type Collected, type SampleCounts } from "./ledger";
import { cutIntoMoments } from "./moments";
import { createRecordMaker } from "./record-maker";
import type { Quality } from "./sample";
import { createSlot, type BadQuality } from "./slot";
import { allFresh, missingIn } from "./slots-to-record";
import { compileTags, type TagMapping } from "./tag-plan";

export type { TriggerEdge } from "./change-trigger";
export type { ConstantField, JobField } from "./given-fields";
export type { Collected, Rejection, SampleCounts } from "./ledger";
export type { BadQuality } from "./slot";
export type { TagMapping } from "./tag-plan";

/** When a record is made: after every applied sample, when every field that must be there is new, at each `tick`, once a message, or when a tag changes. */
export type Trigger = "sample" | "fresh" | "interval" | "message" | "change";

export interface CollectorOptions {
  readonly profile: Profile;
  readonly category: string;
  readonly equipment: { readonly path: string; readonly physicalAsset?: string | undefined };
  readonly tags: readonly TagMapping[];
  readonly trigger: Trigger;
  readonly badQuality: BadQuality;
  readonly constants?: readonly ConstantField[];
  readonly jobFields?: readonly JobField[];
  /** Milliseconds that the source times of a record's values may lie apart; 0 or absent for any. */
  readonly maxSkew?: number;
  /** For the trigger `change`: the tag, which need not fill a field, and which of its changes count (any, where not given). */
  readonly triggerTag?: string;
  readonly triggerEdge?: TriggerEdge;
  /** Language of the texts of what is rejected; English where it is not given. */
  readonly language?: Language;
  /** The clock, milliseconds since 1970. */
  readonly now?: () => number;
}

/** The last sample of a tag, as it came. */
export interface SeenSample {
  readonly tag: string;
  readonly value: unknown;
  readonly quality: Quality;
  /** ISO 8601 UTC */
  readonly timestamp: string;
}

export interface InputCollector {
  /**
   * Takes a message: a list of samples, one sample, an object of tag and value, or a plain value with its tag as topic.
   * `job` is the context of the job where the message carries one; a message whose payload holds none of the tags then only brings the job.
   */
  accept(payload: unknown, topic?: string, receivedAt?: number, job?: unknown): Collected;
  /** Makes a record of what there is, for the trigger `interval`. */
  tick(at?: number): Collected;
  /** Fields without which no record can be made, and which have no usable value now. */
  waiting(): readonly string[];
  counts(): SampleCounts;
  /** The last sample of each mapped tag and of the trigger's. */
  seen(): readonly SeenSample[];
}

/**
 * Collects tags into the input records of a category.
 *
 * Samples of a message are applied in the order of their source times. With the trigger `message` they are cut into moments
 * and each makes a record, so that no value is overwritten unseen; fields that are not in the message keep their last value. An object
 * of tag and value, however, then stands for a complete set: what is missing in it is an error and nothing is carried over but windows.
 * Before every field has had a value nothing is wrong; the missing ones are only named in `waiting`.
 * A value that is refused is reported once; until a usable one comes, no record is made (of an optional field: without it; of one with a default: with that).
 * A record's time is the newest source time in it; a value of another time carries its own.
 * @throws RESONANCE_CATEGORY_UNKNOWN, RESONANCE_CONFIG_INVALID and what `compileTags` and `compileGiven` throw
 */
export function createInputCollector(options: CollectorOptions): InputCollector {
  const { profile, equipment, tags, trigger, badQuality, constants = [], jobFields = [], language = "en-US", now = Date.now } = options;
  const maxSkew = requireSkew(options.maxSkew ?? 0);
  const category = requireCategory(profile, options.category);
  const given = compileGiven(category, constants, jobFields, tags.map(({ field }) => field));
  const ledger = createLedger(language);
  const slots = compileTags(category, tags, given.fields).map((plan) => createSlot(plan, ledger));
  const byTag = new Map(slots.map(({ plan: { tag } }) => [tag, slots.filter(({ plan }) => plan.tag === tag)]));
  const triggerTag = trigger === "change" ? options.triggerTag ?? "" : undefined;
  const watch = triggerTag === undefined ? undefined : watchChange(triggerTag, options.triggerEdge ?? "any");
  const make = createRecordMaker({ profile, category, equipment, given, maxSkew, tellSkew: trigger !== "sample", ledger });
  const seen = new Map<string, Incoming>();
  const waiting = (): readonly string[] => missingIn(slots, category.input, given.has);

  const apply = (sample: Incoming, receivedAt: number): boolean => applySample(byTag.get(sample.tag) ?? [], sample, { badQuality, receivedAt, ledger });

  /** Applies the trigger's sample and says whether it makes a record; one that fills no field counts as applied all the same. */
  const pull = (sample: Incoming, at: number): boolean => {
    const verdict = watch?.(sample) ?? false;
    if (byTag.has(sample.tag)) {
      const used = apply(sample, at);
      // The field takes what the trigger cannot; of bad quality the field says enough.
      if (used && typeof verdict === "object" && verdict.code !== "RESONANCE_QUALITY_BAD") ledger.reject([fieldError("triggerTag", verdict, language)], []);
    } else if (typeof verdict === "object") ledger.reject([fieldError("triggerTag", verdict, language)], [sample.tag]);
    else ledger.apply({ fate: "applied", holders: 0, taken: true });
    return verdict === true;
  };

  const takeSamples = (samples: readonly Incoming[], at: number): void => {
    for (const part of trigger === "message" ? cutIntoMoments(samples) : [samples]) {
      let applied = false;
      for (const sample of triggerTag === undefined ? part : triggerLast(part, triggerTag)) {
        if (sample.tag === triggerTag) {
          if (pull(sample, at)) make(slots, { at, event: sample.time });
          continue;
        }
        if (!byTag.has(sample.tag)) ledger.ignore(sample.tag);
        else if (apply(sample, at)) {
          applied = true;
          if (trigger === "sample" || (trigger === "fresh" && allFresh(slots))) make(slots, { at });
        }
      }
      if (trigger === "message" && applied) make(slots, { at });
    }
  };

  const takeJob = (job: unknown): void => {
    for (const { field, refusal } of given.takeJob(job)) ledger.reject([ledger.error(field, refusal)], []);
  };

  return {
    accept(payload, topic, receivedAt = now(), job?: unknown) {
      if (job !== undefined) takeJob(job);
      const { incoming, unreadable, complete } = readPayload(payload, topic, receivedAt);
      const isKnown = ({ tag }: Incoming): boolean => byTag.has(tag) || tag === triggerTag;
      if (job !== undefined && (complete || incoming.length === 0) && !incoming.some(isKnown)) return ledger.settle(waiting());
      ledger.receive(incoming.length + unreadable.length);
      for (const sample of incoming) if (isKnown(sample)) seen.set(sample.tag, sample);
      for (const { path, refusal } of unreadable) ledger.reject([fieldError(path, refusal, language, { detail: refusal.expected })], [""]);
      if (complete && trigger === "message") takeCompleteSet({ slots, samples: incoming, badQuality, category, given, ledger, make, receivedAt });
      else takeSamples(incoming, receivedAt);
      return ledger.settle(waiting());
    },
    tick(at = now()) {
      make(slots, { at, tick: true });
      return ledger.settle(waiting());
    },
    waiting,
    counts: () => ledger.counts(),
    seen: () => [...seen.values()].map(({ tag, value, quality, time }) => ({ tag, value, quality, timestamp: new Date(time).toISOString() })),
  };
}

function requireSkew(skew: number): number {
  if (skew >= 0) return skew;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "maxSkew", detail: String(skew) }, { path: "maxSkew" });
}
