import type { DataValue, StatusCode, Variant } from "node-opcua";
import type { Quality, Sample } from "../record/sample";
import { loadOpcua } from "./load";
import { isKnownTime, plainValue } from "./value";
import type { VariableFacts } from "./variable-facts";

/** The two highest bits of a status code are its severity (OPC 10000-4, 7.39). */
const QUALITIES: readonly Quality[] = ["Good", "Uncertain", "Bad", "Bad"];

/**
 * A data value as a sample: quality from the severity, time of the source, else of the server, else now;
 * with what is known of the variable also its unit and the name of an enumeration's value.
 */
export function toSample(tag: string, data: DataValue, facts?: VariableFacts): Sample {
  const status = statusName(data.statusCode);
  const value = plainValue(data.value);
  const name = typeof value === "number" || typeof value === "boolean" ? facts?.names?.get(Number(value)) : undefined;
  const locale = localeOf(data.value);
  return {
    tag,
    value,
    ...(facts?.unit === undefined || value === null ? {} : { unit: facts.unit }),
    ...(name === undefined ? {} : { enumeration: name }),
    ...(locale === undefined ? {} : { locale }),
    quality: qualityOf(data.statusCode),
    ...(status === "Good" ? {} : { status }),
    timestamp: timeOf(data),
  };
}

/** True where the server's queue ran over and older values of this item are lost. */
export function isOverflow(data: DataValue): boolean {
  return data.statusCode.hasOverflowBit;
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
  const { DataType } = loadOpcua();
  if (variant?.dataType !== DataType.LocalizedText) return undefined;
  return (variant.value as { locale?: string | null } | null)?.locale || undefined;
}

function timeOf({ sourceTimestamp, serverTimestamp }: DataValue): string {
  const time = [sourceTimestamp, serverTimestamp].find(isKnownTime) ?? new Date();
  return time.toISOString();
}
