import { toMilliseconds } from "./iso-time";
import type { Refusal } from "./field-error";
import type { Quality } from "./sample";

/** One value on its way into a record, whatever form it came in. */
export interface Incoming {
  readonly tag: string;
  readonly value: unknown;
  readonly quality: Quality;
  readonly status?: string;
  /** The unit the source states. */
  readonly unit?: string;
  /** Source time, milliseconds since 1970. */
  readonly time: number;
}

/** A part of a payload that is no sample. */
export interface Unreadable {
  readonly path: string;
  readonly refusal: Refusal;
}

/** A payload taken apart. */
export interface Payload {
  readonly incoming: readonly Incoming[];
  readonly unreadable: readonly Unreadable[];
  /** Whether the payload was one object of tag and value, which stands for a complete set of values. */
  readonly complete: boolean;
}

const QUALITIES: readonly unknown[] = ["Good", "Uncertain", "Bad"];

/**
 * Takes a payload apart: a list of samples, one sample, an object of tag and value, or a plain value whose tag is the topic.
 * What has no time of its own gets `receivedAt`; `null` in an object means that there is no value. Samples come out ordered by source time; those of the same time keep their order.
 */
export function readPayload(payload: unknown, topic: string | undefined, receivedAt: number): Payload {
  if (Array.isArray(payload)) return readSamples(payload, receivedAt);
  if (isPlainObject(payload)) {
    if (typeof payload["tag"] === "string" && "value" in payload) return readSamples([payload], receivedAt);
    const present = Object.keys(payload).filter((tag) => payload[tag] !== null && payload[tag] !== undefined);
    const incoming = present.map((tag): Incoming => ({ tag, value: payload[tag], quality: "Good", time: receivedAt }));
    return { incoming, unreadable: [], complete: true };
  }
  if (topic === undefined || topic === "") return { incoming: [], unreadable: [unreadable("payload", "a value without topic", payload)], complete: false };
  return { incoming: [{ tag: topic, value: payload, quality: "Good", time: receivedAt }], unreadable: [], complete: false };
}

function readSamples(samples: readonly unknown[], receivedAt: number): Payload {
  const incoming: Incoming[] = [];
  const broken: Unreadable[] = [];
  samples.forEach((sample, index) => {
    const read = readSample(sample, `payload/${index}`, receivedAt);
    if ("refusal" in read) broken.push(read);
    else incoming.push(read);
  });
  if (incoming.some((sample, index) => index > 0 && sample.time < (incoming[index - 1]?.time ?? 0))) incoming.sort((a, b) => a.time - b.time);
  return { incoming, unreadable: broken, complete: false };
}

function readSample(sample: unknown, path: string, receivedAt: number): Incoming | Unreadable {
  if (!isPlainObject(sample)) return unreadable(path, "an entry is not an object", sample);
  const { tag, value, quality = "Good", status, unit, timestamp } = sample;
  if (typeof tag !== "string" || tag === "") return unreadable(`${path}/tag`, "a sample without tag", tag);
  if (!QUALITIES.includes(quality)) return unreadable(`${path}/quality`, "a quality other than Good, Uncertain, Bad", quality);
  const time = timestamp === undefined ? receivedAt : toMilliseconds(timestamp);
  if (time === undefined) return { path: `${path}/timestamp`, refusal: { code: "RESONANCE_TIME_INVALID", expected: "date-time", actual: timestamp } };
  const known = typeof unit === "string" && unit !== "" ? { tag, value, quality: quality as Quality, unit, time } : { tag, value, quality: quality as Quality, time };
  return typeof status === "string" && status !== "" ? { ...known, status } : known;
}

/** Objects of a function node come from another realm: their prototype is not this one's `Object.prototype`. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

function unreadable(path: string, detail: string, actual: unknown): Unreadable {
  return { path, refusal: { code: "RESONANCE_SAMPLE_INVALID", expected: detail, actual } };
}
