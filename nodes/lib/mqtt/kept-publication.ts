import { randomUUID } from "node:crypto";
import type { NewEntry, OutboxEntry } from "../outbox/outbox";
import type { MqttProperties, Publication, Qos } from "./message";

/** A message as the disk keeps it; the messages of a topic are a lane, which keeps their order. */
export function entryOf({ topic, payload, qos, retain, properties = {}, expiresAt }: Publication): NewEntry {
  const { correlationData, ...texts } = properties;
  const headers = {
    qos: String(qos),
    ...(retain && { retain: "1" }),
    ...(expiresAt !== undefined && { expiresAt: String(expiresAt) }),
    ...(Object.keys(texts).length > 0 && { properties: JSON.stringify(texts) }),
    ...(correlationData && { correlationData: correlationData.toString("base64") }),
  };
  return { key: randomUUID(), lane: topic, headers, body: payload };
}

/** The message again. */
export function publicationOf({ lane, headers, body }: OutboxEntry): Publication {
  const { properties, correlationData, expiresAt } = headers;
  return {
    topic: lane,
    payload: Buffer.isBuffer(body) ? body : Buffer.from(body),
    qos: Number(headers["qos"]) as Qos,
    retain: headers["retain"] === "1",
    properties: {
      ...(properties !== undefined && (JSON.parse(properties) as MqttProperties)),
      ...(correlationData !== undefined && { correlationData: Buffer.from(correlationData, "base64") }),
    },
    ...(expiresAt !== undefined && { expiresAt: Number(expiresAt) }),
  };
}
