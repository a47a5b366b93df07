import type { Variant } from "node-opcua";
import { toMilliseconds } from "../record/iso-time";
import { loadOpcua } from "./load";
import { parseNodeId, resolveNodeId } from "./node-id";
import type { BuiltIn } from "./value";
import { inferred, inside, refused, type Place, type ValueKind } from "./value-kind";

/** Makes a variant of a value that brings its own type. */
type Wrap = (value: unknown, kind: ValueKind, place: Place) => Variant;

type Write = (value: unknown, kind: ValueKind, place: Place, wrap: Wrap) => unknown;

const LEAST_TIME = new Date(Date.UTC(1601, 0, 1));
/** The last moment an Int64 of 100 ns can say. */
const GREATEST_TIME = new Date(910_692_730_085_477);
const LAST_SECOND = Date.UTC(9999, 11, 31, 23, 59, 59);
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** How each built-in type is made from a plain value; `undefined` says that the value is none. */
const WRITERS: Readonly<Partial<Record<BuiltIn, Write>>> = {
  Boolean: (value) => (typeof value === "boolean" ? value : value === 0 || value === 1 ? value === 1 : undefined),
  SByte: whole(-128, 127), Byte: whole(0, 255), Int16: whole(-32_768, 32_767), UInt16: whole(0, 65_535),
  Int32: whole(-2_147_483_648, 2_147_483_647), UInt32: whole(0, 4_294_967_295),
  Int64: long(-(2n ** 63n), 2n ** 63n - 1n), UInt64: long(0n, 2n ** 64n - 1n),
  Float: toFloat,
  Double: (value) => (typeof value === "number" ? value : undefined),
  String: textOnly, XmlElement: textOnly,
  DateTime: toDate,
  Guid: (value) => (typeof value === "string" && GUID.test(value) ? value : undefined),
  ByteString: toBytes,
  NodeId: toNodeId, ExpandedNodeId: toNodeId,
  StatusCode: toStatusCode,
  QualifiedName: toQualifiedName,
  LocalizedText: toLocalizedText,
  ExtensionObject: (value, { makeStructure }, place) => makeStructure?.(value, place),
  Variant: (value, kind, place, wrap) => wrap(value, { ...anything(kind), builtIn: inferred(Array.isArray(value) ? value[0] : value, place) }, place),
  DataValue: (value, kind, place, wrap) => {
    const { DataValue } = loadOpcua();
    return new DataValue({ value: wrap(value, anything(kind), place) });
  },
};

/**
 * One value of a built-in type, in node-opcua's form.
 * @throws RESONANCE_VALUE_TYPE, RESONANCE_VALUE_RANGE, RESONANCE_VALUE_ENUM, and what a structure's fields refuse.
 */
export function scalarOf(value: unknown, kind: ValueKind, place: Place, wrap: Wrap): unknown {
  const { builtIn, names } = kind;
  const given = names && names.size > 0 && builtIn !== "Boolean" ? numberOfName(value, names, place) : value;
  const written = WRITERS[builtIn]?.(given, kind, place, wrap);
  if (written === undefined) throw refused("RESONANCE_VALUE_TYPE", builtIn, value, place);
  return written;
}

function anything({ namespaces }: ValueKind): ValueKind {
  return { builtIn: "Variant", valueRank: -2, dimensions: [], namespaces };
}

/** An enumeration's number, given by it or by its name. */
function numberOfName(value: unknown, names: ReadonlyMap<number, string>, place: Place): unknown {
  if (typeof value === "string") {
    for (const [number, name] of names) if (name === value) return number;
  } else if (typeof value !== "number" || names.has(value)) return value;
  throw refused("RESONANCE_VALUE_ENUM", [...names].map(([number, name]) => `${name} (${number})`).join(", "), value, place);
}

function whole(least: number, greatest: number): Write {
  return (value, _kind, place) => {
    const number = typeof value === "bigint" ? Number(value) : value;
    if (typeof number !== "number" || !Number.isInteger(number)) return undefined;
    if (number < least || number > greatest) throw refused("RESONANCE_VALUE_RANGE", `${least} … ${greatest}`, value, place);
    return number + 0;
  };
}

/** node-opcua keeps 64-bit integers as [high, low] words. A number beyond 2^53 no longer says which integer is meant. */
function long(least: bigint, greatest: bigint): Write {
  return (value, _kind, place) => {
    const exact = typeof value === "bigint" ? value
      : typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value)
      : typeof value === "string" && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
    if (exact === undefined) return undefined;
    if (exact < least || exact > greatest) throw refused("RESONANCE_VALUE_RANGE", `${least} … ${greatest}`, value, place);
    const bits = BigInt.asUintN(64, exact);
    return [Number(bits >> 32n), Number(bits & 0xffffffffn)];
  };
}

/** Rounded to single precision, so that what is read back is what was written. */
function toFloat(value: unknown, _kind: ValueKind, place: Place): number | undefined {
  if (typeof value !== "number") return undefined;
  const single = Math.fround(value);
  if (Number.isFinite(value) && !Number.isFinite(single)) throw refused("RESONANCE_VALUE_RANGE", "±3.4e38", value, place);
  return single;
}

function textOnly(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function toDate(value: unknown): Date | undefined {
  if (typeof value === "number") return undefined;
  const milliseconds = toMilliseconds(value);
  if (milliseconds === undefined) return undefined;
  if (milliseconds <= LEAST_TIME.getTime()) return LEAST_TIME;
  return milliseconds >= LAST_SECOND ? GREATEST_TIME : new Date(milliseconds);
}

function toBytes(value: unknown): Buffer | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value);
  return typeof value === "string" && BASE64.test(value) ? Buffer.from(value, "base64") : undefined;
}

function toNodeId(value: unknown, { namespaces }: ValueKind, { path }: Place): unknown {
  if (typeof value !== "string") return undefined;
  const nodeId = resolveNodeId(parseNodeId(value, path), namespaces);
  return nodeId === undefined ? undefined : loadOpcua().coerceNodeId(nodeId);
}

function toStatusCode(value: unknown): unknown {
  const { coerceStatusCode, StatusCodes } = loadOpcua();
  if (typeof value === "string") return (StatusCodes as unknown as Readonly<Record<string, unknown>>)[value];
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffffffff ? coerceStatusCode({ value }) : undefined;
}

/** `Name` or `2:Name`. */
function toQualifiedName(value: unknown): unknown {
  if (typeof value !== "string") return undefined;
  const [, index = "0", name = ""] = /^(?:(\d{1,5}):)?(.*)$/s.exec(value) ?? [];
  const { QualifiedName } = loadOpcua();
  return new QualifiedName({ namespaceIndex: Number(index), name });
}

/** A text, or `{text, locale}`. */
function toLocalizedText(value: unknown, _kind: ValueKind, place: Place): unknown {
  const { LocalizedText } = loadOpcua();
  if (typeof value === "string") return new LocalizedText({ text: value });
  const { text, locale } = (typeof value === "object" && value !== null ? value : {}) as { text?: unknown; locale?: unknown };
  if (typeof text !== "string") return undefined;
  if (locale !== undefined && locale !== null && typeof locale !== "string") throw refused("RESONANCE_VALUE_TYPE", "String", locale, inside(place, "locale"));
  return new LocalizedText({ text, locale: locale ?? null });
}
