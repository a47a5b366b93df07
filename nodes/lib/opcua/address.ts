import type { BrowsePathResult } from "node-opcua";
import { isBrowsePath, parseBrowsePath, type BrowsePathText, type BrowseStep } from "./browse-path";
import { loadOpcua } from "./load";
import type { NamespaceMemory } from "./namespace-memory";
import { parseNodeId, resolveNodeId, type NodeIdText } from "./node-id";
import type { OpcUaSession } from "./session";

/** How a user names a node: NodeId or browse path. */
export type Address = NodeIdText | BrowsePathText;

/** What an address means in a session: a NodeId in the server's numbering, or the status that says why not. */
export type Resolution = { readonly nodeId: string } | { readonly status: string };

/** The status of an index that now means another namespace; behind it the URIs. */
export const NAMESPACE_MOVED = "NamespaceMoved";

const UNKNOWN_NAMESPACE: Resolution = { status: "BadNodeIdUnknown" };
const PATHS_PER_CALL = 200;
const WHOLE_PATH = 0xffffffff;

/** @throws RESONANCE_OPCUA_NODE_ID_INVALID with `path`. */
export function parseAddress(text: string, path: string): Address {
  return isBrowsePath(text) ? parseBrowsePath(text, path) : parseNodeId(text, path);
}

/**
 * What the addresses mean in this session, in their order; browse paths are asked of the server.
 * A namespace index that meant another URI when the server was first connected is refused: the value would come from elsewhere.
 * @throws what the server or the wire says.
 */
export async function resolveAddresses(opened: OpcUaSession, addresses: readonly Address[], memory: NamespaceMemory): Promise<readonly Resolution[]> {
  const namespaces = await opened.namespaces();
  const paths = addresses.filter((address) => "steps" in address);
  const found = new Map<Address, Resolution>();
  for (let start = 0; start < paths.length; start += PATHS_PER_CALL) {
    await translate(opened, paths.slice(start, start + PATHS_PER_CALL), namespaces, memory, found);
  }
  return addresses.map((address) => {
    if ("steps" in address) return found.get(address) ?? UNKNOWN_NAMESPACE;
    const moved = movedOf([address.namespace], namespaces, memory);
    if (moved) return moved;
    const nodeId = resolveNodeId(address, namespaces);
    return nodeId === undefined ? UNKNOWN_NAMESPACE : { nodeId };
  });
}

async function translate(
  { session }: OpcUaSession, paths: readonly BrowsePathText[], namespaces: readonly string[], memory: NamespaceMemory, found: Map<Address, Resolution>,
): Promise<void> {
  const { BrowsePath } = loadOpcua();
  const asked = paths.filter((path) => {
    const moved = movedOf(path.steps.map(({ namespace }) => namespace), namespaces, memory);
    if (moved) found.set(path, moved);
    return !moved && path.steps.every(({ namespace }) => indexOf(namespace, namespaces) >= 0);
  });
  if (asked.length === 0) return;
  const results = await session.translateBrowsePath(asked.map(({ steps }) => new BrowsePath({
    startingNode: "i=84",
    relativePath: { elements: steps.map((step) => element(step, namespaces)) },
  })));
  asked.forEach((path, index) => { found.set(path, resolutionOf(results[index])); });
}

function element({ reference, namespace, name }: BrowseStep, namespaces: readonly string[]) {
  const namespaceIndex = indexOf(namespace, namespaces);
  return { referenceTypeId: reference === "aggregates" ? "i=44" : "i=33", includeSubtypes: true, isInverse: false, targetName: { namespaceIndex, name } };
}

/** One node and no more: of several nobody knows which is meant. */
function resolutionOf(result: BrowsePathResult | undefined): Resolution {
  if (!result?.statusCode.isGood()) return { status: result?.statusCode.name ?? "BadNoMatch" };
  const targets = (result.targets ?? []).filter(({ remainingPathIndex }) => remainingPathIndex === WHOLE_PATH);
  const nodeIds = new Set(targets.map(({ targetId }) => targetId.toString()));
  const [nodeId] = nodeIds;
  return nodeId !== undefined && nodeIds.size === 1 ? { nodeId } : { status: nodeId === undefined ? "BadNoMatch" : "BadTooManyMatches" };
}

function indexOf(namespace: number | string, namespaces: readonly string[]): number {
  return typeof namespace === "number" ? namespace : namespaces.indexOf(namespace);
}

function movedOf(written: readonly (number | string)[], namespaces: readonly string[], memory: NamespaceMemory): Resolution | undefined {
  for (const namespace of written) {
    const moved = typeof namespace === "number" ? memory.moved(namespace, namespaces) : undefined;
    if (moved) return { status: `${NAMESPACE_MOVED}: ${String(namespace)} was ${moved.before}, is ${moved.now}` };
  }
  return undefined;
}
