import type { BrowseResult, ClientSession, ReferenceDescription } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { loadOpcua } from "./load";
import { parseNodeId, resolveNodeId } from "./node-id";

/** A node of the server's tree. */
export interface BrowsedNode {
  /** Independent of the namespaces' order: `i=85` or `nsu=<uri>;s=X`. */
  readonly nodeId: string;
  /** The browse name, with its namespace's URI where that is not the OPC UA one: `nsu=<uri>;Torque` (OPC 10000-6, 5.3.1.14). */
  readonly browseName: string;
  readonly name: string;
  readonly nodeClass: "Object" | "Variable" | "Method" | "View";
}

/** Some children of a node. */
export interface BrowsePage {
  readonly nodes: readonly BrowsedNode[];
  /** How many references were read so far; ask again from there. Absent when there are no more. */
  readonly next?: number;
}

/** Reads the children of nodes page by page. */
export interface Browser {
  /** @throws RESONANCE_OPCUA_NODE_ID_INVALID, RESONANCE_OPCUA_BROWSE_REFUSED, or what the session fails with. */
  children(nodeId: string, from?: number): Promise<BrowsePage>;
}

/** Where browsing begins: the Objects folder. */
export const ROOT = "i=85";
/** References a page. */
export const PAGE = 200;
/** Open continuation points a browser keeps; servers have few. */
const KEPT_POINTS = 4;
const HIERARCHICAL = "HierarchicalReferences";
const NAME_LENGTH = 500;

interface Standing { readonly nodeId: string; readonly at: number; readonly point: Buffer }

/** A browser in one session. `namespaces` is the server's NamespaceArray. */
export function createBrowser(session: ClientSession, namespaces: readonly string[]): Browser {
  const standing: Standing[] = [];

  const keep = (next: Standing): void => {
    standing.push(next);
    const oldest = standing.length > KEPT_POINTS ? standing.shift() : undefined;
    if (oldest) void session.browseNext(oldest.point, true).catch(() => undefined);
  };
  const begin = async (nodeId: string): Promise<BrowseResult> => check(nodeId, await browse(session, [nodeId], PAGE));
  /** The references from `from` on: with the point that waits there, else from the beginning once more. */
  const readFrom = async (nodeId: string, resolved: string, from: number): Promise<BrowseResult> => {
    const index = standing.findIndex((each) => each.nodeId === nodeId && each.at === from);
    const [found] = index < 0 ? [] : standing.splice(index, 1);
    if (found) {
      const result = await session.browseNext(found.point, false);
      if (result.statusCode.isGood()) return result;
    }
    let result = await begin(resolved);
    let at = 0;
    while (at < from && hasMore(result)) {
      at += result.references?.length ?? 0;
      result = check(nodeId, [await session.browseNext(result.continuationPoint, false)]);
    }
    if (at !== from) throw new ResonanceError("RESONANCE_OPCUA_BROWSE_REFUSED", { nodeId, detail: "what is there has changed" });
    return result;
  };

  return {
    async children(nodeId, from = 0) {
      const resolved = resolveNodeId(parseNodeId(nodeId, "nodeId"), namespaces);
      if (resolved === undefined) throw new ResonanceError("RESONANCE_OPCUA_BROWSE_REFUSED", { nodeId, detail: "the server does not have this namespace" });
      const result = from === 0 ? await begin(resolved) : await readFrom(nodeId, resolved, from);
      const references = result.references ?? [];
      const next = from + references.length;
      if (hasMore(result)) keep({ nodeId, at: next, point: result.continuationPoint });
      return { nodes: nodesOf(references, namespaces), ...(hasMore(result) && { next }) };
    },
  };
}

/** Browse of several nodes in one call: objects, variables, methods and views by hierarchical references. */
export function browse(session: ClientSession, nodeIds: readonly string[], most: number): Promise<BrowseResult[]> {
  const { BrowseDirection } = loadOpcua();
  const before = session.requestedMaxReferencesPerNode;
  session.requestedMaxReferencesPerNode = most;
  try {
    // The limit is read while the request is made, before the first await.
    return session.browse(nodeIds.map((nodeId) => ({
      nodeId, browseDirection: BrowseDirection.Forward, referenceTypeId: HIERARCHICAL, includeSubtypes: true,
      nodeClassMask: NODE_CLASSES, resultMask: 0b111111,
    })));
  } finally {
    session.requestedMaxReferencesPerNode = before;
  }
}
/** Object 1, Variable 2, Method 4, View 128 (OPC 10000-3, NodeClass). */
const NODE_CLASSES = 1 + 2 + 4 + 128;

/** References as nodes, each once; those into other servers are left out. */
export function nodesOf(references: readonly ReferenceDescription[], namespaces: readonly string[]): readonly BrowsedNode[] {
  const { NodeClass } = loadOpcua();
  const seen = new Set<string>();
  return references.flatMap((reference) => {
    if (reference.nodeId.serverIndex > 0) return [];
    const nodeId = portableNodeId(reference.nodeId.toString(), namespaces);
    if (nodeId === undefined || seen.has(nodeId)) return [];
    seen.add(nodeId);
    const { name, namespaceIndex } = reference.browseName;
    const browseName = portableName(name ?? "", namespaceIndex, namespaces);
    return [{
      nodeId, browseName,
      name: (reference.displayName.text || name || nodeId).slice(0, NAME_LENGTH),
      nodeClass: NodeClass[reference.nodeClass] as BrowsedNode["nodeClass"],
    }];
  });
}

/** A NodeId of this session with its namespace's URI in place of the index. */
export function portableNodeId(text: string, namespaces: readonly string[]): string | undefined {
  const [, index = "0", uri, identifier = ""] = /^(?:svr=\d+;)?(?:ns=(\d+);|nsu=([^;]+);)?([\s\S]+)$/.exec(text) ?? [];
  const namespace = uri ?? namespaces[Number(index)];
  if (namespace === undefined) return undefined;
  return index === "0" && uri === undefined ? identifier : `nsu=${uri ?? escapeUri(namespace)};${identifier}`;
}

function portableName(name: string, index: number, namespaces: readonly string[]): string {
  const namespace = namespaces[index];
  return (index === 0 || namespace === undefined ? name : `nsu=${escapeUri(namespace)};${name}`).slice(0, NAME_LENGTH);
}

export const hasMore = ({ continuationPoint }: BrowseResult): boolean => (continuationPoint as Buffer | null)?.length !== undefined && continuationPoint.length > 0;

const escapeUri = (uri: string): string => uri.replace(/%/g, "%25").replace(/;/g, "%3B");

function check(nodeId: string, [result]: readonly BrowseResult[]): BrowseResult {
  if (!result?.statusCode.isGood()) throw new ResonanceError("RESONANCE_OPCUA_BROWSE_REFUSED", { nodeId, detail: result?.statusCode.name ?? "no answer" });
  return result;
}
