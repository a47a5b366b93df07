import { isUtf8 } from "node:buffer";
import { ResonanceError } from "../errors/resonance-error";
import { shorten } from "../record/field-error";
import { readPayload, type Incoming } from "../record/incoming";
import { readRecord } from "../record/read-record";
import type { Sample } from "../record/sample";
import { holdsPrototype } from "../json/holds-prototype";
import { isRecord, isSample } from "./kind";
import type { MqttMessage } from "./message";

/**
 * What payloads are: `any` takes records, samples, other JSON and plain values; `record` and `samples` take nothing else (values and
 * `{tag: value}` objects count as samples); `json` takes any JSON; `raw` leaves the bytes as they are.
 */
export type Expected = "any" | "record" | "samples" | "json" | "raw";

export interface ReadOptions {
  readonly expected: Expected;
  /** The tag of a plain value: the topic, or its last level. */
  readonly tag: "topic" | "level";
  /** Bytes of a payload at most. */
  readonly maxBytes: number;
}

type Reader = (message: MqttMessage, options: ReadOptions, receivedAt: number) => unknown;

const READERS: Readonly<Record<Expected, Reader>> = {
  raw: ({ payload }) => payload,
  json: parse,
  record: (message) => {
    const payload = parse(message);
    if (!isRecord(payload)) throw invalid(message, `${shorten(payload)} is no record`);
    return readRecord(payload);
  },
  samples: (message, options, receivedAt) => toSamples(message, parseOrText(message), options, receivedAt),
  any: (message, options, receivedAt) => {
    const payload = parseOrText(message);
    if (isRecord(payload)) return readRecord(payload);
    const list = Array.isArray(payload) && payload.length > 0 && isSample(payload[0]);
    return list || isSample(payload) || typeof payload !== "object" ? toSamples(message, payload, options, receivedAt) : payload;
  },
};

/**
 * Compiles how a message of the broker becomes a payload.
 * What is compiled throws RESONANCE_MQTT_TOO_LARGE, RESONANCE_MQTT_PAYLOAD_INVALID, RESONANCE_RECORD_INVALID.
 */
export function compileReader(options: ReadOptions): (message: MqttMessage, receivedAt?: number) => unknown {
  const read = READERS[options.expected];
  return (message, receivedAt = Date.now()) => {
    const size = message.payload.length;
    if (size > options.maxBytes) throw new ResonanceError("RESONANCE_MQTT_TOO_LARGE", { topic: message.topic, size, limit: options.maxBytes }, { path: "payload" });
    return read(message, options, receivedAt);
  };
}

function toSamples(message: MqttMessage, payload: unknown, { tag }: ReadOptions, receivedAt: number): readonly Sample[] {
  const own = tag === "topic" ? message.topic : message.topic.slice(message.topic.lastIndexOf("/") + 1);
  const { incoming, unreadable } = readPayload(payload, own, receivedAt);
  const [broken] = unreadable;
  if (broken) throw new ResonanceError("RESONANCE_MQTT_PAYLOAD_INVALID", { topic: message.topic, detail: `${broken.refusal.expected}: ${shorten(broken.refusal.actual)}` }, { path: broken.path });
  return incoming.map(toSample);
}

/** Samples of a message mostly have one time, and writing it is the dearest part of reading them. */
let written = { time: 0, text: new Date(0).toISOString() };

function toSample({ tag, value, quality, status, unit, time }: Incoming): Sample & { readonly unit?: string } {
  if (time !== written.time) written = { time, text: new Date(time).toISOString() };
  const sample = { tag, value, quality, timestamp: written.text };
  if (unit === undefined) return status === undefined ? sample : { ...sample, status };
  return status === undefined ? { ...sample, unit } : { ...sample, unit, status };
}

function parse(message: MqttMessage): unknown {
  const text = textOf(message);
  try {
    return safe(message, JSON.parse(text), text);
  } catch (thrown) {
    throw thrown instanceof ResonanceError ? thrown : invalid(message, `no JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`, thrown);
  }
}

/** JSON; a text that does not begin like a list or an object is a value itself. */
function parseOrText(message: MqttMessage): unknown {
  const text = textOf(message);
  try {
    return safe(message, JSON.parse(text), text);
  } catch (thrown) {
    if (thrown instanceof ResonanceError) throw thrown;
    const json = message.properties.contentType?.includes("json") === true || /^\s*[[{"]/.test(text);
    if (json) throw invalid(message, `no JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`, thrown);
    return text;
  }
}

function textOf(message: MqttMessage): string {
  const { payload } = message;
  if (payload.length === 0) throw invalid(message, "it is empty");
  if (!isUtf8(payload)) throw invalid(message, "it is no UTF-8 text");
  return payload.toString("utf8");
}

/** A key that reaches an object's prototype when it is copied never comes in. */
function safe(message: MqttMessage, value: unknown, text: string): unknown {
  if (text.includes("__proto__") && holdsPrototype(value)) throw invalid(message, "the key __proto__ is not allowed");
  return value;
}

function invalid({ topic }: MqttMessage, detail: string, cause?: unknown): ResonanceError {
  return new ResonanceError("RESONANCE_MQTT_PAYLOAD_INVALID", { topic, detail: detail.slice(0, 300) }, { path: "payload", ...(cause !== undefined && { cause }) });
}
