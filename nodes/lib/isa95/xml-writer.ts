import { ResonanceError } from "../errors/resonance-error";
import type { B2mmlDocument, Scalar, Tree } from "./document";
import { orderedElements, presentAttributes } from "./element-order";
import { B2MML, CURRENT, type ElementSpec, type Structure, type TypeSpec } from "./structure";
import { isPlain, literal } from "./text";
import { trailPath, type Trail } from "./trail";

/** What every document begins with. */
export const DECLARATION = `<?xml version="1.0" encoding="UTF-8"?>\n`;
const NIL = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>`;
// A literal carriage return or, in an attribute, any white space would come back as something else.
const TEXT_ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" };
const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = { ...TEXT_ESCAPES, '"': "&quot;", "\t": "&#9;", "\n": "&#10;" };

/** Declares the namespace in the start tag of the root. */
export const NAMESPACE_HEAD = ` xmlns="${B2MML.namespace}"`;
const NO_NAMESPACE_HEAD = ` xmlns=""`;

/**
 * A document as XML, elements in the schema's order whatever the order in the object; of the current version unless told otherwise.
 * @throws RESONANCE_ISA95_MESSAGE_UNKNOWN, and every RESONANCE_ISA95_… a document can break the schema with: nothing
 * the official schema would refuse is written.
 */
export function writeXml({ message, content }: B2mmlDocument, structure: Structure = CURRENT, namespace = structure.namespace): string {
  const type = structure.messageType(message);
  if (!type) throw new ResonanceError("RESONANCE_ISA95_MESSAGE_UNKNOWN", { message });
  return DECLARATION + elementXml(message, type, content, [message], ` xmlns="${namespace}"`) + "\n";
}

/**
 * The element `name`; `head` is what stands in its start tag before the attributes of the tree, `qualified` whether the
 * namespace of B2MML is the default there.
 */
export function elementXml(name: string, type: TypeSpec, node: Scalar | Tree, trail: Trail, head = "", qualified = true): string {
  if (typeof node !== "object") return type.text ? wrap(name, head, escapeText(literal(type.text, node, trail))) : failText(node, trail);
  const children = orderedElements(type, node, trail);
  const start = startOf(type, node, head, trail);
  if (type.text) return wrap(name, start, escapeText(literal(type.text, (node["$"] ?? "") as Scalar, trail)));
  let body = "";
  for (const child of children) {
    trail.push(child.name);
    body += valueXml(child, node[child.name], trail, qualified);
    trail.pop();
  }
  return wrap(name, start, body);
}

/** What stands in the start tag of an element: `head` and its attributes. */
export function startOf(type: TypeSpec, node: Tree, head: string, trail: Trail = []): string {
  return type.attributes.size === 0 ? head : head + attributes(type, node, trail);
}

/** The occurrences of an element with one value or a list of them. */
export function valueXml(spec: ElementSpec, value: Tree[string], trail: Trail = [], qualified = true): string {
  if (value === undefined) return "";
  if (!Array.isArray(value)) return one(spec, value as Scalar | Tree | null, trail, qualified);
  let xml = "";
  for (let index = 0; index < value.length; index++) {
    trail.push(index);
    xml += one(spec, ((value as readonly (Scalar | Tree | null)[])[index] ?? null), trail, qualified);
    trail.pop();
  }
  return xml;
}

function one(spec: ElementSpec, value: Scalar | Tree | null, trail: Trail, qualified: boolean): string {
  const head = spec.qualified === qualified ? "" : spec.qualified ? NAMESPACE_HEAD : NO_NAMESPACE_HEAD;
  if (value !== null) return elementXml(spec.name, spec.type, value, trail, head, spec.qualified);
  return spec.nillable ? `<${spec.name}${head}${NIL}` : failText(value, trail);
}

function wrap(name: string, head: string, body: string): string {
  return body === "" ? `<${name}${head}/>` : `<${name}${head}>${body}</${name}>`;
}

function attributes(type: TypeSpec, node: Tree, trail: Trail): string {
  let text = "";
  for (const [name, value] of presentAttributes(type, node, trail)) text += ` ${name}="${escapeAttribute(value)}"`;
  return text;
}

/** A text as it stands in an element. */
export function escapeText(text: string): string {
  return isPlain(text) ? text : text.replace(/[&<>\r]/g, (character) => TEXT_ESCAPES[character] ?? character);
}

function escapeAttribute(text: string): string {
  return isPlain(text) ? text : text.replace(/[&<>"\t\n\r]/g, (character) => ATTRIBUTE_ESCAPES[character] ?? character);
}

function failText(value: unknown, trail: Trail): never {
  throw new ResonanceError("RESONANCE_ISA95_VALUE_INVALID", { value: String(value), expected: "elements" }, { path: trailPath(trail) });
}
