import { ResonanceError } from "../errors/resonance-error";

/** A NodeId as the user wrote it; the namespace is an index or, safe against renumbering, a URI. */
export interface NodeIdText {
  readonly text: string;
  readonly namespace: number | string;
  /** `s=…`, `i=…`, `g=…` or `b=…` */
  readonly identifier: string;
}

const FORM = /^(?:ns=(\d{1,5});|nsu=([^;]+);)?([sigb]=.+)$/s;
const IDENTIFIERS: Readonly<Record<string, RegExp>> = {
  s: /^s=.+$/s,
  i: /^i=\d{1,10}$/,
  g: /^g=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  b: /^b=[A-Za-z0-9+/]+={0,2}$/,
};
const MAX_NAMESPACE = 0xffff;
const MAX_NUMERIC = 0xffffffff;

/**
 * Reads `ns=2;s=X`, `i=2258` or `nsu=<uri>;s=X` (OPC 10000-6, 5.3.1.10; `%3B` and `%25` stand for `;` and `%` in the URI).
 * @throws RESONANCE_OPCUA_NODE_ID_INVALID with `path`.
 */
export function parseNodeId(text: string, path: string): NodeIdText {
  const [, index, uri, identifier = ""] = FORM.exec(text.trim()) ?? [];
  const valid = IDENTIFIERS[identifier.charAt(0)]?.test(identifier) ?? false;
  const inRange = Number(index ?? 0) <= MAX_NAMESPACE && !(identifier.startsWith("i=") && Number(identifier.slice(2)) > MAX_NUMERIC);
  if (!valid || !inRange) throw new ResonanceError("RESONANCE_OPCUA_NODE_ID_INVALID", { nodeId: text }, { path });
  return { text, namespace: uri === undefined ? Number(index ?? 0) : unescapeUri(uri), identifier };
}

/** The NodeId in the server's own numbering, or `undefined` when it does not have the namespace. */
export function resolveNodeId(nodeId: NodeIdText, namespaces: readonly string[]): string | undefined {
  const index = typeof nodeId.namespace === "number" ? nodeId.namespace : namespaces.indexOf(nodeId.namespace);
  return index < 0 ? undefined : `ns=${index};${nodeId.identifier}`;
}

function unescapeUri(uri: string): string {
  return uri.replace(/%3B/gi, ";").replace(/%25/g, "%");
}
