import type { DataValue } from "node-opcua";
import type { Sample } from "../record/sample";
import { decodeStructures } from "./decode";
import { loadOpcua } from "./load";
import type { NodeIdText } from "./node-id";
import { readAttributes } from "./services";
import type { OpcUaSession } from "./session";
import { toSample } from "./to-sample";
import { readFacts, type VariableFacts } from "./variable-facts";
import { resolveNodeIds } from "./write-target";

/** A variable and the tag its values carry. */
export interface ReadRow {
  readonly tag: string;
  readonly nodeId: NodeIdText;
}

/** Reads variables now; one that cannot be read is a sample of quality Bad with the server's status. */
export async function readValues(opened: OpcUaSession, rows: readonly ReadRow[]): Promise<readonly Sample[]> {
  const { AttributeIds } = loadOpcua();
  const nodeIds = await resolveNodeIds(opened, rows.map(({ nodeId }) => nodeId));
  const known = nodeIds.flatMap((nodeId) => (nodeId === undefined ? [] : [nodeId]));
  const facts = await factsIfAny(opened, known);
  const values = await readAttributes(opened, known.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })));
  await decodeStructures(opened.session, values);
  const byNodeId = new Map<string, DataValue | undefined>(known.map((nodeId, index) => [nodeId, values[index]]));
  return rows.map(({ tag }, index) => {
    const nodeId = nodeIds[index];
    const data = nodeId === undefined ? undefined : byNodeId.get(nodeId);
    if (!data || nodeId === undefined) return { tag, value: null, quality: "Bad", status: "BadNodeIdUnknown", timestamp: new Date().toISOString() };
    return toSample(tag, data, facts.get(nodeId));
  });
}

/** Units and names are no reason to do without values. */
export function factsIfAny(opened: OpcUaSession, nodeIds: readonly string[]): Promise<ReadonlyMap<string, VariableFacts>> {
  return readFacts(opened, nodeIds).catch(() => new Map<string, VariableFacts>());
}
