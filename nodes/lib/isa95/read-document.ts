import { ResonanceError } from "../errors/resonance-error";
import { isTree, type B2mmlDocument, type DocumentFormat, type Draft, type Scalar, type Tree } from "./document";
import { readJsonObject } from "./json-reader";
import { B2MML, messageType, type TypeSpec } from "./structure";
import { trailPath, type Trail } from "./trail";
import { readXml, type XmlElement } from "./xml-reader";
import { writeXml } from "./xml-writer";

const XSI_NIL = "xsi:nil";

/** The form of a document by its first character. */
export function formatOf(text: string): DocumentFormat {
  return /^\uFEFF?\s*</.test(text) ? "xml" : "json";
}

/**
 * Reads a V0701 message in either form and checks it against the structure: names, order, cardinality, lists of values,
 * dates and numbers.
 * @throws RESONANCE_ISA95_UNREADABLE, RESONANCE_ISA95_MESSAGE_UNKNOWN, RESONANCE_ISA95_NAMESPACE, and what `writeXml` throws.
 */
export function readDocument(text: string, format: DocumentFormat = formatOf(text)): B2mmlDocument {
  const document = format === "xml" ? fromXml(readXml(text)) : fromJson(readJsonObject(text));
  // What can be written is right.
  writeXml(document);
  return document;
}

function fromXml(root: XmlElement): B2mmlDocument {
  const type = typeOf(root.name);
  if (root.namespace !== B2MML.namespace) {
    throw new ResonanceError("RESONANCE_ISA95_NAMESPACE", { found: root.namespace, expected: B2MML.namespace }, { path: root.name });
  }
  return { message: root.name, content: elementTree(root, type, [root.name]) };
}

function elementTree(element: XmlElement, type: TypeSpec, trail: Trail): Tree {
  const tree: Draft = {};
  for (const [name, value] of element.attributes) {
    if (name !== "xmlns" && !name.includes(":")) tree[`@${name}`] = value;
  }
  if (type.text) tree["$"] = element.text;
  else if (element.text.trim() !== "") throw new ResonanceError("RESONANCE_ISA95_VALUE_INVALID", { value: element.text.trim().slice(0, 60), expected: "elements" }, { path: trailPath(trail) });
  let last = -1;
  for (const child of element.children) {
    const spec = type.elements.get(child.name);
    if (!spec || child.namespace !== (spec.qualified ? B2MML.namespace : "")) throw new ResonanceError("RESONANCE_ISA95_ELEMENT_UNKNOWN", { element: child.name, type: type.name }, { path: trailPath(trail, child.name) });
    if (spec.order < last) throw new ResonanceError("RESONANCE_ISA95_ELEMENT_ORDER", { element: child.name }, { path: trailPath(trail, child.name) });
    last = spec.order;
    const value = child.attributes.get(XSI_NIL) === "true" ? null : elementTree(child, spec.type, [...trail, child.name]);
    const known = tree[child.name];
    if (spec.many && known !== undefined) (known as (Tree | null)[]).push(value);
    else if (spec.many) tree[child.name] = [value];
    else if (known === undefined) tree[child.name] = value;
    else throw new ResonanceError("RESONANCE_ISA95_ELEMENT_REPEATED", { element: child.name }, { path: trailPath(trail, child.name) });
  }
  return tree;
}

function fromJson(object: Readonly<Record<string, unknown>>): B2mmlDocument {
  const [message = "", ...others] = Object.keys(object);
  const content = object[message];
  if (others.length > 0 || !isTree(content)) throw new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail: "a B2MML JSON document has one member, the message" });
  checkArrays(typeOf(message), content, [message]);
  return { message, content };
}

/** An array where the schema allows one element only is found when writing; the other way round only here. */
function checkArrays(type: TypeSpec, node: Tree, trail: Trail): void {
  for (const [name, value] of Object.entries(node)) {
    const spec = type.elements.get(name);
    if (!spec) continue;
    if (spec.many && !Array.isArray(value)) throw new ResonanceError("RESONANCE_ISA95_VALUE_INVALID", { value: name, expected: "array" }, { path: trailPath(trail, name) });
    for (const item of (Array.isArray(value) ? value : [value]) as readonly (Scalar | Tree | null)[]) {
      if (isTree(item)) checkArrays(spec.type, item, [...trail, name]);
    }
  }
}

function typeOf(message: string): TypeSpec {
  const type = messageType(message);
  if (!type) throw new ResonanceError("RESONANCE_ISA95_MESSAGE_UNKNOWN", { message: message.slice(0, 60) });
  return type;
}
