import type { BrowseResult, DataValue, NodeId, ReferenceDescription } from "node-opcua";
import { loadOpcua } from "./load";
import type { OpcUaSession } from "./session";

/** How many nodes a server takes in one call of a service. */
export interface ServiceLimits {
  readonly read: number;
  readonly write: number;
  readonly browse: number;
  readonly history: number;
}

/** One attribute of a node, in the numbering of the session. */
export interface AttributeRequest {
  readonly nodeId: NodeId | string;
  readonly attributeId: number;
}

/** Server_ServerCapabilities_OperationLimits (OPC 10000-5, 6.3.11): MaxNodesPerRead, -Write, -Browse, -HistoryReadData. */
const LIMIT_NODES = ["i=11705", "i=11707", "i=11710", "i=12165"] as const;
/** For servers without a limit: a message stays well under the smallest size servers take. */
const MOST = 1_000;
const MOST_HISTORY = 10;
const MOST_CONTINUATIONS = 100;

const known = new WeakMap<OpcUaSession, Promise<ServiceLimits>>();

/** The server's limits, read once a session. */
export function limitsOf(opened: OpcUaSession): Promise<ServiceLimits> {
  const present = known.get(opened) ?? readLimits(opened);
  known.set(opened, present);
  return present;
}

/** Reads attributes in as few calls as the server allows; the answers in the order of the requests. Values are as old as the server's cache at most 0 ms. */
export async function readAttributes(opened: OpcUaSession, requests: readonly AttributeRequest[]): Promise<readonly DataValue[]> {
  const { read } = await limitsOf(opened);
  const answers: DataValue[] = [];
  for (const part of chunks(requests, read)) {
    answers.push(...(await opened.session.read(part.map(({ nodeId, attributeId }) => ({ nodeId, attributeId })), 0)));
  }
  return answers;
}

/** The references of one kind from each node (`false`: to it), with browse names; none from a node that cannot be browsed. */
export async function references(
  opened: OpcUaSession, nodeIds: readonly (NodeId | string)[], referenceType: "HasProperty" | "HasSubtype", forward: boolean,
): Promise<readonly (readonly ReferenceDescription[])[]> {
  const { BrowseDirection } = loadOpcua();
  const { browse } = await limitsOf(opened);
  const answers: (readonly ReferenceDescription[])[] = [];
  for (const part of chunks(nodeIds, browse)) {
    const results: BrowseResult[] = await opened.session.browse(part.map((nodeId) => ({
      nodeId, referenceTypeId: referenceType, includeSubtypes: true, nodeClassMask: 0, resultMask: 63,
      browseDirection: forward ? BrowseDirection.Forward : BrowseDirection.Inverse,
    })));
    for (const result of results) answers.push(await allReferences(opened, result));
  }
  return answers;
}

/** A list in parts of at most `size`. */
export function chunks<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, part) => list.slice(part * size, (part + 1) * size));
}

async function allReferences(opened: OpcUaSession, first: BrowseResult): Promise<readonly ReferenceDescription[]> {
  const all = [...(first.references ?? [])];
  for (let result = first, turn = 0; hasMore(result) && turn < MOST_CONTINUATIONS; turn += 1) {
    result = await opened.session.browseNext(result.continuationPoint, false);
    all.push(...(result.references ?? []));
  }
  return all;
}

/** A missing continuation point is null, whatever the type says. */
function hasMore({ continuationPoint }: { readonly continuationPoint: Buffer | null }): boolean {
  return (continuationPoint?.length ?? 0) > 0;
}

async function readLimits({ session }: OpcUaSession): Promise<ServiceLimits> {
  const values = await session.read(LIMIT_NODES.map((nodeId) => ({ nodeId })));
  const [read = 0, write = 0, browse = 0, history = 0] = values.map(({ value }) => {
    const limit = Number((value as { value?: unknown } | null)?.value ?? 0);
    return Number.isSafeInteger(limit) && limit > 0 ? limit : 0;
  });
  const limit = (own: number, most: number): number => (own === 0 ? most : Math.min(own, most));
  return { read: limit(read, MOST), write: limit(write, MOST), browse: limit(browse, MOST), history: limit(history, MOST_HISTORY) };
}
