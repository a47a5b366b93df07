import type { ClientSession } from "node-opcua";
import { loadOpcua } from "./load";

/** The names of event types, asked of the server once each. */
export interface EventTypeNames {
  /** Asks for those not known yet; never rejects. */
  learn(nodeIds: readonly unknown[]): Promise<void>;
  /** `ExclusiveLevelAlarmType`; the NodeId where the server does not tell. */
  of(nodeId: unknown): unknown;
}

export function createEventTypeNames(session: ClientSession): EventTypeNames {
  const names = new Map<string, string>();
  return {
    async learn(nodeIds) {
      const unknown = [...new Set(nodeIds)].filter((nodeId) => typeof nodeId === "string" && !names.has(nodeId)) as string[];
      if (unknown.length === 0) return;
      const { AttributeIds } = loadOpcua();
      const read = await session.read(unknown.map((nodeId) => ({ nodeId, attributeId: AttributeIds.BrowseName }))).catch(() => []);
      unknown.forEach((nodeId, index) => {
        const value: unknown = read[index]?.value.value;
        const name = (value as { name?: string | null } | null | undefined)?.name;
        if (name) names.set(nodeId, name);
      });
    },
    of: (nodeId) => (typeof nodeId === "string" ? (names.get(nodeId) ?? nodeId) : nodeId),
  };
}
