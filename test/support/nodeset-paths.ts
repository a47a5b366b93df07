import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** What a browse path needs to know of a node: its browse name and the nodes it leads to. */
interface Node { readonly name: string; readonly parts: string[]; readonly ancestry: string[] }

const FOLDER = path.join(path.dirname(createRequire(__filename).resolve("node-opcua-nodesets/package.json")), "nodesets");
const PARTS = new Set(["HasComponent", "HasProperty", "HasOrderedComponent", "HasAddIn", "Organizes", "i=47", "i=46", "i=49", "i=35", "i=17604"]);
const TYPES = new Set(["HasTypeDefinition", "i=40"]);
const SUBTYPES = new Set(["HasSubtype", "i=45"]);

/** Says whether a browse path, from a type of one of the published node sets, leads to a node there: by its own parts and those of its types. */
export function browsePaths(files: readonly string[]): (browsePath: string) => boolean {
  const nodes = new Map<string, Node>();
  for (const file of files) readNodeset(readFileSync(path.join(FOLDER, file), "utf8"), nodes);
  const types = [...nodes].filter(([, { name }]) => name.endsWith("Type"));
  return (browsePath) => {
    const [type = "", ...names] = browsePath.split("/");
    return types.some(([id, node]) => node.name === type && leads(nodes, id, names));
  };
}

function leads(nodes: ReadonlyMap<string, Node>, id: string, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  const parts = lineage(nodes, id).flatMap((ancestor) => nodes.get(ancestor)?.parts ?? []);
  return parts.some((part) => nodes.get(part)?.name === name && leads(nodes, part, rest));
}

/** The node, its type and the types this is a subtype of. */
function lineage(nodes: ReadonlyMap<string, Node>, id: string): readonly string[] {
  return [id, ...(nodes.get(id)?.ancestry ?? []).flatMap((ancestor) => lineage(nodes, ancestor))];
}

function readNodeset(xml: string, nodes: Map<string, Node>): void {
  const uris = ["", ...[...(/<NamespaceUris>(.*?)<\/NamespaceUris>/s.exec(xml)?.[1] ?? "").matchAll(/<Uri>(.*?)<\/Uri>/g)].map(([, uri]) => uri ?? "")];
  const global = (id: string) => {
    const [, index = "0", local = id] = /^ns=(\d+);(.*)$/.exec(id) ?? [];
    return `${uris[Number(index)] ?? ""}|${local}`;
  };
  const at = (id: string): Node => {
    const node = nodes.get(id) ?? { name: "", parts: [], ancestry: [] };
    nodes.set(id, node);
    return node;
  };
  for (const [, head = "", body = ""] of xml.matchAll(/<UA(?:Object|Variable|Method|ObjectType|VariableType)\s([^>]*[^/])>(.*?)<\/UA/gs)) {
    const id = global(/\bNodeId="([^"]*)"/.exec(head)?.[1] ?? "");
    const { parts, ancestry } = at(id);
    const name = (/\bBrowseName="(?:\d+:)?([^"]*)"/.exec(head)?.[1] ?? "").replace("&lt;", "<").replace("&gt;", ">");
    nodes.set(id, { name, parts, ancestry });
    for (const [, attributes = "", target = ""] of body.matchAll(/<Reference\s([^>]*)>([^<]*)<\/Reference>/g)) {
      const kind = /ReferenceType="([^"]*)"/.exec(attributes)?.[1] ?? "";
      const back = attributes.includes('IsForward="false"');
      const [whole, part] = back ? [at(global(target)).parts, id] : [parts, global(target)];
      if (PARTS.has(kind)) whole.push(part);
      if (TYPES.has(kind) && !back) ancestry.push(global(target));
      if (SUBTYPES.has(kind) && back) ancestry.push(global(target));
    }
  }
}
