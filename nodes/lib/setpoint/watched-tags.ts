import { ResonanceError } from "../errors/resonance-error";
import { readPayload } from "../record/incoming";
import type { Quality } from "../record/sample";
import type { Objection } from "./decision";

/** A row of the settings: a tag that must have a value for commands to pass. */
export interface InterlockRow {
  readonly tag: string;
  /** As text: `true`, `1`, `AUTO`. */
  readonly expected: unknown;
  /** Seconds after which the last sample counts no more; 0: until one of another quality comes. */
  readonly maxAge: number | string;
}

/** The moment, by both clocks: the wall clock may jump, the other one not. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly wall: number;
  /** Milliseconds of a clock that only goes forward, also across deploys of one process. */
  readonly steady: number;
}

interface Held {
  readonly value: unknown;
  readonly quality: Quality;
  /** Source time by the wall clock. */
  readonly time: number;
  readonly receivedAt: Moment;
}

/** The samples that decide: interlocks and actual values. */
export interface WatchedTags {
  /** Takes a payload of samples, plain values or tag and value; @throws RESONANCE_SAMPLE_INVALID, RESONANCE_TIME_INVALID after everything readable was taken. */
  take(payload: unknown, topic: string | undefined, now: Moment): void;
  /** The first interlock that is not closed for certain. */
  objection(now: Moment): Objection | undefined;
  /** The actual value of a tag where it is a number of good quality and young enough. */
  actual(tag: string, now: Moment): number | undefined;
}

const UNUSABLE: Omit<Held, "receivedAt"> = { value: undefined, quality: "Bad", time: 0 };

/**
 * Watches the interlocks and the tags of actual values; `actualMaxAge` in seconds, 0 for no end.
 * @throws RESONANCE_CONFIG_INVALID with a path like `interlocks/0/tag`
 */
export function watchTags(interlocks: readonly InterlockRow[], actualTags: readonly string[], actualMaxAge: number): WatchedTags {
  const rules = interlocks.map(({ tag, expected, maxAge }, index) => {
    const seconds = Number(maxAge);
    const word = (asWord(expected) ?? "").trim();
    if (typeof tag !== "string" || tag.trim() === "") throw invalid(`interlocks/${index}/tag`, "");
    if (word === "") throw invalid(`interlocks/${index}/expected`, "");
    if (!(seconds >= 0)) throw invalid(`interlocks/${index}/maxAge`, String(maxAge));
    return { tag: tag.trim(), word, maxAge: seconds };
  });
  const watched = new Set([...rules.map(({ tag }) => tag), ...actualTags]);
  const held = new Map<string, Held>();

  return {
    take(payload, topic, now) {
      const { incoming, unreadable } = readPayload(payload, topic, now.wall);
      for (const { tag, value, quality, time } of incoming) if (watched.has(tag)) held.set(tag, { value, quality, time, receivedAt: now });
      // A sample that cannot be read says at least that the value known so far may be wrong.
      for (const { path } of unreadable) {
        const tag = tagAt(payload, topic, path);
        if (tag !== undefined && watched.has(tag)) held.set(tag, { ...UNUSABLE, receivedAt: now });
      }
      // In an object of tag and value, null says that there is none.
      if (isObject(payload)) for (const tag of watched) if (Object.hasOwn(payload, tag) && (payload[tag] === null || payload[tag] === undefined)) held.set(tag, { ...UNUSABLE, receivedAt: now });
      const [first] = unreadable;
      if (!first) return;
      const { code, expected, actual } = first.refusal;
      throw new ResonanceError(code, { field: first.path, detail: expected, expected, actual: String(actual).slice(0, 80) }, { path: first.path });
    },
    objection(now) {
      for (const { tag, word, maxAge } of rules) {
        const last = held.get(tag);
        if (!last) return { reason: "INTERLOCK_UNKNOWN", about: { tag } };
        if (last.quality !== "Good") return { reason: "INTERLOCK_BAD", about: { tag, quality: last.quality } };
        if (isOld(last, maxAge, now)) return { reason: "INTERLOCK_STALE", about: { tag, maxAge } };
        if (asWord(last.value) !== word) return { reason: "INTERLOCK_OPEN", about: { tag, value: asWord(last.value) ?? typeof last.value, expected: word } };
      }
      return undefined;
    },
    actual(tag, now) {
      const last = held.get(tag);
      if (last?.quality !== "Good" || isOld(last, actualMaxAge, now)) return undefined;
      return typeof last.value === "number" && Number.isFinite(last.value) ? last.value : undefined;
    },
  };
}

/** By either clock: a sample that was long on its way is old although it has just come. */
function isOld({ time, receivedAt }: Held, maxAge: number, now: Moment): boolean {
  if (maxAge === 0) return false;
  return Math.max(now.steady - receivedAt.steady, receivedAt.wall - time, now.wall - time) > maxAge * 1000;
}

function asWord(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" || typeof value === "bigint" ? String(value) : undefined;
}

function tagAt(payload: unknown, topic: string | undefined, path: string): string | undefined {
  const index = /^payload\/(\d+)/.exec(path)?.[1];
  const sample: unknown = Array.isArray(payload) && index !== undefined ? (payload as readonly unknown[])[Number(index)] : payload;
  const tag = isObject(sample) ? sample["tag"] : topic;
  return typeof tag === "string" ? tag : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail: detail || "empty" }, { path: setting });
}
