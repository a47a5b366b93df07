import type { Category, Direction, Field } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import { compileConverter } from "../units/conversion";
import { invalid, type FieldReference, type KnownValue, type TrainingReference } from "./training-reference";

/** What a reference says of a field, in the profile's unit. */
export interface FieldPlan {
  readonly field: string;
  readonly direction: Direction;
  /** Whether the value is a list, each item of which is judged. */
  readonly list: boolean;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly values: ReadonlySet<KnownValue> | undefined;
  /** Where its distribution is known. */
  readonly distribution: Distribution | undefined;
}

/** The distribution of a field in the training data: bins and the share of each; the shares add up to 1. */
export interface Distribution {
  readonly shares: readonly number[];
  /** The bin a value falls into; -1 for what has none (a text among numbers). */
  readonly binOf: (value: unknown) => number;
}

/** The reference of a model as a category and its units want it. */
export interface ReferencePlan {
  readonly dataSet: string | undefined;
  readonly inputs: readonly FieldPlan[];
  readonly outputs: readonly FieldPlan[];
}

/**
 * Fits a training reference to a category: fields are looked up, limits and edges converted into the profile's units.
 * @throws RESONANCE_FIELD_UNKNOWN, RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE, RESONANCE_TRAINING_REFERENCE_INVALID, with a path like
 * `reference/inputs/torque/unit`
 */
export function compileReference({ dataSet, inputs, outputs }: TrainingReference, category: Category): ReferencePlan {
  const plansOf = (fields: Readonly<Record<string, FieldReference>>, direction: Direction): readonly FieldPlan[] =>
    Object.entries(fields).map(([name, reference]) => compileField(requireField(category, direction, name, `reference/${direction}s/${name}`), reference, direction));
  return { dataSet: dataSet?.id, inputs: plansOf(inputs, "input"), outputs: plansOf(outputs, "output") };
}

function compileField({ name, schema }: Field, reference: FieldReference, direction: Direction): FieldPlan {
  const at = `/${direction}s/${name}`;
  const list = schema.type === "array";
  const words = list ? schema.items ?? { type: "string" } : schema;
  const type = String(words.type);
  const { unit = "", minimum, maximum, values, bins, shares } = reference;
  const numeric = type === "number" || type === "integer";
  if (!numeric && !["string", "boolean"].includes(type)) throw invalid(name, at, `a value of the type ${type} cannot be compared`, at);
  if (!numeric && (minimum ?? maximum ?? bins) !== undefined) throw invalid(name, at, `a minimum, maximum or bins are for numbers; ${name} is ${type}`, at);
  const stray = values?.findIndex((value) => typeof value !== (numeric ? "number" : type)) ?? -1;
  if (stray >= 0) throw invalid(name, `${at}/values/${stray}`, `a value of the type ${type} is needed`, `${at}/values/${stray}`);
  const convert = numeric && unit !== "" && words.unit !== undefined ? compileConverter(unit, words.unit, `reference${at}/unit`) : <T>(value: T): T => value;
  const number = (value: number | undefined): number | undefined => (value === undefined ? undefined : convert(value));
  const known = values?.map((value) => (typeof value === "number" ? convert(value) : value));
  return {
    field: name, direction, list,
    minimum: number(minimum), maximum: number(maximum),
    values: known && new Set(known),
    distribution: shares && (bins ? histogram(bins.map((edge) => convert(edge)), shares) : classes(known ?? [], shares)),
  };
}

/** A number below the first edge counts into the first bin, one from the last edge on into the last. */
function histogram(edges: readonly number[], shares: readonly number[]): Distribution {
  const inner = edges.slice(1, -1);
  return {
    shares: normalized(shares),
    binOf(value) {
      if (typeof value !== "number" || !Number.isFinite(value)) return -1;
      let [low, high] = [0, inner.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (value >= (inner[middle] as number)) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}

/** A class that the training data did not have is one more bin, empty in the reference. */
function classes(values: readonly KnownValue[], shares: readonly number[]): Distribution {
  const bins = new Map(values.map((value, index) => [value as unknown, index]));
  return { shares: normalized([...shares, 0]), binOf: (value) => (["string", "number", "boolean"].includes(typeof value) ? bins.get(value) ?? values.length : -1) };
}

function normalized(shares: readonly number[]): readonly number[] {
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}
