import type { DataValue, NodeId, ReferenceDescription } from "node-opcua";
import type { UnitCode } from "../profile/profile";
import { namesIn, resolveDataType, type TypeFacts } from "./data-type";
import { unitOf } from "./engineering-unit";
import { loadOpcua } from "./load";
import { readAttributes, references } from "./services";
import type { OpcUaSession } from "./session";

/** What a server says of a variable besides its value. */
export interface VariableFacts {
  /** Absent where the variable cannot be read or its data type is not known. */
  readonly type?: TypeFacts;
  /** UN/CEFACT code of its EngineeringUnits. */
  readonly unit?: UnitCode;
  /** How the server calls a unit that is none of UN/CEFACT's. */
  readonly foreignUnit?: string;
  /** Its EURange, in its unit. */
  readonly range?: { readonly low: number; readonly high: number };
  /** Names of its values: of an enumeration, or of a discrete variable's states (false is 0, true is 1). */
  readonly names?: ReadonlyMap<number, string>;
}

const PROPERTIES = ["EngineeringUnits", "EURange", "EnumStrings", "EnumValues", "FalseState", "TrueState"] as const;
type Property = (typeof PROPERTIES)[number];

const caches = new WeakMap<OpcUaSession, Map<string, VariableFacts>>();

/**
 * Reads the facts of variables (NodeIds in the numbering of the session), in a few calls for all of them and once a session for each.
 * @throws when the server does not answer; a variable of which nothing is known has empty facts.
 */
export async function readFacts(opened: OpcUaSession, nodeIds: readonly string[]): Promise<ReadonlyMap<string, VariableFacts>> {
  const cache = caches.get(opened) ?? new Map<string, VariableFacts>();
  caches.set(opened, cache);
  const unknown = [...new Set(nodeIds)].filter((nodeId) => !cache.has(nodeId));
  if (unknown.length === 0) return cache;
  const facts = new Map((await ask(opened, unknown)).map((each, index) => [unknown[index] ?? "", each]));
  // What is not there now may come.
  for (const [nodeId, each] of facts) if (each.type) cache.set(nodeId, each);
  return new Map(nodeIds.map((nodeId) => [nodeId, cache.get(nodeId) ?? facts.get(nodeId) ?? {}]));
}

async function ask(opened: OpcUaSession, nodeIds: readonly string[]): Promise<readonly VariableFacts[]> {
  const { AttributeIds } = loadOpcua();
  const types = await readAttributes(opened, nodeIds.map((nodeId) => ({ nodeId, attributeId: AttributeIds.DataType })));
  const properties = (await references(opened, nodeIds, "HasProperty", true)).map(wanted);
  const flat = properties.flatMap((each) => [...each.values()]);
  const values = await readAttributes(opened, flat.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })));
  const byNodeId = new Map(flat.map((nodeId, index) => [nodeId, values[index]]));
  return Promise.all(nodeIds.map(async (_, index) => {
    const typeId = (types[index]?.value as DataValue["value"] | null | undefined)?.value as NodeId | null | undefined;
    const type = typeId ? await resolveDataType(opened, typeId) : undefined;
    const own = properties[index] ?? new Map<Property, NodeId>();
    return factsOf(type, (name) => { const nodeId = own.get(name); return nodeId && byNodeId.get(nodeId); });
  }));
}

/** The properties of the UA namespace that say something of the value. */
function wanted(all: readonly ReferenceDescription[]): ReadonlyMap<Property, NodeId> {
  return new Map(all.flatMap(({ browseName, nodeId }): [Property, NodeId][] => {
    const name = PROPERTIES.find((property) => browseName.namespaceIndex === 0 && browseName.name === property);
    return name ? [[name, nodeId]] : [];
  }));
}

function factsOf(type: TypeFacts | undefined, property: (name: Property) => DataValue | undefined): VariableFacts {
  const content = (name: Property): unknown => {
    const data = property(name);
    return data?.statusCode.isGood() ? (data.value as DataValue["value"] | null)?.value : undefined;
  };
  const range = content("EURange") as { low?: number; high?: number } | null | undefined;
  const stated = [property("EnumValues"), property("EnumStrings")].flatMap((data) => (data ? [namesIn(data)] : [])).find((names) => names.size > 0);
  const states = [content("FalseState"), content("TrueState")].map((state) => (state as { text?: string | null } | null | undefined)?.text);
  const names = stated ?? (states.every(Boolean) ? new Map(states.map((text, number) => [number, String(text)])) : undefined) ?? type?.names;
  return {
    ...(type ? { type } : {}),
    ...unitOf(content("EngineeringUnits")),
    // Both 0 is what servers give that do not know a range.
    ...(range && Number(range.low) < Number(range.high) ? { range: { low: Number(range.low), high: Number(range.high) } } : {}),
    ...(names && names.size > 0 ? { names } : {}),
  };
}
