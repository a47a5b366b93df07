// Writes b2mml-v0701.json: the ordered structure of every B2MML message and noun, without BatchML (recipes and batch records).
// Usage: node nodes/lib/isa95/generate-structure.mjs <folder of the official V0701 XSDs> [<file to write>]
//
// Notation of an element: name, cardinality (! one, ? none or one, + one or more, * any), ~ if nillable, type:
// "ID!:IdentifierType". "(A!:T | B!:T)!" is a choice, with * one that repeats. A - before the colon marks an element that is
// in no namespace. Attributes: "releaseID!:normalizedString".
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { XMLParser } from "fast-xml-parser";

const NAMESPACE = "http://www.mesa.org/xml/B2MML";
const NOTICE = "The Business To Manufacturing Markup Language (B2MML) is used courtesy of MESA International.";

const folder = process.argv[2];
if (!folder) throw new Error("Give the folder of the XSD files.");
const schema = await readSchemas(folder);
const types = {};
const messages = {};
const nouns = {};
for (const [name, { "@": { type }, isBatch }] of [...schema.element].sort(([a], [b]) => (a < b ? -1 : 1))) {
  if (type && !isBatch) (isMessage(type) ? messages : nouns)[name] = reach(type);
}
const ordered = Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1)));
await writeFile(process.argv[3] ?? path.join(import.meta.dirname, "b2mml-v0701.json"), layout(ordered));

/** A message has an ApplicationArea; names do not tell: ProcessSegment is none, SyncWorkMasaterCapability is one. */
function isMessage(type) {
  const { nodes = [] } = schema.complexType.get(type) ?? {};
  return nodes.some((node) => node.kind === "sequence" && node.nodes.some((child) => child["@"].name === "ApplicationArea"));
}

/** Global elements, types and groups of all files, by name. */
async function readSchemas(from) {
  const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: "", removeNSPrefix: true });
  const known = { element: new Map(), complexType: new Map(), simpleType: new Map(), group: new Map() };
  for (const file of (await readdir(from)).filter((name) => name.endsWith(".xsd"))) {
    const root = children(parser.parse(await readFile(path.join(from, file), "utf8"))).find((node) => node.kind === "schema");
    // What a schema file does not qualify stands in documents without namespace, whatever surrounds it.
    const qualified = root["@"].elementFormDefault === "qualified";
    for (const node of root.nodes) known[node.kind]?.set(node["@"].name, { ...node, qualified, isBatch: file.startsWith("BatchML") });
  }
  return known;
}

/** The parser's ordered output as { kind, "@": attributes, nodes }. */
function children(list) {
  return list.flatMap((entry) => {
    const kind = Object.keys(entry).find((key) => key !== ":@" && key !== "#text" && key !== "annotation");
    return kind ? [{ kind, "@": entry[":@"] ?? {}, nodes: children(entry[kind]) }] : [];
  });
}

/** Describes a named type and all it leads to; gives its name without prefix. */
function reach(qualified) {
  const name = qualified.slice(qualified.indexOf(":") + 1);
  const node = schema.complexType.get(name) ?? schema.simpleType.get(name);
  if (node && !qualified.startsWith("xsd:") && !(name in types)) {
    types[name] = {};
    Object.assign(types[name], node.kind === "simpleType" ? simpleType(node) : complexType(name, node));
  }
  return name;
}

function simpleType(node) {
  const [variety] = node.nodes;
  // A union with a plain string type accepts any text.
  if (variety.kind === "union") return { text: variety["@"].memberTypes.split(" ").at(-1).replace("xsd:", "") };
  return derived(variety);
}

function complexType(name, node) {
  const simple = node.nodes.find((child) => child.kind === "simpleContent");
  const described = simple ? derived(simple.nodes[0]) : {};
  const content = node.nodes.filter((child) => child.kind !== "simpleContent" && child.kind !== "attribute").flatMap((child) => particle(name, child, node.qualified));
  if (content.includes("any")) described.any = true;
  const elements = content.filter((entry) => entry !== "any");
  if (elements.length > 0) described.elements = elements;
  return { ...described, ...attributes(node) };
}

/** Text content: an XSD type with its attributes, or a restriction or extension of another described type. */
function derived(node) {
  const base = reach(node["@"].base);
  const own = { [base in types ? "base" : "text"]: base };
  const values = node.nodes.filter((child) => child.kind === "enumeration" || child.kind === "pattern").map((child) => child["@"].value);
  if (values.length > 0) own.enum = values;
  return { ...own, ...attributes(node) };
}

function attributes(node) {
  const found = node.nodes.filter((child) => child.kind === "attribute");
  if (found.length === 0) return {};
  return { attributes: found.map(({ "@": a }) => `${a.name}${a.use === "required" ? "!" : "?"}:${reach(a.type)}`) };
}

function particle(owner, node, qualified) {
  const a = node["@"];
  const each = ({ nodes }, from = qualified) => nodes.flatMap((child) => particle(owner, child, from));
  if (node.kind === "sequence") return each(node);
  if (node.kind === "group") {
    const group = schema.group.get(a.ref.slice(a.ref.indexOf(":") + 1));
    return each(group, group.qualified);
  }
  if (node.kind === "any") return ["any"];
  if (node.kind === "choice") return [`(${each(node).join(" | ")})${cardinality(a)}`];
  if (node.kind !== "element") throw new Error(`${owner}: ${node.kind} is not supported`);
  if (a.type && schema.complexType.get(a.type)?.isBatch) return [];
  const marks = `${a.nillable === "true" ? "~" : ""}${qualified ? "" : "-"}`;
  return [`${a.name}${cardinality(a)}${marks}:${a.type ? reach(a.type) : inline(owner, node, qualified)}`];
}

/** An anonymous type gets the name of its owner and element. */
function inline(owner, node, qualified) {
  const name = `${owner}.${node["@"].name}`;
  types[name] = complexType(name, { ...node.nodes[0], qualified });
  return name;
}

function cardinality({ minOccurs = "1", maxOccurs = "1" }) {
  const sign = { "1 1": "!", "0 1": "?", "1 unbounded": "+", "0 unbounded": "*" }[`${minOccurs} ${maxOccurs}`];
  if (!sign) throw new Error(`cardinality ${minOccurs}..${maxOccurs} is not supported`);
  return sign;
}

/** One line a type: compact, and a change of the standard reads well in a diff. */
function layout(described) {
  const lines = Object.entries(described).map(([name, type]) => `    ${JSON.stringify(name)}: ${JSON.stringify(type)}`);
  const head = { notice: NOTICE, version: "V0701", releaseID: "7.0.1", namespace: NAMESPACE, messages, nouns };
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "types": {\n${lines.join(",\n")}\n  }\n}\n`;
}
