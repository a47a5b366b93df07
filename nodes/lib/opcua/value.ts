import type { DataType, DataValue, Variant } from "node-opcua";
import { loadOpcua } from "./load";
import { plainStructure } from "./structure-value";

/** The name of a built-in type of OPC UA (OPC 10000-6, 5.1.2), as node-opcua's `DataType` spells it. */
export type BuiltIn = keyof typeof DataType;

type Convert = (value: unknown) => unknown;

/** How each built-in type becomes a plain JSON-like value; a type that is not here passes as it is (numbers, Boolean, String, Guid, XmlElement). */
const CONVERSIONS: Readonly<Partial<Record<BuiltIn, Convert>>> = {
  Null: () => null,
  Int64: (value) => exactInteger(value, true),
  UInt64: (value) => exactInteger(value, false),
  DateTime: (value) => plainTime(value as Date),
  ByteString: (value) => (value as Buffer).toString("base64"),
  LocalizedText: (value) => (value as { text?: string | null }).text ?? null,
  QualifiedName: String,
  NodeId: String,
  ExpandedNodeId: String,
  StatusCode: (value) => (value as { name: string }).name,
  Variant: (value) => plainValue(value as Variant),
  DataValue: (value) => plainValue((value as DataValue).value),
  DiagnosticInfo: plainDiagnostics,
  ExtensionObject: (value) => plainStructure(value as object, plainScalar),
};

/** From here on a time means that there is none, or that it is older or newer than one can say (OPC 10000-6, 5.2.2.5). */
const EARLIEST = Date.UTC(1601, 0, 1);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59);
const EARLIEST_TEXT = "0001-01-01T00:00:00Z";
const LATEST_TEXT = "9999-12-31T23:59:59Z";

/**
 * The value of a variant without node-opcua's types: 64-bit integers as number where that is exact, else as decimal text;
 * DateTime as ISO 8601 UTC (its least and greatest value as OPC 10000-6, 5.4.2.6 writes them); ByteString as base64; LocalizedText as its text;
 * StatusCode by its name; structures as objects with their fields' names; arrays as arrays, matrices as arrays of arrays.
 */
export function plainValue(variant: Variant | null | undefined): unknown {
  const raw: unknown = variant?.value;
  if (!variant || raw === null || raw === undefined) return null;
  if (typeof raw === "number" || typeof raw === "boolean") return raw;
  const { DataType, VariantArrayType } = loadOpcua();
  const convert = CONVERSIONS[DataType[variant.dataType] as BuiltIn];
  if (variant.arrayType === VariantArrayType.Scalar) return convert ? convert(raw) : raw;
  const elements = Array.from(raw as ArrayLike<unknown>, (element) => (element === null || element === undefined ? null : convert ? convert(element) : element));
  return variant.arrayType === VariantArrayType.Matrix ? shape(elements, variant.dimensions ?? []) : elements;
}

/** One value of a built-in type as `plainValue` gives it. */
function plainScalar(value: unknown, type: BuiltIn): unknown {
  if (value === null || value === undefined) return null;
  const convert = CONVERSIONS[type];
  return convert ? convert(value) : value;
}

/** A time as ISO 8601 UTC with milliseconds; `null` for what is no time at all. */
export function plainTime(time: Date): string | null {
  const milliseconds = time.getTime();
  if (Number.isNaN(milliseconds)) return null;
  if (milliseconds <= EARLIEST) return EARLIEST_TEXT;
  return milliseconds >= LATEST ? LATEST_TEXT : time.toISOString();
}

/** Whether a time says when something was, and not that nobody knows. */
export function isKnownTime(time: Date | null | undefined): time is Date {
  return time instanceof Date && time.getTime() > EARLIEST && time.getTime() < LATEST;
}

/** node-opcua keeps 64-bit integers as [high, low] words. */
function exactInteger(value: unknown, signed: boolean): number | string {
  const [high = 0, low = 0] = value as readonly number[];
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const exact = signed ? BigInt.asIntN(64, bits) : bits;
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact.toString();
}

/** What is there of the diagnostics; the indexes into a string table that is not here mean nothing. */
function plainDiagnostics(value: unknown): unknown {
  const { additionalInfo, innerStatusCode, innerDiagnosticInfo } = value as {
    additionalInfo?: string | null; innerStatusCode?: { name: string } | null; innerDiagnosticInfo?: unknown;
  };
  return {
    additionalInfo: additionalInfo ?? null,
    innerStatusCode: innerStatusCode?.name ?? "Good",
    ...(innerDiagnosticInfo ? { innerDiagnosticInfo: plainDiagnostics(innerDiagnosticInfo) } : {}),
  };
}

function shape(elements: readonly unknown[], dimensions: readonly number[]): unknown {
  const [, ...inner] = dimensions;
  if (inner.length === 0) return elements;
  const size = inner.reduce((product, length) => product * length, 1);
  const rows = size === 0 ? (dimensions[0] ?? 0) : elements.length / size;
  return Array.from({ length: rows }, (_, row) => shape(elements.slice(row * size, (row + 1) * size), inner));
}
