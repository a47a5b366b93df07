import type { OutputRecord } from "../record/interface-record";
import type { DecidedValue, Objection } from "./decision";
import type { FieldRule } from "./field-rule";
import { type Frame, frameOf, type GivenBounds, limited, objectionTo } from "./limits";

/** Frames of the guarded fields now, or why a field has none. */
export type Frames = ReadonlyMap<string, Frame | Objection>;

/** What a proposal's values come to. */
export interface Evaluated {
  readonly passed: Readonly<Record<string, number>>;
  readonly values: Readonly<Record<string, DecidedValue>>;
  /** Whether a value is not the proposed one. */
  readonly limited: boolean;
  /** Whether every value is within its dead band. */
  readonly settled: boolean;
}

export interface Circumstances {
  readonly job: unknown;
  readonly elapsedMs: number;
  readonly given: (field: string) => GivenBounds | undefined;
  readonly reference: (rule: FieldRule) => number | undefined;
}

/** The frames of all guarded fields under the circumstances of the moment. */
export function frames({ fields, needsReference }: { readonly fields: readonly FieldRule[]; readonly needsReference: boolean }, { job, elapsedMs, given, reference }: Circumstances): Frames {
  return new Map(fields.map((rule) => [rule.field, frameOf(rule, job, given(rule.field), reference(rule), elapsedMs, needsReference)]));
}

/** Judges the guarded values of a proposal, all or none; what is not guarded never gets into a command. */
export function evaluate({ values, quality }: OutputRecord, all: Frames, limits: boolean): Evaluated | { readonly objection: Objection; readonly values: Evaluated["values"] } {
  const passed: Record<string, number> = {};
  const decided: Record<string, DecidedValue> = {};
  let changed = false;
  let settled = true;
  for (const [field, frame] of all) {
    if (!Object.hasOwn(values, field)) continue;
    const proposed = values[field];
    decided[field] = { proposed };
    const refuse = (objection: Objection) => ({ objection, values: decided });
    if (typeof proposed !== "number" || !Number.isFinite(proposed)) return refuse({ reason: "VALUE_INVALID", about: { field, value: String(proposed).slice(0, 80) } });
    if (quality?.[field]?.status === "Bad") return refuse({ reason: "VALUE_BAD", about: { field } });
    if ("reason" in frame) return refuse(frame);
    const objection = objectionTo(proposed, frame);
    const bound = objection?.about?.["bound"];
    if (objection) decided[field] = { proposed, ...(typeof bound === "number" && { bound }) };
    if (objection && !limits) return refuse(objection);
    const value = objection ? limited(proposed, frame) : proposed;
    if (value === undefined) return refuse(objection ?? { reason: "BOUNDS_EMPTY", about: { field, minimum: frame.minimum, maximum: frame.maximum } });
    passed[field] = value;
    changed ||= value !== proposed;
    settled &&= frame.reference !== undefined && Math.abs(value - frame.reference) < frame.rule.deadBand;
    decided[field] = { ...decided[field], proposed, passed: value };
  }
  if (Object.keys(passed).length === 0) return { objection: { reason: "NO_VALUE" }, values: decided };
  return { passed, values: decided, limited: changed, settled };
}
