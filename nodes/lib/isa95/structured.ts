import type { FieldSchema, ValueSchema } from "../profile/profile";
import type { Nature } from "../record/interface-record";
import type { Draft, Tree } from "./document";
import { looseValue, valueFrame, wrongValue } from "./value";

type AnySchema = FieldSchema | ValueSchema;

/** Levels a structured value may nest; a document has a bounded depth, and so has what is read. */
const MAX_DEPTH = 24;
/** UN/CEFACT code of a plain number. */
const ONE = "C62";
const LIST_TEXT = "Number of items; they follow as";

/** A list or an object inside a field, or one of its leaves. */
interface Node {
  /** Path from the field: `defects.0.box.x`. */
  readonly id: string;
  readonly description: readonly string[];
  readonly value: Tree | undefined;
  readonly children: readonly Node[];
}

/** A list or a leaf on its own. */
export interface FlatEntry {
  readonly id: string;
  readonly description: readonly string[];
  readonly value: Tree;
}

/** What all nodes of a field share. */
interface Shared {
  readonly field: string;
  readonly nature: Nature;
}

/** Whether a field's values are lists or objects. */
export function isStructured({ type }: AnySchema): boolean {
  const types = [type].flat().filter((one) => one !== "null");
  return types.length === 1 && (types[0] === "array" || types[0] === "object");
}

/**
 * A structured value as nested entries: `defects` holds `defects.0`, that holds `defects.0.box`, that `defects.0.box.x` with its value
 * and unit. A list has the number of its items as value, so that an empty one is told from none.
 * @throws RESONANCE_ISA95_FIELD_VALUE for a part that is not of its type or nests too deep.
 */
export function nestedEntry(child: string, property: string, field: string, schema: AnySchema | undefined, value: unknown, nature: Nature): Draft {
  return nest(nodeOf(property, schema, value, { field, nature }, 0), child);
}

/** The same as a flat list, for types that do not nest: every list and leaf with its path as ID. */
export function flatEntries(property: string, field: string, schema: AnySchema, value: unknown, nature: Nature): readonly FlatEntry[] {
  return flatten(nodeOf(property, schema, value, { field, nature }, 0));
}

function nest({ id, description, value, children }: Node, child: string): Draft {
  const entry: Draft = { ID: id, Description: description };
  if (value) entry["Value"] = [value];
  if (children.length > 0) entry[child] = children.map((node) => nest(node, child));
  return entry;
}

function flatten({ id, description, value, children }: Node): readonly FlatEntry[] {
  return [...(value ? [{ id, description, value }] : []), ...children.flatMap(flatten)];
}

function nodeOf(id: string, schema: AnySchema | undefined, value: unknown, shared: Shared, depth: number): Node {
  const { field, nature } = shared;
  if (depth > MAX_DEPTH) throw wrongValue(field, "…", `at most ${MAX_DEPTH} levels`, id.slice(0, 200).replaceAll(".", "/"));
  const title = schema?.title?.en;
  const description = title === undefined ? [] : [title];
  if (Array.isArray(value)) {
    if (schema && !expects(schema, "array")) throw wrongValue(field, value, String(schema.type), id.replaceAll(".", "/"));
    const items = (value as readonly unknown[]).map((item, index) => nodeOf(`${id}.${index}`, schema?.items, item, shared, depth + 1));
    const count = { ValueString: String(items.length), ...valueFrame({ type: "integer", unit: ONE }, nature) };
    return { id, description: [...description, `${LIST_TEXT} ${id}.0, ${id}.1, …`], value: count, children: items };
  }
  if (typeof value === "object" && value !== null) {
    if (schema && !expects(schema, "object")) throw wrongValue(field, value, String(schema.type), id.replaceAll(".", "/"));
    const parts = Object.entries(value).filter(([, part]) => part !== undefined);
    const children = parts.map(([name, part]) => nodeOf(`${id}.${name}`, withUnit(schema?.properties?.[name], value as Readonly<Record<string, unknown>>), part, shared, depth + 1));
    return { id, description, value: undefined, children };
  }
  if (schema && isStructured(schema) && value !== null) throw wrongValue(field, value, String(schema.type), id.replaceAll(".", "/"));
  return { id, description, value: looseValue(schema, value, nature, field, id.replaceAll(".", "/")), children: [] };
}

/** A decimal text has the unit that stands beside it. */
function withUnit(part: AnySchema | undefined, beside: Readonly<Record<string, unknown>>): AnySchema | undefined {
  const unit = typeof part?.["unitIn"] === "string" ? beside[part["unitIn"]] : undefined;
  return part && typeof unit === "string" ? { ...part, unit } : part;
}

function expects({ type }: AnySchema, wanted: string): boolean {
  return [type].flat().includes(wanted);
}
