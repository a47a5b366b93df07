import { ResonanceError } from "../errors/resonance-error";
import type { FieldSchema, ValueSchema } from "../profile/profile";
import type { Nature } from "../record/interface-record";
import type { Draft, Scalar, Tree } from "./document";
import type { TypeSpec } from "./structure";
import { xsdTime } from "./text";

/** Qualifier of the unit codes the profile uses: UN/CEFACT Recommendation 20. */
const UNIT_LIST = "UN/CEFACT Rec 20";

type Kind = "decimal" | "number" | "integer" | "boolean" | "dateTime" | "string" | "json";
type AnySchema = Pick<FieldSchema | ValueSchema, "type" | "format" | "unit"> & { readonly unitIn?: unknown };

/** How each kind is told, and what B2MML calls it. */
const KINDS: Readonly<Record<Kind, { readonly dataType: string; readonly holds: (value: unknown) => boolean }>> = {
  number: { dataType: "double", holds: Number.isFinite },
  integer: { dataType: "integer", holds: Number.isSafeInteger },
  decimal: { dataType: "decimal", holds: (value) => typeof value === "string" },
  boolean: { dataType: "boolean", holds: (value) => typeof value === "boolean" },
  dateTime: { dataType: "dateTime", holds: (value) => typeof value === "string" && xsdTime(value) !== undefined },
  string: { dataType: "string", holds: (value) => typeof value === "string" },
  json: { dataType: "string", holds: (value) => typeof value === "object" && value !== null },
};

/** Gives the text of a value. */
export type TextWriter = (value: unknown) => string;

/**
 * Prepares the text of a value of `schema`; `field` and `at` are named where it is of another type.
 * The writer throws RESONANCE_ISA95_FIELD_VALUE (path `values/<at>`).
 */
export function compileText(schema: AnySchema, field: string, at = field): TextWriter {
  const kind = kindOf(schema);
  const { dataType, holds } = KINDS[kind];
  return (value) => {
    if (!holds(value)) throw wrongValue(field, value, dataType, at);
    if (kind === "dateTime") return xsdTime(value as string) ?? (value as string);
    return typeof value === "object" ? JSON.stringify(value) : `${value as Scalar}`;
  };
}

/** The parts of a `Value` beside its text: data type, unit, and for what is not measured its nature as key. */
export function valueFrame(schema: AnySchema, nature: Nature): Draft {
  const frame: Draft = { DataType: KINDS[kindOf(schema)].dataType };
  if (schema.unit !== undefined) frame["UnitOfMeasure"] = { "@listID": UNIT_LIST, $: schema.unit };
  if (nature !== "measurement") frame["Key"] = nature;
  return frame;
}

/** A value whose schema may be silent about it: its own type counts then. */
export function looseValue(schema: AnySchema | undefined, value: unknown, nature: Nature, field: string, at: string): Tree {
  const known: AnySchema = schema ?? { type: typeof value === "number" ? "number" : typeof value === "boolean" ? "boolean" : "string" };
  if (value === null) return { ValueString: null, ...valueFrame(known, nature) };
  return { ValueString: compileText(known, field, at)(value), ...valueFrame(known, nature) };
}

/** A value that is not of its field's type. */
export function wrongValue(field: string, value: unknown, type: string, at = field): ResonanceError {
  const text = Array.isArray(value) ? "a list" : typeof value === "object" && value !== null ? "an object" : String(value);
  return new ResonanceError("RESONANCE_ISA95_FIELD_VALUE", { field, value: text.slice(0, 200), type }, { path: `values/${at}` });
}

/** The element that holds the text in a type of value or quantity; `undefined` for any other type. */
export function valueElementOf(type: TypeSpec): string | undefined {
  return ["ValueString", "QuantityString"].find((name) => type.elements.has(name));
}

function kindOf(schema: AnySchema): Kind {
  const types = [schema.type].flat().filter((type) => type !== "null");
  if (types.length > 1) return types.includes("number") ? "number" : "string";
  const [type] = types;
  if (type === "string" && schema.unitIn !== undefined) return "decimal";
  if (type === "string") return schema.format === "date-time" ? "dateTime" : "string";
  return type === "number" || type === "integer" || type === "boolean" ? type : "json";
}
