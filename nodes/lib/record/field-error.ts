import { types } from "node:util";
import { textOf, type ErrorCode, type ErrorParams, type Language } from "../errors/resonance-error";

/** What is wrong with one field of a message. */
export interface FieldError {
  /** Place in the record or payload, e.g. `values/torque`; empty for the whole. */
  readonly path: string;
  readonly code: ErrorCode;
  /** What is wrong, in the user's language. */
  readonly message: string;
  readonly expected: string;
  /** The offending value, shortened. */
  readonly actual: string;
}

/** Why a value is refused, without its place: what `fieldError` needs to say it in a language. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly expected: string;
  readonly actual: unknown;
  /** Place inside a list or structured value, e.g. `3/quantity`. */
  readonly at?: string;
}

/** A refusal put into words. `field` is the name a reader knows; without one the last part of the path. */
export function fieldError(place: string, refusal: Refusal, language: Language, params: ErrorParams = {}): FieldError {
  const path = (refusal.at === undefined ? place : `${place}/${refusal.at}`).slice(0, LONGEST_PATH);
  const actual = shorten(refusal.actual);
  const field = path === "" ? "payload" : path.slice(path.lastIndexOf("/") + 1);
  const { text } = textOf(refusal.code, { field, expected: refusal.expected, actual, ...params }, language);
  return { path, code: refusal.code, message: text, expected: refusal.expected, actual };
}

const LONGEST = 80;
/** The keys of a payload may be as long as the payload. */
export const LONGEST_PATH = 1000;

/** A value as a short text for people: never long, never failing, whatever the value is. */
export function shorten(value: unknown): string {
  const text = asText(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function asText(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return JSON.stringify(value.slice(0, LONGEST + 1));
  if (Array.isArray(value)) return `[${value.length}]`;
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value === null) return "null";
  if (typeof value === "object") return `{${Object.keys(value).slice(0, 8).join(", ")}}`;
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint" ? String(value) : typeof value;
}
