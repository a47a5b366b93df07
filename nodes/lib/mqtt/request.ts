import { types } from "node:util";
import { ResonanceError } from "../errors/resonance-error";
import type { MqttProperties, Publication } from "./message";
import { checkTopic } from "./topic";

/** What a message says of the request it answers, under the names of Node-RED's own MQTT nodes. */
export interface Request {
  readonly responseTopic?: unknown;
  readonly correlationData?: unknown;
  /** Content type of an answer that is text or bytes. */
  readonly contentType?: unknown;
}

/**
 * A publication as the answer to a request (MQTT 5.0 §4.10): to its response topic, with its correlation data as they came.
 * @throws RESONANCE_MQTT_NO_RESPONSE_TOPIC where the request names none, RESONANCE_MQTT_TOPIC_INVALID for one that cannot be published to
 */
export function answerTo({ responseTopic, correlationData, contentType }: Request, publication: Publication): Publication {
  const topic = responseTopicOf(responseTopic);
  const { properties = {} } = publication;
  const correlation = bytesOf(correlationData);
  const isPlain = properties.contentType === "text/plain" || properties.contentType === "application/octet-stream";
  const answer: MqttProperties = {
    ...properties,
    ...(isPlain && typeof contentType === "string" && contentType !== "" && { contentType }),
    ...(correlation && { correlationData: correlation }),
  };
  return { ...publication, topic, properties: answer };
}

/** The topic an answer goes to. */
export function responseTopicOf(responseTopic: unknown): string {
  if (typeof responseTopic !== "string" || responseTopic === "") throw new ResonanceError("RESONANCE_MQTT_NO_RESPONSE_TOPIC", {}, { path: "responseTopic" });
  return checkTopic(responseTopic);
}

/** Correlation data as bytes; those of a message that was kept as JSON stand as a list. */
function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value === "string") return Buffer.from(value);
  if (types.isUint8Array(value)) return Buffer.from(value);
  const { type, data } = (typeof value === "object" && value !== null ? value : {}) as { readonly type?: unknown; readonly data?: unknown };
  return type === "Buffer" && Array.isArray(data) ? Buffer.from(data as number[]) : undefined;
}
