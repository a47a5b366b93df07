import { ResonanceError } from "../errors/resonance-error";
import type { B2mmlDocument, Scalar, Tree } from "./document";
import { orderedElements, presentAttributes } from "./element-order";
import { B2MML, messageType, type ElementSpec, type TypeSpec } from "./structure";
import { isPlain, literal } from "./text";
import { trailPath, type Trail } from "./trail";

const DECLARATION = `<?xml version="1.0" encoding="UTF-8"?>\n`;
const NIL = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>`;
// A literal carriage return or, in an attribute, any white space would come back as something else.
const TEXT_ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" };
const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = { ...TEXT_ESCAPES, '"': "&quot;", "\t": "&#9;", "\n": "&#10;" };

/**
 * A document as XML, elements in the schema's order whatever the order in the object.
 * @throws RESONANCE_ISA95_MESSAGE_UNKNOWN, and every RESONANCE_ISA95_… a document can break the schema with: nothing
 * the official schema would refuse is written.
 */
export function writeXml({ message, content }: B2mmlDocument): string {
  const type = messageType(message);
  if (!type) throw new ResonanceError("RESONANCE_ISA95_MESSAGE_UNKNOWN", { message });
  return DECLARATION + element(message, type, content, [message], ` xmlns="${B2MML.namespace}"`) + "\n";
}

/** The element `name`; `head` is what stands in its start tag before the attributes of the tree. */
function element(name: string, type: TypeSpec, node: Scalar | Tree, trail: Trail, head = ""): string {
  if (typeof node !== "object") return type.text ? wrap(name, head, escapeText(literal(type.text, node, trail))) : failText(node, trail);
  const children = orderedElements(type, node, trail);
  const start = type.attributes.size === 0 ? head : head + attributes(type, node, trail);
  if (type.text) return wrap(name, start, escapeText(literal(type.text, (node["$"] ?? "") as Scalar, trail)));
  let body = "";
  for (const child of children) {
    trail.push(child.name);
    const value = node[child.name];
    body += Array.isArray(value) ? list(child, value as readonly (Scalar | Tree | null)[], trail) : one(child, value as Scalar | Tree | null, trail);
    trail.pop();
  }
  return wrap(name, start, body);
}

function list(spec: ElementSpec, items: readonly (Scalar | Tree | null)[], trail: Trail): string {
  let xml = "";
  for (let index = 0; index < items.length; index++) {
    trail.push(index);
    xml += one(spec, items[index] ?? null, trail);
    trail.pop();
  }
  return xml;
}

function one({ name, type, nillable }: ElementSpec, value: Scalar | Tree | null, trail: Trail): string {
  if (value !== null) return element(name, type, value, trail);
  return nillable ? `<${name}${NIL}` : failText(value, trail);
}

function wrap(name: string, head: string, body: string): string {
  return body === "" ? `<${name}${head}/>` : `<${name}${head}>${body}</${name}>`;
}

function attributes(type: TypeSpec, node: Tree, trail: Trail): string {
  let text = "";
  for (const [name, value] of presentAttributes(type, node, trail)) text += ` ${name}="${escapeAttribute(value)}"`;
  return text;
}

function escapeText(text: string): string {
  return isPlain(text) ? text : text.replace(/[&<>\r]/g, (character) => TEXT_ESCAPES[character] ?? character);
}

function escapeAttribute(text: string): string {
  return isPlain(text) ? text : text.replace(/[&<>"\t\n\r]/g, (character) => ATTRIBUTE_ESCAPES[character] ?? character);
}

function failText(value: unknown, trail: Trail): never {
  throw new ResonanceError("RESONANCE_ISA95_VALUE_INVALID", { value: String(value), expected: "elements" }, { path: trailPath(trail) });
}
