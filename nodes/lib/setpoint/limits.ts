import { jobPart } from "../record/job-context";
import { compileConverter } from "../units/conversion";
import type { Objection } from "./decision";
import { type FieldRule, isChangeLimited } from "./field-rule";

/** What a value of a field must keep to now. */
export interface Frame {
  readonly rule: FieldRule;
  readonly minimum: number;
  readonly maximum: number;
  /** What is in force; `undefined` when that is not known. */
  readonly reference: number | undefined;
  /** Largest change from the reference now: the step, and the ramp for the time since the last command. */
  readonly change: number;
  /** Whether it is the ramp that limits the change. */
  readonly byRamp: boolean;
}

/** Bounds that a message brings for a field; they only ever narrow those of the settings. */
export interface GivenBounds {
  readonly minimum?: unknown;
  readonly maximum?: unknown;
}

/** Sums of decimal fractions differ in their last digits; a limit is not passed by those. */
const NOISE = 1e-9;
/** UN/CEFACT code of the number one: the unit of what has none. */
const NUMBER_ONE = "C62";

/**
 * The frame of a field now, or why there is none. `job` is the job's context, `given` what a message brought, `elapsedMs` the
 * time since the last command.
 */
export function frameOf(
  rule: FieldRule, job: unknown, given: GivenBounds | undefined, reference: number | undefined, elapsedMs: number, needsReference: boolean,
): Frame | Objection {
  const { field } = rule;
  let { minimum, maximum } = rule;
  for (const [path, side] of [[rule.jobMinimum, "minimum"], [rule.jobMaximum, "maximum"]] as const) {
    if (path.length === 0) continue;
    const bound = jobBound(rule, path, job);
    if (typeof bound !== "number") return bound;
    if (side === "minimum") minimum = Math.max(minimum, bound);
    else maximum = Math.min(maximum, bound);
  }
  for (const side of ["minimum", "maximum"] as const) {
    const bound = given?.[side];
    if (bound === undefined || bound === null) continue;
    if (typeof bound !== "number" || !Number.isFinite(bound)) return { reason: "BOUND_MISSING", about: { field, path: `limits.${field}.${side}` } };
    if (side === "minimum") minimum = Math.max(minimum, bound);
    else maximum = Math.min(maximum, bound);
  }
  if (!(minimum <= maximum)) return { reason: "BOUNDS_EMPTY", about: { field, minimum, maximum } };
  if (reference === undefined && needsReference && isChangeLimited(rule)) return { reason: "REFERENCE_UNKNOWN", about: { field } };
  const ramp = rule.maxRate === Infinity ? Infinity : rule.maxRate * (elapsedMs / 1000);
  return { rule, minimum, maximum, reference, change: Math.min(rule.maxStep, ramp), byRamp: ramp < rule.maxStep };
}

/** Why a value may not leave as it is; `undefined` when it may. */
export function objectionTo(value: number, { rule, minimum, maximum, reference, change, byRamp }: Frame): Objection | undefined {
  const { field } = rule;
  if (!Number.isFinite(value) || (rule.integer && !Number.isInteger(value))) return { reason: "VALUE_INVALID", about: { field, value: String(value) } };
  if (value < minimum || value > maximum) return { reason: "OUT_OF_BOUNDS", about: { field, value, bound: value < minimum ? minimum : maximum } };
  if (reference === undefined || Math.abs(value - reference) <= change + NOISE * Math.max(change, Math.abs(reference), 1e-6)) return undefined;
  return { reason: byRamp ? "RAMP_TOO_FAST" : "STEP_TOO_LARGE", about: { field, value, bound: change } };
}

/** The value nearest to the wanted one that keeps to the frame; `undefined` when there is none. */
export function limited(value: number, frame: Frame): number | undefined {
  const { rule, minimum, maximum, reference, change } = frame;
  const lower = Math.max(minimum, reference === undefined ? -Infinity : reference - change);
  const upper = Math.min(maximum, reference === undefined ? Infinity : reference + change);
  if (!(lower <= upper)) return undefined;
  const clamped = Math.min(Math.max(value, lower), upper);
  const near = rule.integer ? [Math.round(clamped), Math.floor(clamped), Math.ceil(clamped)] : [clamped];
  return near.find((candidate) => objectionTo(candidate, frame) === undefined);
}

/**
 * A bound of the job in the profile's unit. One of a job's parameter is in that parameter's unit where it names one, else in the row's;
 * a parameter whose lower bound lies above its upper one bounds nothing.
 */
function jobBound({ field, unit, toProfile }: FieldRule, path: readonly string[], job: unknown): number | Objection {
  const { holder, value } = jobPart(job, path);
  const { lower, upper, unit: stated } = (typeof holder === "object" && holder !== null ? holder : {}) as Readonly<Record<string, unknown>>;
  // A bound that should be there and is not is no permission.
  if (typeof value !== "number" || !Number.isFinite(value)) return { reason: "BOUND_MISSING", about: { field, path: path.join(".") } };
  if (typeof lower === "number" && typeof upper === "number" && lower > upper) return { reason: "BOUNDS_EMPTY", about: { field, minimum: lower, maximum: upper } };
  if (stated === undefined || stated === "") return toProfile(value);
  const convert = converter(stated, unit);
  return convert ? convert(value) : { reason: "BOUND_UNIT", about: { field, unit: (typeof stated === "string" ? stated : typeof stated).slice(0, 40), wanted: unit } };
}

/** The conversion of a bound's unit; `undefined` where there is none. */
function converter(from: unknown, to: string): ((value: number) => number) | undefined {
  if (from === to) return (value) => value;
  try {
    return typeof from === "string" ? compileConverter(from, to === "" ? NUMBER_ONE : to) : undefined;
  } catch {
    return undefined;
  }
}
