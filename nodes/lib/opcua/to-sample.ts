import type { DataValue, StatusCode, Variant } from "node-opcua";
import type { Quality, Sample } from "../record/sample";
import { loadOpcua } from "./load";
import { isKnownTime, plainValue } from "./value";
import type { VariableFacts } from "./variable-facts";

/** The two highest bits of a status code are its severity (OPC 10000-4, 7.39). */
const QUALITIES: readonly Quality[] = ["Good", "Uncertain", "Bad", "Bad"];
const GOOD = 0;

/**
 * A data value as a sample: quality from the severity, time of the source, else of the server, else now;
 * with what is known of the variable also its unit and the name of an enumeration's value.
 */
export function toSample(tag: string, data: DataValue, facts?: VariableFacts): Sample {
  const { statusCode } = data;
  const value = plainValue(data.value);
  const name = facts?.names && (typeof value === "number" || typeof value === "boolean") ? facts.names.get(Number(value)) : undefined;
  const locale = typeof value === "string" ? localeOf(data.value) : undefined;
  // Set one by one, as thousands of samples a second may come here.
  const sample: { -readonly [Key in keyof Sample]: Sample[Key] } = { tag, value, quality: qualityOf(statusCode), timestamp: timeOf(data) };
  if (facts?.unit !== undefined && value !== null) sample.unit = facts.unit;
  if (name !== undefined) sample.enumeration = name;
  if (locale !== undefined) sample.locale = locale;
  const status = statusCode.value === GOOD ? "Good" : statusName(statusCode);
  if (status !== "Good") sample.status = status;
  return sample;
}

/** True where the server's queue ran over and older values of this item are lost. */
export function isOverflow(data: DataValue): boolean {
  return data.statusCode.value !== GOOD && data.statusCode.hasOverflowBit;
}

/** The quality a status code stands for. */
function qualityOf(status: StatusCode): Quality {
  return QUALITIES[status.value >>> 30] ?? "Bad";
}

/** The plain name; `GoodOverflow` and the like where values were lost. node-opcua joins info bits with `#` and `|`. */
export function statusName(status: StatusCode): string {
  const [base = ""] = status.name.split("#");
  return status.hasOverflowBit ? `${base}Overflow` : base;
}

/** The locale of a text, where it is one in a language. */
function localeOf(variant: Variant | null | undefined): string | undefined {
  if (typeof variant?.value !== "object" || variant.dataType !== loadOpcua().DataType.LocalizedText) return undefined;
  return (variant.value as { locale?: string | null } | null)?.locale || undefined;
}

function timeOf({ sourceTimestamp, serverTimestamp }: DataValue): string {
  const time = isKnownTime(sourceTimestamp) ? sourceTimestamp : isKnownTime(serverTimestamp) ? serverTimestamp : new Date();
  const ms = time.getTime();
  // The values of a publish often have one and the same time.
  if (ms !== written.ms) written = { ms, text: time.toISOString() };
  return written.text;
}

let written = { ms: 0, text: "1970-01-01T00:00:00.000Z" };
