import type { Publication } from "./message";
import type { MqttSettings } from "./settings";

/**
 * The retained message that says whether this client is there: birth when it connects, the broker publishes it as will when the
 * connection breaks, and the client itself before it leaves. Nothing where no topic is set.
 */
export function presence({ stateTopic, clientId }: MqttSettings, online: boolean, reason?: string): Publication | undefined {
  if (!stateTopic) return undefined;
  // The will is written when the connection is made: a time in it would be that one.
  const state = { state: online ? "online" : "offline", clientId, ...(reason !== undefined && { reason }), ...(online || reason === "closed" ? { at: new Date().toISOString() } : {}) };
  return { topic: stateTopic, payload: Buffer.from(JSON.stringify(state)), qos: 1, retain: true, properties: { contentType: "application/json" } };
}
