import { compileConverter } from "../units/conversion";
import { areCompatible, findUnit } from "../units/units";
import type { Field, FieldSchema, Interface, UnitCode, ValueSchema } from "./profile";

/** In what a field of two editions can differ. */
export const ASPECTS = ["retyped", "reunited", "changedRange", "changedTarget", "changedRequired", "changedOrder"] as const;
export type Aspect = (typeof ASPECTS)[number];

/** Limits beside the range, in the order in which they are told. */
const LIMITS = ["enum", "minLength", "maxLength", "pattern", "minItems", "maxItems", "required"] as const;

/** How a field is told so that it can be compared with what it became. */
export interface Telling {
  /** The unit its range is told in, where it converts: the same range in another unit is no change. */
  readonly unit?: UnitCode | undefined;
  /** What other fields of its interface are called: a new name is no change of what is said about them. */
  readonly nameOf?: (field: string) => string;
}

/** A field in words, aspect by aspect; parts of structured values stand behind their path. */
export function aspectsOf({ name, schema, required }: Field, side: Interface, { unit, nameOf = (field) => field }: Telling = {}): Readonly<Record<Aspect, string>> {
  const relations = side.ordered.filter((fields) => fields.includes(name)).map((fields) => fields.map(nameOf));
  return {
    retyped: everywhere(schema, typeText),
    reunited: everywhere(schema, ({ unit: own, unitIn }) => own ?? (typeof unitIn === "string" ? `→ ${unitIn}` : "")),
    changedRange: everywhere(inUnit(schema, unit), rangeText),
    changedTarget: schema.isa95.map((target) => `${target.message}: ${target.path} [${target.property ?? name}]`).sort().join("; "),
    changedRequired: required ? "required" : side.requireOneOf.includes(name) ? `one of ${side.requireOneOf.map(nameOf).join(", ")}` : "optional",
    changedOrder: [orderText(relations), everywhere(schema, ({ ordered = [] }) => orderText(ordered))].filter((text) => text !== "").join("; "),
  };
}

/** What `tell` says of the value and, behind their paths, of the parts that have something to say. */
function everywhere(schema: FieldSchema | ValueSchema, tell: (value: FieldSchema | ValueSchema) => string, path = ""): string {
  const own = tell(schema);
  const texts = own === "" ? [] : [path === "" ? own : `${path}: ${own}`];
  if (schema.items) texts.push(everywhere(schema.items, tell, `${path}[]`));
  for (const [name, part] of Object.entries(schema.properties ?? {})) texts.push(everywhere(part, tell, path === "" ? name : `${path}/${name}`));
  return texts.filter((text) => text !== "").join("; ");
}

function inUnit(schema: FieldSchema, wanted: UnitCode | undefined): FieldSchema {
  const [from, to] = [findUnit(schema.unit ?? ""), findUnit(wanted ?? "")];
  if (!from || !to || from === to || !areCompatible(from, to)) return schema;
  const convert = compileConverter(from.code, to.code);
  const { minimum, maximum } = schema;
  return { ...schema, ...(minimum !== undefined && { minimum: convert(minimum) }), ...(maximum !== undefined && { maximum: convert(maximum) }) };
}

function typeText({ type, format }: FieldSchema | ValueSchema): string {
  return [String(type), format].filter((word) => word !== undefined).join(" ");
}

function orderText(relations: readonly (readonly string[])[]): string {
  return relations.map((names) => names.join(" ≤ ")).join("; ");
}

function rangeText(schema: FieldSchema | ValueSchema): string {
  const { minimum, maximum } = schema;
  const range = minimum === undefined && maximum === undefined ? [] : [`${minimum ?? "-∞"} … ${maximum ?? "∞"}`];
  const limits = LIMITS.filter((word) => schema[word] !== undefined).map((word) => `${word} ${JSON.stringify(schema[word])}`);
  return [...range, ...limits].join(", ");
}
