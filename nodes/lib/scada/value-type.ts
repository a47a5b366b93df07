import type { Variant } from "node-opcua";
import { loadOpcua } from "../opcua/load";
import type { ValueSchema } from "../profile/profile";

/** Built-in types of OPC UA that fields become. */
type TypeName = "Double" | "Int32" | "UInt32" | "Int64" | "Boolean" | "String" | "DateTime";

/** How a field's values stand in the address space. */
export interface ValueType {
  readonly dataType: TypeName;
  readonly array: boolean;
  /** Whether values are written as JSON, which has no type of its own here. */
  readonly json: boolean;
  /** The value as a variant, or `undefined` where it is not of this type. */
  toVariant(value: unknown): Variant | undefined;
}

type Words = { readonly [Key in "format" | "minimum" | "maximum" | "items"]?: ValueSchema[Key] } & { readonly type: string | readonly string[] };
type Convert = (value: unknown) => unknown;

const INT32 = 2 ** 31;
const UINT32 = 2 ** 32;

/** Values as node-opcua wants them; `undefined` for those of another type. */
const CONVERT: Readonly<Record<TypeName, Convert>> = {
  Double: (value) => (typeof value === "number" ? value : undefined),
  Int32: (value) => (Number.isInteger(value) && Math.abs(value as number) < INT32 ? value : undefined),
  UInt32: (value) => (Number.isInteger(value) && (value as number) >= 0 && (value as number) < UINT32 ? value : undefined),
  Int64: (value) => (Number.isSafeInteger(value) ? int64(value as number) : undefined),
  Boolean: (value) => (typeof value === "boolean" ? value : undefined),
  String: (value) => (typeof value === "string" ? value : undefined),
  DateTime: (value) => (typeof value === "string" && !Number.isNaN(Date.parse(value)) ? new Date(value) : undefined),
};

/** An Int64 as node-opcua has it: two words, high and low, in two's complement. */
function int64(value: number): [high: number, low: number] {
  const bits = BigInt.asUintN(64, BigInt(value));
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)];
}

/**
 * Numbers become Double, whole numbers the smallest integer their range allows, times DateTime, lists of plain values arrays;
 * objects and lists of objects become JSON text, which every client can show.
 */
export function valueTypeOf(schema: Words): ValueType {
  const type = plainType(schema);
  if (type === "array" && schema.items) {
    const item = valueTypeOf(schema.items);
    if (!item.json && !item.array) return arrayOf(item.dataType);
  }
  return type === "array" || type === "object" ? jsonText() : scalar(scalarType(type, schema));
}

function plainType({ type }: Words): string {
  if (typeof type === "string") return type;
  return type.find((name) => name !== "null") ?? "string";
}

function scalarType(type: string, { format, minimum = -Infinity, maximum = Infinity }: Words): TypeName {
  if (type === "number") return "Double";
  if (type === "boolean") return "Boolean";
  if (type !== "integer") return format === "date-time" ? "DateTime" : "String";
  if (minimum >= 0 && maximum < UINT32) return "UInt32";
  return minimum >= -INT32 && maximum < INT32 ? "Int32" : "Int64";
}

function scalar(dataType: TypeName): ValueType {
  const convert = CONVERT[dataType];
  return {
    dataType, array: false, json: false,
    toVariant(value) {
      const { DataType, Variant: Made, VariantArrayType } = loadOpcua();
      const converted = convert(value);
      // An Int64 is a pair of words, which looks like a list.
      return converted === undefined ? undefined : new Made({ dataType: DataType[dataType], arrayType: VariantArrayType.Scalar, value: converted });
    },
  };
}

function arrayOf(dataType: TypeName): ValueType {
  const convert = CONVERT[dataType];
  return {
    dataType, array: true, json: false,
    toVariant(value) {
      if (!Array.isArray(value)) return undefined;
      const { DataType, Variant: Made, VariantArrayType } = loadOpcua();
      const converted = value.map(convert);
      return converted.includes(undefined) ? undefined : new Made({ dataType: DataType[dataType], arrayType: VariantArrayType.Array, value: converted });
    },
  };
}

function jsonText(): ValueType {
  return {
    dataType: "String", array: false, json: true,
    toVariant(value) {
      const { DataType, Variant: Made } = loadOpcua();
      return new Made({ dataType: DataType.String, value: JSON.stringify(value) });
    },
  };
}
