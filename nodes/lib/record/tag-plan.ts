import { ResonanceError } from "../errors/resonance-error";
import type { Category } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import { compileAdmission, type Admit } from "./field-value";

/** A row of the mapping: which tag fills which field, in which unit the tag delivers. */
export interface TagMapping {
  readonly tag: string;
  readonly field: string;
  /** UN/CEFACT code; empty for the profile's own unit. Without meaning for a field that is not a number. */
  readonly unit: string;
  /** Seconds after which a value is too old; 0 for no limit. */
  readonly maxAge: number;
  /** Whether a record may be made without this field. */
  readonly optional: boolean;
}

/** A row, compiled. */
export interface TagPlan {
  readonly tag: string;
  readonly field: string;
  /** Milliseconds, `Infinity` for no limit. */
  readonly maxAge: number;
  readonly optional: boolean;
  readonly admit: Admit;
}

/**
 * Compiles the mapping for the inputs of a category. A field the profile requires is never optional, whatever the row says.
 * @throws RESONANCE_CONFIG_INVALID, RESONANCE_FIELD_UNKNOWN, RESONANCE_MAPPING_TWICE, RESONANCE_UNIT_UNKNOWN,
 * RESONANCE_UNIT_INCOMPATIBLE with a path like `tags/2/unit`, RESONANCE_FIELD_UNMAPPED
 */
export function compileTags(category: Category, tags: readonly TagMapping[]): readonly TagPlan[] {
  const plans = tags.map((mapping, index) => compileTag(category, mapping, `tags/${index}`));
  refuseTwins(plans, "tag");
  refuseTwins(plans, "field");
  const mapped = new Set(plans.map(({ field }) => field));
  const { required, requireOneOf } = category.input;
  const missing = required.filter((name) => !mapped.has(name));
  if (missing.length > 0) throw unmapped(category, missing.join(", "));
  if (requireOneOf.length > 0 && !requireOneOf.some((name) => mapped.has(name))) throw unmapped(category, requireOneOf.join(" | "));
  if (plans.length === 0) throw unmapped(category, [...category.input.fields.keys()].join(" | "));
  return plans;
}

function compileTag(category: Category, { tag, field: name, unit, maxAge, optional }: TagMapping, at: string): TagPlan {
  if (tag === "") throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: `${at}/tag`, detail: "empty" }, { path: `${at}/tag` });
  const field = requireField(category, "input", name, `${at}/field`);
  if (!(maxAge >= 0)) {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: `${at}/maxAge`, detail: String(maxAge) }, { path: `${at}/maxAge` });
  }
  return {
    tag,
    field: name,
    maxAge: maxAge === 0 ? Infinity : maxAge * 1000,
    optional: optional && !field.required,
    admit: compileAdmission(field, unit, `${at}/unit`),
  };
}

function refuseTwins(plans: readonly TagPlan[], key: "tag" | "field"): void {
  const seen = new Set<string>();
  plans.forEach((plan, index) => {
    const name = plan[key];
    if (seen.has(name)) throw new ResonanceError("RESONANCE_MAPPING_TWICE", { name }, { path: `tags/${index}/${key}` });
    seen.add(name);
  });
}

function unmapped(category: Category, fields: string): ResonanceError {
  return new ResonanceError("RESONANCE_FIELD_UNMAPPED", { category: category.id, fields }, { path: "tags" });
}
