import type { DataValue, ExtensionObject, NodeId } from "node-opcua";
import { loadOpcua } from "./load";
import { readAttributes, references } from "./services";
import type { OpcUaSession } from "./session";
import type { BuiltIn } from "./value";

/** What a data type of the server means for its values. */
export interface TypeFacts {
  /** In the numbering of the session. */
  readonly nodeId: NodeId;
  /** The built-in type its values are of; `Variant` where it is abstract and each value brings its own. */
  readonly builtIn: BuiltIn;
  /** For the abstract numbers: the group a value's own type must belong to. */
  readonly group?: "Number" | "Integer" | "UInteger";
  /** An enumeration's names. */
  readonly names?: ReadonlyMap<number, string>;
}

/** Data types of namespace 0 whose meaning is fixed (OPC 10000-6, 5.1.2, and OPC 10000-3, 8). */
const LAST_BUILT_IN = 25;
const GROUPS: Readonly<Record<number, TypeFacts["group"]>> = { 26: "Number", 27: "Integer", 28: "UInteger" };
const ENUMERATION = 29;
const MOST_LEVELS = 30;

const caches = new WeakMap<OpcUaSession, Map<string, Promise<TypeFacts | undefined>>>();

/** Resolves a data type, once a session; `undefined` where the server does not say what it comes from. */
export function resolveDataType(opened: OpcUaSession, nodeId: NodeId): Promise<TypeFacts | undefined> {
  const cache = caches.get(opened) ?? new Map<string, Promise<TypeFacts | undefined>>();
  caches.set(opened, cache);
  const key = nodeId.toString();
  const present = cache.get(key) ?? climb(opened, nodeId);
  cache.set(key, present);
  // A failed question may be asked again.
  present.catch(() => cache.delete(key));
  return present;
}

async function climb(opened: OpcUaSession, start: NodeId): Promise<TypeFacts | undefined> {
  const { DataType } = loadOpcua();
  let at: NodeId | undefined = start;
  for (let level = 0; at && level < MOST_LEVELS; level += 1) {
    const number = standardNumber(at);
    if (number === ENUMERATION) return { nodeId: start, builtIn: "Int32", names: await namesOfType(opened, start) };
    if (number !== undefined && number in GROUPS) return { nodeId: start, builtIn: "Variant", group: GROUPS[number] as NonNullable<TypeFacts["group"]> };
    if (number !== undefined && number >= 1 && number <= LAST_BUILT_IN) return { nodeId: start, builtIn: DataType[number] as BuiltIn };
    const [parents]: readonly (readonly { readonly nodeId: NodeId }[])[] = await references(opened, [at], "HasSubtype", false);
    at = parents?.[0]?.nodeId;
  }
  return undefined;
}

/** node-opcua's own resolution takes `ns=2;i=5` for a Byte. */
function standardNumber({ namespace, identifierType, value }: NodeId): number | undefined {
  return namespace === 0 && identifierType === loadOpcua().NodeIdType.NUMERIC ? Number(value) : undefined;
}

async function namesOfType(opened: OpcUaSession, type: NodeId): Promise<ReadonlyMap<number, string>> {
  const { AttributeIds } = loadOpcua();
  const [definition] = await readAttributes(opened, [{ nodeId: type, attributeId: AttributeIds.DataTypeDefinition }]);
  const fields = (valueOf(definition) as { fields?: readonly EnumField[] } | null | undefined)?.fields;
  if (definition?.statusCode.isGood() && fields?.length) return new Map(fields.map(({ value, name, displayName }) => [numberOf(value), name ?? displayName?.text ?? ""]));
  const [properties = []] = await references(opened, [type], "HasProperty", true);
  const names = properties.filter(({ browseName }) => browseName.name === "EnumValues" || browseName.name === "EnumStrings");
  const values = await readAttributes(opened, names.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })));
  return values.map(namesIn).find((found) => found.size > 0) ?? new Map();
}

/** A value that was refused has no variant, whatever the type says. */
function valueOf(data: DataValue | undefined): unknown {
  return (data?.value as DataValue["value"] | null | undefined)?.value;
}

interface EnumField {
  readonly value: unknown;
  readonly name?: string | null;
  readonly displayName?: { readonly text?: string | null } | null;
}

/** The names in a value of EnumValues (EnumValueType[]) or EnumStrings (LocalizedText[], numbered from 0). */
export function namesIn({ statusCode, value }: DataValue): ReadonlyMap<number, string> {
  const list: unknown = (value as DataValue["value"] | null)?.value;
  if (statusCode.isNotGood() || !Array.isArray(list)) return new Map();
  return new Map(list.map((entry: ExtensionObject & EnumField & { text?: string | null }, index): [number, string] =>
    entry.value === undefined ? [index, entry.text ?? ""] : [numberOf(entry.value), entry.displayName?.text ?? ""]));
}

/** Enumerations are numbered by Int64, which node-opcua keeps as [high, low]. */
function numberOf(value: unknown): number {
  if (!Array.isArray(value)) return Number(value);
  const [high = 0, low = 0] = value as readonly number[];
  return (high | 0) * 2 ** 32 + (low >>> 0);
}
