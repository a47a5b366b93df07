/** A value of OPC UA as node-opcua gives it. */
export interface UaVariant {
  /** Number of the built-in type (OPC 10000-6 §5.1.2). */
  readonly dataType?: number;
  readonly value?: unknown;
}

/** B2MML's data types by the number of OPC UA's built-in type. */
export const DATA_TYPES: Readonly<Record<number, string>> = {
  1: "boolean", 2: "byte", 3: "unsignedByte", 4: "short", 5: "unsignedShort", 6: "int", 7: "unsignedInt", 8: "long", 9: "unsignedLong", 10: "float", 11: "double",
  12: "string", 13: "dateTime", 15: "binary", 21: "string",
};
const INT64 = 8;
const UINT64 = 9;

/** The texts of a value: one, for a list one each, none for no value. */
export function textOf({ dataType, value }: UaVariant): readonly string[] {
  if (value === undefined || value === null) return [];
  const isWide = dataType === INT64 || dataType === UINT64;
  const isList = (Array.isArray(value) || (ArrayBuffer.isView(value) && !Buffer.isBuffer(value))) && !(isWide && isPair(value));
  const items = isList ? Array.from(value as ArrayLike<unknown>) : [value];
  return items.map((item) => (isWide && isPair(item) ? wide(item, dataType === INT64) : plain(item)));
}

function plain(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return value.toString("base64");
  if (typeof value === "string") return value;
  const { text } = (typeof value === "object" && value !== null ? value : {}) as { readonly text?: unknown };
  return typeof text === "string" ? text : JSON.stringify(value);
}

/** node-opcua gives integers of 64 bits as two halves, the higher one first. */
function isPair(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((half) => typeof half === "number");
}

function wide([high, low]: readonly [number, number], isSigned: boolean): string {
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return String(isSigned ? BigInt.asIntN(64, bits) : bits);
}
