import { createRequire } from "node:module";
import { ResonanceError } from "../errors/resonance-error";
import { beyondLimits } from "./xml-limits";

/** An element as it was read, its name without prefix. */
export interface XmlElement {
  readonly name: string;
  readonly namespace: string;
  /** Attributes without prefix by name; namespace declarations and other namespaces' attributes under their full name. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text directly in the element. */
  readonly text: string;
}

/** Bounds of what is read at all. */
const LIMITS = { characters: 8 * 1024 * 1024, depth: 64, elements: 200_000, attributes: 100 };
/** The parser quotes what it stumbled over, however long that is. */
const MAX_DETAIL = 200;
const PARSER_OPTIONS = {
  preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: "", cdataPropName: "#cdata",
  parseTagValue: false, parseAttributeValue: false, trimValues: false, ignoreDeclaration: true, ignorePiTags: true,
  // Decoded here: the five of XML and numbers, nothing else.
  processEntities: false, maxNestedTags: LIMITS.depth,
};
// Loaded with the first document, not with the flow.
const load = createRequire(__filename);
/** XML 1.0 §2.2. */
const NOT_XML = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

type Entry = Readonly<Record<string, unknown>>;
type Prefixes = ReadonlyMap<string, string>;

/**
 * Reads XML as tree of elements with namespaces resolved.
 * @throws RESONANCE_ISA95_UNREADABLE for what is not well-formed, a DTD, an entity other than the five of XML, an
 * unknown prefix, or more than 8 Mi characters, 200,000 elements, 64 levels or 100 attributes in an element.
 */
export function readXml(xml: string): XmlElement {
  const { XMLParser, XMLValidator } = load("fast-xml-parser") as typeof import("fast-xml-parser");
  const text = xml.replace(/^\uFEFF/, "").trimStart();
  if (text.length > LIMITS.characters) throw unreadable(`longer than ${LIMITS.characters} characters`);
  const forbidden = NOT_XML.exec(text);
  if (forbidden) throw unreadable(`the character U+${forbidden[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")} is not allowed in XML`);
  if (hasDeclaration(text)) throw unreadable("a document type declaration is not accepted");
  const beyond = beyondLimits(text, LIMITS);
  if (beyond !== undefined) throw unreadable(beyond);
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw unreadable(`${valid.err.msg} (line ${valid.err.line})`);
  let parsed: unknown;
  try {
    parsed = new XMLParser(PARSER_OPTIONS).parse(text);
  } catch (cause) {
    throw unreadable(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const [root, second] = (parsed as Entry[]).filter((entry) => !("#text" in entry) || String(entry["#text"]).trim() !== "");
  if (!root || second || "#text" in root) throw unreadable("there is not exactly one root element");
  return toElement(root, new Map([["xml", "http://www.w3.org/XML/1998/namespace"]]), 1);
}

/** Whether there is a `<!…` that is neither a comment nor a CDATA section that ends. */
export function hasDeclaration(text: string): boolean {
  let position = text.indexOf("<!");
  while (position >= 0) {
    const close = text.startsWith("<!--", position) ? "-->" : text.startsWith("<![CDATA[", position) ? "]]>" : undefined;
    const end = close === undefined ? -1 : text.indexOf(close, position + 4);
    if (end < 0) return true;
    position = text.indexOf("<!", end);
  }
  return false;
}

function toElement(entry: Entry, outer: Prefixes, depth: number): XmlElement {
  if (depth > LIMITS.depth) throw unreadable(`more than ${LIMITS.depth} levels`);
  const tag = Object.keys(entry).find((key) => key !== ":@") ?? "";
  const { attributes, prefixes } = readAttributes((entry[":@"] ?? {}) as Readonly<Record<string, string>>, outer);
  const [prefix, name] = split(tag);
  const namespace = prefixes.get(prefix);
  if (namespace === undefined && prefix !== "") throw unreadable(`the prefix ${prefix} is not declared`);
  const children: XmlElement[] = [];
  let text = "";
  for (const child of entry[tag] as readonly Entry[]) {
    if ("#text" in child) text += decode(String(child["#text"]));
    else if ("#cdata" in child) text += (child["#cdata"] as readonly Entry[]).map((part) => String(part["#text"])).join("");
    else children.push(toElement(child, prefixes, depth + 1));
  }
  return { name, namespace: namespace ?? "", attributes, children, text };
}

function readAttributes(raw: Readonly<Record<string, string>>, outer: Prefixes): { attributes: Map<string, string>; prefixes: Prefixes } {
  const attributes = new Map<string, string>();
  const declared: [string, string][] = [];
  for (const [name, encoded] of Object.entries(raw)) {
    const value = decode(encoded);
    attributes.set(name, value);
    if (name === "xmlns" || name.startsWith("xmlns:")) declared.push([name.slice("xmlns:".length), value]);
  }
  return { attributes, prefixes: declared.length === 0 ? outer : new Map([...outer, ...declared]) };
}

function split(name: string): [prefix: string, local: string] {
  const colon = name.indexOf(":");
  return colon < 0 ? ["", name] : [name.slice(0, colon), name.slice(colon + 1)];
}

/** Resolves references (XML 1.0 §4.1) and line ends (§2.11). */
function decode(encoded: string): string {
  const text = encoded.replace(/\r\n?/g, "\n");
  return text.includes("&") ? text.replace(/&([^;]*)(;?)/g, (_, name: string, end: string) => reference(name, end)) : text;
}

function reference(name: string, end: string): string {
  const known = end === ";" ? ENTITIES[name] : undefined;
  if (known !== undefined) return known;
  const number = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
  const code = number ? (number[1] === undefined ? Number(number[2]) : parseInt(number[1], 16)) : undefined;
  if (end === ";" && code !== undefined && isXmlCharacter(code)) return String.fromCodePoint(code);
  throw unreadable(`the entity &${name.slice(0, 20)}; is not accepted`);
}

function isXmlCharacter(code: number): boolean {
  return code === 9 || code === 10 || code === 13 || (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

function unreadable(detail: string, cause?: unknown): ResonanceError {
  return new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail: detail.slice(0, MAX_DETAIL) }, { cause });
}
