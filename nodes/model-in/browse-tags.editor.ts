import { openBrowse, type ChosenItem } from "../lib/editor/browse";
import type { BrowsedTag } from "../lib/editor/dropped-tags";
import type { EditorNode } from "../lib/editor/red";
import type { Text } from "../lib/editor/text";

type Reader = EditorNode & Readonly<Record<string, unknown>>;

/**
 * Opens the browse dialog for the endpoint this node gets its tags from. A variable that an OPC UA node reads already comes with the tag
 * it has there; `told` gets a sentence about the others, which nobody reads yet.
 */
export function browseTags(id: string, text: Text, take: (tags: readonly BrowsedTag[]) => void, told: (sentence: string) => void): void {
  const readers = readersOf(id);
  const [endpoint = ""] = [...readers, ...RED.nodes.filterNodes({ type: "resonance-opcua-in" })].map((node) => node["endpoint"]).filter((one) => typeof one === "string" && one !== "") as string[];
  openBrowse({
    endpoint, text,
    chosen(items) {
      const known = new Map(RED.nodes.filterNodes({ type: "resonance-opcua-in" }).filter((node) => node["endpoint"] === endpoint)
        .flatMap((node) => ((node["items"] ?? []) as readonly ChosenItem[]).map(({ nodeId, tag }) => [nodeId, tag] as const)));
      take(items.map((item) => ({ ...item, tag: known.get(item.nodeId) ?? item.tag })));
      const unread = items.filter(({ nodeId }) => !known.has(nodeId));
      told(unread.length === 0 ? "" : text("hint.unread", { tags: unread.map(({ tag }) => tag).join(", ") }));
    },
  });
}

/** The OPC UA nodes whose messages reach a node, the nearest part of the flow first. */
function readersOf(id: string): readonly Reader[] {
  const node = RED.nodes.node(id);
  return node ? RED.nodes.getAllUpstreamNodes(node).filter(({ type }) => type === "resonance-opcua-in") : [];
}
