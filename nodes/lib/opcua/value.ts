import type { DataType, Variant } from "node-opcua";
import { loadOpcua } from "./load";

type Convert = (value: unknown) => unknown;

/** How each built-in type becomes a plain JSON-like value; a type that is not here passes as it is (numbers, Boolean, String). */
const CONVERSIONS: Readonly<Partial<Record<keyof typeof DataType, Convert>>> = {
  Null: () => null,
  Int64: (value) => exactInteger(value, true),
  UInt64: (value) => exactInteger(value, false),
  DateTime: isoTime,
  ByteString: (value) => (value as Buffer).toString("base64"),
  LocalizedText: (value) => (value as { text?: string | null }).text ?? null,
  QualifiedName: String,
  NodeId: String,
  ExpandedNodeId: String,
  StatusCode: (value) => (value as { name: string }).name,
  Variant: (value) => plainValue(value as Variant),
  DataValue: (value) => plainValue((value as { value: Variant }).value),
  ExtensionObject: (value) => (value as { toJSON?(): unknown }).toJSON?.() ?? value,
};

/**
 * The value of a variant without node-opcua's types: 64-bit integers as number where that is exact, else as decimal text;
 * DateTime as ISO 8601 UTC; ByteString as base64; LocalizedText as its text; arrays as arrays, matrices as arrays of arrays.
 */
export function plainValue(variant: Variant | null | undefined): unknown {
  const raw: unknown = variant?.value;
  if (!variant || raw === null || raw === undefined) return null;
  const { DataType, VariantArrayType } = loadOpcua();
  const convert = CONVERSIONS[DataType[variant.dataType] as keyof typeof DataType];
  if (variant.arrayType === VariantArrayType.Scalar) return convert ? convert(raw) : raw;
  const elements = Array.from(raw as ArrayLike<unknown>, (element) => (element === null || !convert ? element : convert(element)));
  return variant.arrayType === VariantArrayType.Matrix ? shape(elements, variant.dimensions ?? []) : elements;
}

/** node-opcua keeps 64-bit integers as [high, low] words. */
function exactInteger(value: unknown, signed: boolean): number | string {
  const [high = 0, low = 0] = value as readonly number[];
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const exact = signed ? BigInt.asIntN(64, bits) : bits;
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact.toString();
}

/** Years outside ECMAScript's or the type's range have no ISO text. */
function isoTime(value: unknown): string | null {
  const time = value as Date;
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

function shape(elements: readonly unknown[], dimensions: readonly number[]): unknown {
  const [, ...inner] = dimensions;
  if (inner.length === 0) return elements;
  const size = inner.reduce((product, length) => product * length, 1);
  const rows = size === 0 ? 0 : elements.length / size;
  return Array.from({ length: rows }, (_, row) => shape(elements.slice(row * size, (row + 1) * size), inner));
}
