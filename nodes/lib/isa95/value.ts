import { ResonanceError } from "../errors/resonance-error";
import type { FieldSchema } from "../profile/profile";
import type { Nature } from "../record/interface-record";
import type { Draft, Scalar, Tree } from "./document";

/** Qualifier of the unit codes the profile uses: UN/CEFACT Recommendation 20. */
const UNIT_LIST = "UN/CEFACT Rec 20";

/** Builds the `Value` of a field. */
export type ValueWriter = (value: unknown, nature: Nature) => Tree;

type Kind = "number" | "integer" | "boolean" | "dateTime" | "string" | "json";

/** How each kind is told, and what B2MML calls it. */
const KINDS: Readonly<Record<Kind, { readonly dataType: string; readonly holds: (value: unknown) => boolean }>> = {
  number: { dataType: "double", holds: Number.isFinite },
  integer: { dataType: "integer", holds: Number.isSafeInteger },
  boolean: { dataType: "boolean", holds: (value) => typeof value === "boolean" },
  dateTime: { dataType: "dateTime", holds: (value) => typeof value === "string" },
  string: { dataType: "string", holds: (value) => typeof value === "string" },
  json: { dataType: "string", holds: (value) => typeof value === "object" && value !== null },
};

/**
 * Prepares the `Value` of a field: text, data type, unit, and for what is not measured its nature as key.
 * The writer throws RESONANCE_ISA95_FIELD_VALUE (path `values/<field>`) for a value that is not of the field's type.
 */
export function compileValue(name: string, schema: FieldSchema): ValueWriter {
  const { dataType, holds } = KINDS[kindOf(schema)];
  const unit = schema.unit;
  return (value, nature) => {
    const text = typeof value === "object" ? JSON.stringify(value) : `${value as Scalar}`;
    if (!holds(value)) throw new ResonanceError("RESONANCE_ISA95_FIELD_VALUE", { field: name, value: text, type: dataType }, { path: `values/${name}` });
    const written: Draft = { ValueString: text, DataType: dataType };
    if (unit !== undefined) written["UnitOfMeasure"] = { "@listID": UNIT_LIST, $: unit };
    if (nature !== "measurement") written["Key"] = nature;
    return written;
  };
}

function kindOf(schema: FieldSchema): Kind {
  const types = [schema.type].flat().filter((type) => type !== "null");
  if (types.length > 1) return types.includes("number") ? "number" : "string";
  const [type] = types;
  if (type === "string") return schema.format === "date-time" ? "dateTime" : "string";
  return type === "number" || type === "integer" || type === "boolean" ? type : "json";
}
