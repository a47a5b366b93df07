import type { BrowseResult, ClientSession, ReferenceDescription } from "node-opcua";
import { browse, hasMore, nodesOf, ROOT, type BrowsedNode } from "./browse";
import { parseNodeId, resolveNodeId } from "./node-id";

export interface SearchLimits {
  readonly hits: number;
  /** Nodes looked at. */
  readonly nodes: number;
  readonly ms: number;
}

/** A node that was found and the way there. */
export interface Hit extends BrowsedNode {
  /** Browse names from the Objects folder down, the node's own last. */
  readonly path: readonly string[];
}

export interface SearchResult {
  readonly hits: readonly Hit[];
  /** How many nodes were looked at. */
  readonly visited: number;
  /** What ended the search before the whole tree was seen. */
  readonly ended?: "hits" | "nodes" | "time";
}

export const SEARCH_LIMITS: SearchLimits = { hits: 200, nodes: 50_000, ms: 15_000 };
/** Nodes browsed in one call (less where the server says so), and references taken of each in one answer. */
const AT_ONCE = 100;
const REFERENCES = 1_000;
const MAX_NODES_PER_BROWSE = "i=11710";

interface Waiting { readonly nodeId: string; readonly path: readonly string[] }

/**
 * Looks for nodes whose display or browse name holds `text`, whatever the case, breadth first from the Objects folder; each node is
 * visited once, so that cycles end. What the server refuses to show is passed over.
 * @throws the signal's reason when it aborts, or what the session fails with.
 */
export async function searchNodes(
  session: ClientSession, namespaces: readonly string[], text: string, signal: AbortSignal, limits: SearchLimits = SEARCH_LIMITS,
): Promise<SearchResult> {
  const wanted = text.trim().toLowerCase();
  const end = performance.now() + limits.ms;
  const seen = new Set<string>([ROOT]);
  const hits: Hit[] = [];
  const limit = Number((await session.read({ nodeId: MAX_NODES_PER_BROWSE })).value.value ?? 0);
  const atOnce = limit > 0 ? Math.min(limit, AT_ONCE) : AT_ONCE;
  let level: Waiting[] = [{ nodeId: ROOT, path: [] }];

  const visit = (references: readonly ReferenceDescription[], path: readonly string[], below: Waiting[]): void => {
    for (const node of nodesOf(references, namespaces)) {
      if (seen.has(node.nodeId) || seen.size >= limits.nodes || hits.length >= limits.hits) continue;
      seen.add(node.nodeId);
      const here = [...path, node.browseName];
      if (node.name.toLowerCase().includes(wanted) || plainName(node.browseName).toLowerCase().includes(wanted)) hits.push({ ...node, path: here });
      if (node.nodeClass !== "Method") below.push({ nodeId: node.nodeId, path: here });
    }
  };
  const ended = (): SearchResult["ended"] => {
    if (hits.length >= limits.hits) return "hits";
    if (seen.size >= limits.nodes) return "nodes";
    return performance.now() >= end ? "time" : undefined;
  };

  while (level.length > 0) {
    const below: Waiting[] = [];
    for (let at = 0; at < level.length; at += atOnce) {
      const batch = level.slice(at, at + atOnce);
      let results: BrowseResult[] = await browse(session, batch.map(({ nodeId }) => resolveNodeId(parseNodeId(nodeId, ""), namespaces) ?? nodeId), REFERENCES);
      let paths = batch.map(({ path }) => path);
      for (;;) {
        for (const [index, result] of results.entries()) visit(result.references ?? [], paths[index] ?? [], below);
        const open = results.flatMap((result, index) => (hasMore(result) ? [{ point: result.continuationPoint, path: paths[index] ?? [] }] : []));
        const over = ended();
        if (over || signal.aborted) {
          if (open.length > 0) await session.browseNext(open.map(({ point }) => point), true).catch(() => undefined);
          signal.throwIfAborted();
          return { hits, visited: seen.size, ...(over && { ended: over }) };
        }
        if (open.length === 0) break;
        paths = open.map(({ path }) => path);
        results = await session.browseNext(open.map(({ point }) => point), false);
      }
    }
    level = below;
  }
  return { hits, visited: seen.size };
}

/** A browse name without its namespace. */
export const plainName = (browseName: string): string => browseName.replace(/^nsu=[^;]*;/, "");
