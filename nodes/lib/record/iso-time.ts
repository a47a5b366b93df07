import { types } from "node:util";
import { ResonanceError } from "../errors/resonance-error";
import { parseDateTime } from "./date-time";

/** The last moment whose year has four digits; beyond it ISO 8601 needs another form, which records do not use. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const EARLIEST = new Date(0).setUTCFullYear(0, 0, 1);

/**
 * A point in time as records write it: ISO 8601 UTC with milliseconds. Takes a Date, milliseconds since 1970, or a text with zone.
 * @throws RESONANCE_TIME_INVALID; `path` names the value at fault
 */
export function isoTime(time: Date | number | string, path?: string): string {
  const milliseconds = toMilliseconds(time);
  if (milliseconds !== undefined) return new Date(milliseconds).toISOString();
  const actual = types.isDate(time) ? "Invalid Date" : String(time).slice(0, 80);
  throw new ResonanceError("RESONANCE_TIME_INVALID", { actual }, path === undefined ? {} : { path });
}

/** Milliseconds since 1970 of a Date, a number or a text with zone; `undefined` for what is no time of the years 0 to 9999. */
export function toMilliseconds(time: unknown): number | undefined {
  const milliseconds = typeof time === "string" ? parseDateTime(time) : types.isDate(time) ? time.getTime() : time;
  if (typeof milliseconds !== "number" || !(milliseconds >= EARLIEST && milliseconds <= LATEST)) return undefined;
  return milliseconds;
}
