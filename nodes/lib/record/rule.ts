import { ResonanceError } from "../errors/resonance-error";
import type { Category, Field } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import { compileConverter } from "../units/conversion";

export type Operator = "<" | "<=" | ">" | ">=";

/** Sets a yes-or-no field from a number: `field` is true where `source operator value` holds, `value` being in `unit`. */
export interface Rule {
  readonly field: string;
  /** An output of the model, or `confidence`. */
  readonly source: string;
  readonly operator: Operator;
  readonly value: number;
  /** UN/CEFACT code; empty for the profile's own unit. */
  readonly unit: string;
}

/** A rule, its limit in the profile's unit of the source. */
export interface RulePlan {
  readonly field: string;
  readonly source: string;
  readonly holds: (value: number) => boolean;
}

const OPERATORS: Readonly<Record<Operator, (limit: number) => RulePlan["holds"]>> = {
  "<": (limit) => (value) => value < limit,
  "<=": (limit) => (value) => value <= limit,
  ">": (limit) => (value) => value > limit,
  ">=": (limit) => (value) => value >= limit,
};

/**
 * Compiles a rule for the outputs of a category. `path` names the rule, e.g. `rules/0`.
 * @throws RESONANCE_FIELD_UNKNOWN, RESONANCE_RULE_INVALID, RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE
 */
export function compileRule(category: Category, rule: Rule, path: string): RulePlan {
  const { field, source, operator, value, unit } = rule;
  const refuse = (property: keyof Rule, detail: string): never => {
    throw new ResonanceError("RESONANCE_RULE_INVALID", { field, detail }, { path: `${path}/${property}` });
  };
  const target = requireField(category, "output", field, `${path}/field`);
  if (target.schema.type !== "boolean") refuse("field", `${field}: ${String(target.schema.type)} ≠ boolean`);
  const from = source === "confidence" ? undefined : requireField(category, "output", source, `${path}/source`);
  if (from && !isNumeric(from)) refuse("source", `${source}: ${String(from.schema.type)} ≠ number`);
  if (!Object.hasOwn(OPERATORS, operator)) refuse("operator", `${operator} ≠ ${Object.keys(OPERATORS).join(" ")}`);
  if (!Number.isFinite(value)) refuse("value", `${String(value)} ≠ number`);
  const own = from ? from.schema.unit ?? "" : "C62";
  const limit = unit === "" || own === "" ? value : compileConverter(unit, own, `${path}/unit`)(value);
  return { field, source, holds: OPERATORS[operator](limit) };
}

function isNumeric({ schema }: Field): boolean {
  return schema.type === "number" || schema.type === "integer";
}
