import type { Category, Profile } from "../profile/profile";
import { buildInputRecord } from "./build-record";
import type { Refusal } from "./field-error";
import type { GivenFields } from "./given-fields";
import { toMilliseconds } from "./iso-time";
import type { Ledger } from "./ledger";
import { ageOf, type Held, type Slot } from "./slot";
import { contentsOf, missingIn, newestIn, type FieldValue } from "./slots-to-record";
import { LAST_USABLE, workOut } from "./work-out";

/** Status code of OPC UA for a value that was put in the place of a missing one. */
const SUBSTITUTE = "UncertainSubstituteValue";

export interface MakerOptions {
  readonly profile: Profile;
  readonly category: Category;
  readonly equipment: { readonly path: string; readonly physicalAsset?: string | undefined };
  readonly given: GivenFields;
  /** Milliseconds values may lie apart; 0 for any. */
  readonly maxSkew: number;
  /** Whether values that lie apart are reported; not where a record is tried with every sample. */
  readonly tellSkew: boolean;
  readonly ledger: Ledger;
}

/** When a record is made: `at` by the own clock; `event` is the source time of what led to it, where that is no value of the record. */
export interface Moment {
  readonly at: number;
  readonly event?: number;
  /** Whether the clock led to it: then windows also move on where no sample comes. */
  readonly tick?: boolean;
}

/** Makes a record if every field that must be there has a value that is neither too old nor too far from the others. */
export type MakeRecord = (slots: readonly Slot[], moment: Moment) => void;

/** Compiles the making of records; whatever stands in a record's way is reported once in the ledger. */
export function createRecordMaker({ profile, category, equipment, given, maxSkew, tellSkew, ledger }: MakerOptions): MakeRecord {
  const missing = (slots: readonly Slot[]): boolean => missingIn(slots, category.input, given.has).length > 0;

  /** Reports a refusal of what a slot has now, once. */
  const tell = (slot: Slot, refusal: Refusal): void => {
    if (slot.told === refusal.code) return;
    slot.told = refusal.code;
    ledger.reject([ledger.error(slot.plan.field, refusal)], []);
  };

  /** Empties a slot whose value is too old. */
  const expire = (slot: Slot, age: number): void => {
    const { pending, window, plan: { tag, field, maxAge } } = slot;
    slot.held = undefined;
    slot.pending = undefined;
    slot.fresh = false;
    const lost = pending !== undefined && ledger.revoke(pending);
    const error = ledger.error(field, { code: "RESONANCE_VALUE_STALE", expected: String(maxAge / 1000), actual: Math.round(age) / 1000 });
    ledger.reject([error], lost ? [tag] : []);
    window?.clear();
  };

  /** The value as it goes into a record: judged by age and distance; `undefined` where it may not. */
  const judge = (slot: Slot, held: Held, newest: number, at: number): Held | undefined => {
    const { stale, maxAge } = slot.plan;
    const age = ageOf(held, newest, at);
    const old = age > maxAge;
    if (!old && !(maxSkew > 0 && newest - held.time > maxSkew)) return held;
    if (stale === "hold") return held;
    if (stale === "uncertain") return { ...held, status: "Uncertain", code: held.code ?? LAST_USABLE };
    if (old) expire(slot, age);
    else if (tellSkew) tell(slot, { code: "RESONANCE_VALUE_SKEW", expected: String(maxSkew), actual: Math.round(newest - held.time) });
    return undefined;
  };

  const workOutAll = (slots: readonly Slot[], moment: Moment): void => {
    const end = endOf(slots, moment);
    for (const slot of slots) {
      const refusal = workOut(slot, end, moment.at);
      if (refusal) tell(slot, refusal);
    }
  };

  return (slots, moment) => {
    const { at } = moment;
    if (slots.some(({ window, held, plan }) => !window && !held && !plan.optional && !plan.substitute)) return;
    if (slots.some(({ window }) => window)) workOutAll(slots, moment);
    if (missing(slots)) return;
    const newest = newestIn(slots);
    const fields: FieldValue[] = [];
    const used: boolean[] = [];
    let complete = true;
    for (const slot of slots) {
      const { substitute, optional, field } = slot.plan;
      const held = slot.held && judge(slot, slot.held, newest, at);
      used.push(held !== undefined);
      if (held) fields.push({ field, value: held.value, time: held.time, status: held.status, code: held.code });
      else if (substitute) fields.push({ field, value: substitute.value, time: undefined, status: "Uncertain", code: SUBSTITUTE });
      else if (!optional) complete = false;
    }
    // Without a single value that was measured there is no moment the record could be of.
    if (!complete || !used.includes(true) || (fields.length < slots.length && missing(slots))) return;
    ledger.record(buildInputRecord({
      profile, category: category.id, equipment: equipment.path, physicalAsset: equipment.physicalAsset,
      ...contentsOf(given.fields.length > 0 ? [...fields, ...given.values()] : fields, newestOf(fields)),
    }));
    slots.forEach((slot, index) => settle(slot, used[index] === true));
  };
}

/** A record has been made, with what the slot had or without. */
function settle(slot: Slot, used: boolean): void {
  slot.window?.recorded(used ? slot.contents : undefined);
  if (!used) return;
  slot.fresh = false;
  if (slot.pending) slot.pending.taken = true;
  slot.pending = undefined;
}

/** Source time at which windows end: the newest there is; with a tick later by as long as nothing newer has come. */
function endOf(slots: readonly Slot[], { at, event = -Infinity, tick = false }: Moment): number {
  const known = slots.flatMap(({ held, latest, window }) => (window ? latest ?? [] : held ?? []));
  const newest = known.reduce((best, next) => (next.time > best.time ? next : best), { time: event, receivedAt: at });
  const end = tick ? newest.time + Math.max(0, at - newest.receivedAt) : newest.time;
  return toMilliseconds(end) ?? newest.time;
}

function newestOf(fields: readonly FieldValue[]): number {
  return fields.reduce((newest, { time = -Infinity }) => Math.max(newest, time), -Infinity);
}
