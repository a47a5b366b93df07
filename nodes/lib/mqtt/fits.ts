import { ResonanceError } from "../errors/resonance-error";
import type { Publication } from "./message";
import type { MqttSession } from "./session";

/** Bytes of a packet beside topic, payload and properties: fixed header, lengths, identifier, expiry. */
const OVERHEAD = 32;

/**
 * Refuses what the broker said it does not take, since it would end the connection over it, again and again.
 * @throws RESONANCE_MQTT_TOO_LARGE, RESONANCE_MQTT_NOT_SUPPORTED
 */
export function checkFits(publication: Publication, { limits }: MqttSession): void {
  const { topic, qos, retain } = publication;
  if (qos > limits.maximumQos) throw new ResonanceError("RESONANCE_MQTT_NOT_SUPPORTED", { detail: `QoS ${qos}` });
  if (retain && !limits.retain) throw new ResonanceError("RESONANCE_MQTT_NOT_SUPPORTED", { detail: "retain" });
  const size = sizeOf(publication);
  if (size > limits.packetSize) throw new ResonanceError("RESONANCE_MQTT_TOO_LARGE", { topic, size, limit: limits.packetSize });
}

function sizeOf({ topic, payload, properties = {} }: Publication): number {
  const { contentType = "", userProperties = {}, responseTopic = "", correlationData } = properties;
  const texts = [topic, contentType, responseTopic, ...Object.entries(userProperties).flatMap(([name, value]) => [value].flat().flatMap((each) => [name, each]))];
  return OVERHEAD + payload.length + (correlationData?.length ?? 0) + texts.reduce((sum, text) => sum + 3 + Buffer.byteLength(text), 0);
}
