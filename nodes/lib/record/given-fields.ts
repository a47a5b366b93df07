import { ResonanceError } from "../errors/resonance-error";
import type { Category } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import type { Admit } from "./admission";
import { shorten, type Refusal } from "./field-error";
import { compileAdmission } from "./field-value";
import { jobPart } from "./job-context";
import { settingValue } from "./setting-value";
import type { FieldValue } from "./slots-to-record";

/** A field that always has the same value. */
export interface ConstantField {
  readonly field: string;
  readonly value: unknown;
  /** UN/CEFACT code; empty for the profile's own unit. */
  readonly unit?: string;
}

/** A field that the job's context fills: `path` leads into `msg.resonance.job`, its parts parted by dots, e.g. `order.materialId`. */
export interface JobField {
  readonly field: string;
  readonly path: string;
  /** UN/CEFACT code; empty or absent for the profile's own unit. */
  readonly unit?: string;
}

/** Fields of a record that no tag fills. */
export interface GivenFields {
  readonly fields: readonly string[];
  /** Whether the field has a value now. */
  readonly has: (field: string) => boolean;
  values(): readonly FieldValue[];
  /** Takes the context of a job, which counts until the next one; gives what cannot be used of it, once as long as it stays the same. `null` is no job. */
  takeJob(job: unknown): readonly { readonly field: string; readonly refusal: Refusal }[];
}

interface JobPlan {
  readonly field: string;
  readonly parts: readonly string[];
  readonly admit: Admit;
}

/**
 * Compiles constant fields and those of the job. `mapped` are fields that tags fill.
 * @throws RESONANCE_FIELD_UNKNOWN, RESONANCE_MAPPING_TWICE, RESONANCE_CONFIG_INVALID, RESONANCE_VALUE_…, RESONANCE_UNIT_UNKNOWN,
 * RESONANCE_UNIT_INCOMPATIBLE with a path like `constants/0/value` or `jobFields/1/path`
 */
export function compileGiven(category: Category, constants: readonly ConstantField[], jobFields: readonly JobField[], mapped: readonly string[]): GivenFields {
  const seen = new Set(mapped);
  const once = (name: string, path: string): void => {
    if (seen.has(name)) throw new ResonanceError("RESONANCE_MAPPING_TWICE", { name }, { path });
    seen.add(name);
  };
  const fixed = constants.map(({ field: name, value, unit = "" }, index): FieldValue => {
    const at = `constants/${index}`;
    const field = requireField(category, "input", name, `${at}/field`);
    once(name, `${at}/field`);
    return plain(name, settingValue(field, value, unit, { value: `${at}/value`, unit: `${at}/unit` }));
  });
  const jobs = jobFields.map(({ field: name, path, unit = "" }, index): JobPlan => {
    const at = `jobFields/${index}`;
    const field = requireField(category, "input", name, `${at}/field`);
    once(name, `${at}/field`);
    const parts = path.split(".").map((part) => part.trim());
    if (parts.includes("")) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: `${at}/path`, detail: path || "empty" }, { path: `${at}/path` });
    return { field: name, parts, admit: compileAdmission(field, unit, `${at}/unit`) };
  });
  let known = new Map<string, FieldValue>();
  /** What has been refused of each field, so that it is told once as long as it stays. */
  const told = new Map<string, string>();
  return {
    fields: [...fixed, ...jobs].map(({ field }) => field),
    has: (field) => known.has(field) || fixed.some((constant) => constant.field === field),
    values: () => [...fixed, ...known.values()],
    takeJob(job) {
      known = new Map();
      return jobs.flatMap(({ field, parts, admit }) => {
        const { value: raw } = jobPart(job, parts);
        if (raw === undefined || raw === null) return [];
        const admission = admit(raw);
        if ("refusal" in admission) {
          const { refusal } = admission;
          const reason = JSON.stringify([refusal.code, refusal.at, shorten(raw)]);
          const repeated = told.get(field) === reason;
          told.set(field, reason);
          return repeated ? [] : [{ field, refusal }];
        }
        told.delete(field);
        known.set(field, plain(field, admission.value));
        return [];
      });
    },
  };
}

function plain(field: string, value: unknown): FieldValue {
  return { field, value, time: undefined, status: undefined, code: undefined };
}
