import { isTree } from "../isa95/document";
import { formatOf } from "../isa95/read-document";
import { readJsonObject } from "../isa95/json-reader";
import { readXml, type XmlElement } from "../isa95/xml-reader";

/** An element with its children in document order, of either form. */
interface Part {
  readonly name: string;
  readonly text: string;
  readonly children: readonly Part[];
}

const NAMES = ["EquipmentID", "PhysicalAssetID"] as const;

/**
 * The equipment a document is about: the path of its first hierarchy scope, else the first equipment or physical asset it
 * names; empty when it names none. Documents of the same equipment keep their order.
 * @throws RESONANCE_ISA95_UNREADABLE
 */
export function equipmentOf(document: string): string {
  const root = formatOf(document) === "xml" ? xmlPart(readXml(document)) : jsonPart("", readJsonObject(document));
  const scope = find(root, "HierarchyScope");
  const path = scope && scopePath(scope);
  if (path) return path;
  return NAMES.map((name) => find(root, name)?.text.trim()).find((text) => text) ?? "";
}

function scopePath(scope: Part): string {
  const own = scope.children.find(({ name }) => name === "EquipmentID")?.text.trim() ?? "";
  const inner = scope.children.find(({ name }) => name === "HierarchyScopeChild" || name === "HierarchyScope");
  return [own, inner ? scopePath(inner) : ""].filter((name) => name !== "").join("/");
}

function find(part: Part, name: string): Part | undefined {
  for (const child of part.children) {
    const found = child.name === name ? child : find(child, name);
    if (found) return found;
  }
  return undefined;
}

function xmlPart({ name, text, children }: XmlElement): Part {
  return { name, text, children: children.map(xmlPart) };
}

function jsonPart(name: string, value: unknown): Part {
  if (!isTree(value)) return { name, text: typeof value === "string" ? value : "", children: [] };
  const text = value["$"];
  const children = Object.entries(value).flatMap(([key, member]) =>
    [member].flat().map((item) => jsonPart(key, item)));
  return { name, text: typeof text === "string" ? text : "", children };
}
