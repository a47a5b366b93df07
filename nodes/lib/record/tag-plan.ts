import { ResonanceError } from "../errors/resonance-error";
import type { Category } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import type { Admit } from "./admission";
import { compileAggregate, type AggregatePlan, type AggregateSetting } from "./aggregate-plan";
import { compileAdmission } from "./field-value";
import { settingValue } from "./setting-value";

/** What becomes of a value that is too old or too far from the others: it is not used, it stays with its own time, or it stays and is Uncertain. */
export type StalePolicy = "reject" | "hold" | "uncertain";

const POLICIES: readonly unknown[] = ["reject", "hold", "uncertain"] satisfies readonly StalePolicy[];

/** A row of the mapping: which tag fills which field, in which unit the tag delivers. */
export interface TagMapping extends AggregateSetting {
  readonly tag: string;
  readonly field: string;
  /** UN/CEFACT code; empty for the profile's own unit. Without meaning for a field that is not a number. */
  readonly unit: string;
  /** Seconds after which a value is too old; 0 for no limit. */
  readonly maxAge: number;
  /** Whether a record may be made without this field. */
  readonly optional: boolean;
  /** `reject` where it is not given. */
  readonly stale?: StalePolicy | "";
  /** Stands in, Uncertain, where there is no usable value; in the profile's unit. Absent, empty or `null` for none. */
  readonly default?: unknown;
}

/** A row, compiled. */
export interface TagPlan {
  readonly tag: string;
  readonly field: string;
  /** Milliseconds, `Infinity` for no limit. */
  readonly maxAge: number;
  readonly optional: boolean;
  readonly admit: Admit;
  readonly aggregate: AggregatePlan | undefined;
  readonly stale: StalePolicy;
  readonly substitute: { readonly value: unknown } | undefined;
}

/**
 * Compiles the mapping for the inputs of a category. A field the profile requires is never optional, whatever the row says.
 * A tag may fill several fields, each in another way. `given` are fields that are filled otherwise.
 * @throws RESONANCE_CONFIG_INVALID, RESONANCE_FIELD_UNKNOWN, RESONANCE_MAPPING_TWICE, RESONANCE_UNIT_UNKNOWN,
 * RESONANCE_UNIT_INCOMPATIBLE, RESONANCE_VALUE_… with a path like `tags/2/unit`, RESONANCE_FIELD_UNMAPPED
 */
export function compileTags(category: Category, tags: readonly TagMapping[], given: readonly string[] = []): readonly TagPlan[] {
  const plans = tags.map((mapping, index) => compileTag(category, mapping, `tags/${index}`));
  refuseTwins(plans, "tag", ({ tag, aggregate, aggregateName }) => JSON.stringify([tag, aggregateName, aggregate?.span]));
  refuseTwins(plans, "field", ({ field }) => field);
  const mapped = new Set([...plans.map(({ field }) => field), ...given]);
  const { required, requireOneOf } = category.input;
  const missing = required.filter((name) => !mapped.has(name));
  if (missing.length > 0) throw unmapped(category, missing.join(", "));
  if (requireOneOf.length > 0 && !requireOneOf.some((name) => mapped.has(name))) throw unmapped(category, requireOneOf.join(" | "));
  if (plans.length === 0) throw unmapped(category, [...category.input.fields.keys()].join(" | "));
  return plans;
}

/** A plan with the name of its aggregate, to tell rows of one tag apart. */
type NamedPlan = TagPlan & { readonly aggregateName: string };

function compileTag(category: Category, mapping: TagMapping, at: string): NamedPlan {
  const { tag, field: name, unit, maxAge, optional, stale = "", default: substitute } = mapping;
  if (tag === "") throw invalid(`${at}/tag`, "empty");
  const field = requireField(category, "input", name, `${at}/field`);
  if (!(maxAge >= 0)) throw invalid(`${at}/maxAge`, String(maxAge));
  if (stale !== "" && !POLICIES.includes(stale)) throw invalid(`${at}/stale`, stale);
  const aggregate = compileAggregate(field, mapping, at);
  const place = `${at}/default`;
  return {
    tag,
    field: name,
    maxAge: maxAge === 0 ? Infinity : maxAge * 1000,
    optional: optional && !field.required,
    admit: aggregate ? aggregate.admit : compileAdmission(field, unit, `${at}/unit`),
    aggregate,
    aggregateName: aggregate ? String(mapping.aggregate) : "",
    stale: stale === "" ? "reject" : stale,
    substitute: isGiven(substitute) ? { value: settingValue(field, substitute, "", { value: place, unit: place }) } : undefined,
  };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function refuseTwins(plans: readonly NamedPlan[], key: "tag" | "field", identityOf: (plan: NamedPlan) => string): void {
  const seen = new Set<string>();
  plans.forEach((plan, index) => {
    const identity = identityOf(plan);
    if (seen.has(identity)) throw new ResonanceError("RESONANCE_MAPPING_TWICE", { name: plan[key] }, { path: `tags/${index}/${key}` });
    seen.add(identity);
  });
}

function unmapped(category: Category, fields: string): ResonanceError {
  return new ResonanceError("RESONANCE_FIELD_UNMAPPED", { category: category.id, fields }, { path: "tags" });
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
