import { shorten } from "../record/field-error";
import { rangeText } from "../record/field-value";
import type { InputRecord } from "../record/interface-record";
import { toMilliseconds } from "../record/iso-time";
import type { FieldPlan } from "./compile-reference";
import type { Applicability } from "./states";

/** Why an input was not wholly inside: what was found at a field, and what that alone makes of the input. */
export interface ApplicabilityReason {
  readonly field: string;
  readonly reason: "MISSING" | "BAD" | "OUT_OF_RANGE" | "UNKNOWN_VALUE" | "SOME_OUTSIDE" | "UNCERTAIN" | "STALE";
  readonly verdict: "partly" | "outside";
  /** The value, shortened; for `SOME_OUTSIDE` how many of how many, for `STALE` the age in seconds. */
  readonly actual: string;
  readonly expected: string;
}

/** What was found of an input. */
export interface Judgement {
  readonly state: Applicability;
  /** The gravest first, `MOST_REASONS` at most. */
  readonly reasons: readonly ApplicabilityReason[];
  /** How many more there are. */
  readonly more: number;
}

export interface ApplicabilityRules {
  /** Inputs that the model needs: what is wrong with one of them puts the whole input outside. */
  readonly needed: ReadonlySet<string>;
  /** Seconds; older values count as stale. 0 for no limit. */
  readonly staleAfter: number;
}

/** Judges an input; `now` is milliseconds since 1970. */
export type JudgeInput = (record: InputRecord, now: number) => Judgement;

export const MOST_REASONS = 10;

/**
 * Compiles the judgement of inputs against the fields of a training reference:
 * - `outside`: a needed field is missing, Bad, or wholly outside the range (or set of values) of the training;
 * - `partly`: that is so of another field; or some items of a list lie outside; or a value is Uncertain or stale;
 * - `inside`: none of it;
 * - `unknown`: the reference says of no input field what was in range.
 *
 * A value's age is measured against the newest time of its record and against now, whichever makes it older.
 */
export function compileApplicability(plans: readonly FieldPlan[], { needed, staleAfter }: ApplicabilityRules): JudgeInput {
  const judged = plans.filter(({ minimum, maximum, values }) => minimum !== undefined || maximum !== undefined || values !== undefined);
  if (judged.length === 0) return () => ({ state: "unknown", reasons: [], more: 0 });
  const limit = staleAfter > 0 ? staleAfter * 1000 : Infinity;
  return (record, now) => {
    const found = judged.flatMap((plan) => judgeField(plan, record, { grave: needed.has(plan.field) ? "outside" : "partly", limit, now }));
    if (found.length === 0) return INSIDE;
    const outside = found.filter(({ verdict }) => verdict === "outside");
    const reasons = [...outside, ...found.filter(({ verdict }) => verdict === "partly")].slice(0, MOST_REASONS);
    return { state: outside.length > 0 ? "outside" : "partly", reasons, more: found.length - reasons.length };
  };
}

const INSIDE: Judgement = { state: "inside", reasons: [], more: 0 };

interface Measure {
  /** What a grave finding at this field means. */
  readonly grave: "partly" | "outside";
  readonly limit: number;
  readonly now: number;
}

function judgeField(plan: FieldPlan, record: InputRecord, { grave, limit, now }: Measure): readonly ApplicabilityReason[] {
  const { field } = plan;
  const value = record.values[field];
  const { status, code, timestamp } = record.quality?.[field] ?? {};
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [{ field, reason: "MISSING", verdict: grave, actual: "", expected: expectedOf(plan) }];
  if (status === "Bad") return [{ field, reason: "BAD", verdict: grave, actual: code ?? "Bad", expected: "Good" }];
  const reasons: ApplicabilityReason[] = [];
  const items: readonly unknown[] = plan.list && Array.isArray(value) ? value : [value];
  const wrong = items.reduce<number>((count, item) => (isInside(plan, item) ? count : count + 1), 0);
  if (wrong === items.length && wrong > 0) {
    reasons.push({ field, reason: plan.values ? "UNKNOWN_VALUE" : "OUT_OF_RANGE", verdict: grave, actual: shorten(value), expected: expectedOf(plan) });
  } else if (wrong > 0) reasons.push({ field, reason: "SOME_OUTSIDE", verdict: "partly", actual: `${wrong} / ${items.length}`, expected: expectedOf(plan) });
  if (status === "Uncertain") reasons.push({ field, reason: "UNCERTAIN", verdict: "partly", actual: code ?? "Uncertain", expected: "Good" });
  const age = limit === Infinity ? 0 : ageOf(timestamp, record.timestamp, now);
  if (age > limit) reasons.push({ field, reason: "STALE", verdict: "partly", actual: `${Math.round(age / 1000)} s`, expected: `≤ ${limit / 1000} s` });
  return reasons;
}

function isInside({ minimum = -Infinity, maximum = Infinity, values }: FieldPlan, value: unknown): boolean {
  if (values && !(values as ReadonlySet<unknown>).has(value)) return false;
  // NaN is inside nothing.
  return typeof value === "number" ? value >= minimum && value <= maximum : values !== undefined;
}

function ageOf(own: string | undefined, whole: string, now: number): number {
  const record = toMilliseconds(whole) ?? now;
  const time = (own === undefined ? undefined : toMilliseconds(own)) ?? record;
  return Math.max(record - time, now - time);
}

function expectedOf({ minimum, maximum, values }: FieldPlan): string {
  if (values) return [...values].slice(0, 8).map(String).join(", ").slice(0, 80) + (values.size > 8 ? ", …" : "");
  return rangeText({ ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) });
}
