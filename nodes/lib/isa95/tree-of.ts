import type { Draft, Scalar, Tree } from "./document";
import { propertyName } from "./property-name";
import type { Received } from "./receive";
import type { ElementSpec, TypeSpec } from "./structure";

type Item = Scalar | Tree | null;

/** How much of an object is written. */
export interface TreeOptions {
  /** Only what the schema requires, and IDs: what is missing is put there as unspecified. */
  readonly minimal: boolean;
  /** Stands for a time that is missing. */
  readonly now: string;
}

/** Stands where an ID is required that nobody has given. */
const UNSPECIFIED = "UNSPECIFIED";
/** What stands for a required text that is missing, by XSD type. */
const MISSING: Readonly<Record<string, Scalar>> = { decimal: 0, boolean: false, duration: "PT0S", base64Binary: "" };
const MOST_MISSING = 24;

/** A received object, or one built like it, as an element of `type` ready to be written; properties the type does not have are left out. */
export function treeOf(type: TypeSpec, object: Received, options: TreeOptions, depth = 0): Tree {
  const tree: Draft = {};
  for (const name of type.attributes.keys()) {
    const value = object[propertyName(name)];
    if (isScalar(value)) tree[`@${name}`] = value;
  }
  const source = valueParts(type, object);
  for (const spec of type.elements.values()) {
    const given = source[propertyName(spec.name)] ?? source[spec.name];
    if (options.minimal && !spec.required && spec.name !== "ID" && !isChosen(type, spec, source)) continue;
    const written = given === undefined ? missing(type, spec, options, depth) : many(spec, given, options, depth);
    if (written !== undefined) tree[spec.name] = written;
  }
  return tree;
}

function many(spec: ElementSpec, given: unknown, options: TreeOptions, depth: number): Tree[string] {
  const items = (Array.isArray(given) ? (given as readonly unknown[]) : [given]).map((item) => one(spec, item, options, depth + 1));
  return spec.many ? items : items[0];
}

function one({ type, nillable }: ElementSpec, value: unknown, options: TreeOptions, depth: number): Item {
  if (value === null && nillable) return null;
  if (!type.text) return treeOf(type, typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Received) : {}, options, depth);
  if (typeof value === "object" && value !== null && "iso" in value) return String(value.iso);
  if (typeof value === "object" && value !== null && type.requiredAttributes.length > 0) return { ...treeOf({ ...type, elements: new Map() }, value as Received, options), $: clean((value as Received)["text"] ?? "") };
  const text = clean(value);
  const { values } = type.text;
  return values && !values.has(String(text)) && type.attributes.has("OtherValue") ? { "@OtherValue": text, $: "Other" } : text;
}

/** A value or quantity was read as one thing: its text and unit stand apart in a document. */
function valueParts(type: TypeSpec, object: Received): Received {
  const text = ["ValueString", "QuantityString"].find((name) => type.elements.has(name));
  if (text === undefined || !("value" in object)) return object;
  const { value, unit, ...others } = object;
  const plain = typeof value === "object" && value !== null && "iso" in value ? value.iso : value;
  return { ...others, [propertyName(text)]: plain === null ? null : String(plain), ...(unit !== undefined && { unitOfMeasure: unit }) };
}

function isChosen({ choices }: TypeSpec, { name }: ElementSpec, source: Received): boolean {
  const choice = choices.find(({ names, required }) => required && names.includes(name));
  if (!choice) return false;
  const chosen = choice.names.find((one) => source[propertyName(one)] !== undefined) ?? choice.names[0];
  return chosen === name;
}

function missing(type: TypeSpec, spec: ElementSpec, options: TreeOptions, depth: number): Tree[string] {
  const isNeeded = spec.required || isChosen(type, spec, {});
  if (!options.minimal || !isNeeded || depth > MOST_MISSING) return undefined;
  const { text } = spec.type;
  const item: Item = text ? [...(text.values ?? [])][0] ?? (text.base === "dateTime" ? options.now : MISSING[text.base] ?? UNSPECIFIED) : treeOf(spec.type, {}, options, depth + 1);
  return spec.many ? [item] : item;
}

/** A value as text XML can carry. */
function clean(value: unknown): Scalar {
  if (typeof value === "number" || typeof value === "boolean") return value;
  return String(typeof value === "object" ? JSON.stringify(value) : value).replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD");
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
