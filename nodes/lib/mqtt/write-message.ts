import { types } from "node:util";
import { ResonanceError } from "../errors/resonance-error";
import type { InterfaceRecord } from "../record/interface-record";
import { toMilliseconds } from "../record/iso-time";
import { readRecord } from "../record/read-record";
import { recordSchemaId } from "../record/schema-id";
import { isRecord, isSample, isSamples } from "./kind";
import type { MqttProperties, Publication, Qos } from "./message";
import { checkTopic, topicPath } from "./topic";
import { compileTopic, namesTag, type TopicFacts } from "./topic-plan";

/** Where and how messages are published. */
export interface WriteOptions {
  /** Topic with placeholders; without one the topic is built from the ISA-95 place. */
  readonly template?: string;
  /** ISA-95 place of what says nothing of its place itself: samples, plain values. */
  readonly equipment?: string | undefined;
  readonly qos: Qos;
  readonly retain: boolean;
}

const JSON_TYPE = "application/json";

/**
 * Compiles how a payload becomes messages of the broker: a record or a list of samples one each, samples one by one where the topic
 * names the tag; anything else as it is (text, bytes) or as JSON.
 * @throws RESONANCE_CONFIG_INVALID for an unusable topic. What is compiled throws RESONANCE_RECORD_INVALID, RESONANCE_MQTT_TOPIC_INVALID
 * and RESONANCE_MQTT_PAYLOAD_INVALID.
 */
export function compileWriter({ template = "", equipment, qos, retain }: WriteOptions): (payload: unknown, topic: string | undefined) => readonly Publication[] {
  const free = template === "" ? undefined : compileTopic(template);
  const each = namesTag(template);
  const topicOf = (facts: TopicFacts, below: readonly (string | undefined)[]): string => {
    if (free) return checkTopic(free(facts));
    const levels = [facts.equipment, ...below];
    if (levels.some((level) => level === undefined || level === "")) {
      throw new ResonanceError("RESONANCE_MQTT_TOPIC_INVALID", { topic: levels.map((level) => level ?? "?").join("/"), detail: "neither the message nor the node names the place, or msg.topic is missing" });
    }
    return checkTopic(levels.map((level) => topicPath(level ?? "")).join("/"));
  };
  const made = (topic: string, payload: Buffer, properties: MqttProperties, expiresAt?: number): Publication =>
    ({ topic, payload, qos, retain, properties, ...(expiresAt !== undefined && { expiresAt }) });

  const writeRecord = (record: InterfaceRecord, topic: string | undefined): Publication => {
    const { profile, category, direction, nature } = record;
    const output = record.direction === "output" ? record : undefined;
    const facts = { equipment: record.equipment, category, direction, nature, model: output?.model.id, topic };
    const expiresAt = output?.validUntil === undefined ? undefined : toMilliseconds(output.validUntil);
    const userProperties = { profile, category, direction, nature, schema: recordSchemaId(profile, category, direction) };
    return made(topicOf(facts, [category, direction]), encode(record, topic), { contentType: JSON_TYPE, userProperties }, expiresAt);
  };

  return (payload, topic) => {
    if (isRecord(payload)) return [writeRecord(readRecord(payload), topic)];
    if (isSample(payload)) {
      const { tag } = payload;
      return [made(topicOf({ equipment, tag, topic }, ["samples"]), encode(each ? payload : [payload], topic), { contentType: JSON_TYPE })];
    }
    if (isSamples(payload)) {
      if (each) return payload.map((sample) => made(topicOf({ equipment, tag: sample.tag, topic }, []), encode(sample, topic), { contentType: JSON_TYPE }));
      return [made(topicOf({ equipment, topic }, ["samples"]), encode(payload, topic), { contentType: JSON_TYPE })];
    }
    const contentType = types.isUint8Array(payload) ? "application/octet-stream" : typeof payload === "string" ? "text/plain" : JSON_TYPE;
    return [made(topicOf({ equipment, tag: topic, topic }, [topic]), encode(payload, topic), { contentType })];
  };
}

/** What JSON cannot say (undefined, a function) has no text. */
const toJson: (value: unknown) => string | undefined = JSON.stringify;

function encode(payload: unknown, topic = ""): Buffer {
  if (Buffer.isBuffer(payload)) return payload;
  if (types.isUint8Array(payload)) return Buffer.from(payload);
  if (typeof payload === "string") return Buffer.from(payload);
  let text: string | undefined;
  try {
    text = toJson(payload);
  } catch (cause) {
    throw new ResonanceError("RESONANCE_MQTT_PAYLOAD_INVALID", { topic, detail: cause instanceof Error ? cause.message : String(cause) }, { path: "payload", cause });
  }
  if (text === undefined) throw new ResonanceError("RESONANCE_MQTT_PAYLOAD_INVALID", { topic, detail: `a payload of type ${typeof payload} has no JSON` }, { path: "payload" });
  return Buffer.from(text);
}
