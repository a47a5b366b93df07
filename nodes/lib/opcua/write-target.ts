import type { DataValue, ExtensionObject } from "node-opcua";
import type { TypeFacts } from "./data-type";
import { loadOpcua } from "./load";
import { resolveNodeId, type NodeIdText } from "./node-id";
import { readAttributes } from "./services";
import type { OpcUaSession } from "./session";
import type { BuiltIn } from "./value";
import { readFacts, type VariableFacts } from "./variable-facts";
import type { ValueKind } from "./value-kind";
import { makeStructure, type StructureClass } from "./write-structure";

/** What a server says of a variable that is to be written. */
export interface WriteTarget {
  /** In the numbering of the session. */
  readonly nodeId: string;
  readonly facts: VariableFacts;
  readonly kind: ValueKind;
  /** What the server says that stands in the way: the node is unknown, or no variable, or may not be written. */
  readonly problem?: string;
  /** Whether its value can be read back. */
  readonly readable: boolean;
}

const UNKNOWN = "BadNodeIdUnknown";
const CURRENT_READ = 1;
const CURRENT_WRITE = 2;

const targetCaches = new WeakMap<OpcUaSession, Map<string, WriteTarget>>();
const namespaceCaches = new WeakMap<OpcUaSession, readonly string[]>();

/** NodeIds in the numbering of the session; `undefined` where the server does not have the namespace. The table is read once a session, and again where it lacks one. */
export async function resolveNodeIds(opened: OpcUaSession, nodeIds: readonly NodeIdText[]): Promise<readonly (string | undefined)[]> {
  const all = (namespaces: readonly string[]): readonly (string | undefined)[] => nodeIds.map((nodeId) => resolveNodeId(nodeId, namespaces));
  const known = namespaceCaches.get(opened);
  if (known) {
    const found = all(known);
    if (!found.includes(undefined)) return found;
  }
  const fresh = await opened.namespaces();
  namespaceCaches.set(opened, fresh);
  return all(fresh);
}

/**
 * What is to be known of variables before they are written; asked once a session, and again each time where the answer stood in the way.
 * @throws when the server does not answer.
 */
export async function readTargets(opened: OpcUaSession, nodeIds: readonly NodeIdText[]): Promise<readonly WriteTarget[]> {
  const cache = targetCaches.get(opened) ?? new Map<string, WriteTarget>();
  targetCaches.set(opened, cache);
  const resolved = await resolveNodeIds(opened, nodeIds);
  const wanted = [...new Set(resolved)].flatMap((nodeId) => (nodeId !== undefined && !cache.has(nodeId) ? [nodeId] : []));
  const asked = new Map((await ask(opened, wanted)).map((target) => [target.nodeId, target]));
  for (const target of asked.values()) if (target.problem === undefined && !needsCurrentValue(target)) cache.set(target.nodeId, target);
  return resolved.map((nodeId, index) => {
    const target = nodeId === undefined ? undefined : (cache.get(nodeId) ?? asked.get(nodeId));
    return target ?? unusable(nodeIds[index]?.text ?? "", UNKNOWN);
  });
}

/** How values of a type are made; of one that is abstract by what the variable holds now. */
export async function kindFor(opened: OpcUaSession, type: TypeFacts, form: Pick<ValueKind, "valueRank" | "dimensions">, current?: DataValue["value"] | null): Promise<ValueKind> {
  const { DataType } = loadOpcua();
  const namespaces = namespaceCaches.get(opened) ?? (await opened.namespaces());
  const holds = current && current.dataType !== DataType.Null ? (DataType[current.dataType] as BuiltIn) : undefined;
  const builtIn = type.builtIn === "Variant" ? (holds ?? (type.group === "Integer" ? "Int32" : type.group === "UInteger" ? "UInt32" : "Variant")) : type.builtIn;
  const structure = builtIn === "ExtensionObject" ? await structureClass(opened, type, current) : undefined;
  return {
    ...form, builtIn, namespaces,
    ...(type.names ? { names: type.names } : {}),
    ...(structure ? { makeStructure: (plain, place) => makeStructure(plain, structure, namespaces, place) } : {}),
  };
}

/** Abstract types are made by the value that is there at that moment. */
function needsCurrentValue({ facts: { type } }: WriteTarget): boolean {
  return type?.builtIn === "Variant" || isAnyStructure(type);
}

/** Structure itself says nothing of the fields. */
function isAnyStructure(type: TypeFacts | undefined): boolean {
  return type?.nodeId.namespace === 0 && type.nodeId.value === 22;
}

async function structureClass(opened: OpcUaSession, type: TypeFacts, current: DataValue["value"] | null | undefined): Promise<StructureClass | undefined> {
  const held = [current?.value as unknown].flat()[0] as ExtensionObject | undefined;
  if (isAnyStructure(type) || type.builtIn === "Variant") return held?.constructor as StructureClass | undefined;
  const manager = await loadOpcua().getExtraDataTypeManager(opened.session);
  return await manager.getExtensionObjectConstructorFromDataTypeAsync(type.nodeId);
}

async function ask(opened: OpcUaSession, nodeIds: readonly string[]): Promise<readonly WriteTarget[]> {
  if (nodeIds.length === 0) return [];
  const { AttributeIds } = loadOpcua();
  const attributes = [AttributeIds.NodeClass, AttributeIds.ValueRank, AttributeIds.ArrayDimensions, AttributeIds.AccessLevel, AttributeIds.UserAccessLevel];
  const answers = await readAttributes(opened, nodeIds.flatMap((nodeId) => attributes.map((attributeId) => ({ nodeId, attributeId }))));
  const facts = await readFacts(opened, nodeIds);
  return Promise.all(nodeIds.map((nodeId, index) => describe(opened, nodeId, answers.slice(index * attributes.length, (index + 1) * attributes.length), facts.get(nodeId) ?? {})));
}

async function describe(opened: OpcUaSession, nodeId: string, answers: readonly DataValue[], facts: VariableFacts): Promise<WriteTarget> {
  const { AttributeIds, NodeClass } = loadOpcua();
  const [nodeClass, rank, lengths, access, userAccess] = answers.map(({ statusCode, value }) => (statusCode.isGood() ? (value as DataValue["value"] | null)?.value as unknown : undefined));
  const [first] = answers;
  if (first?.statusCode.isNotGood()) return unusable(nodeId, first.statusCode.name, facts);
  if (nodeClass !== NodeClass.Variable || !facts.type) return unusable(nodeId, nodeClass === NodeClass.Variable ? "BadDataTypeIdUnknown" : "BadAttributeIdInvalid", facts);
  const level = Number(userAccess ?? access ?? CURRENT_READ | CURRENT_WRITE) & Number(access ?? CURRENT_READ | CURRENT_WRITE);
  const form = { valueRank: Number(rank ?? -2), dimensions: Array.from((lengths ?? []) as ArrayLike<number>, Number) };
  const target: WriteTarget = { nodeId, facts, kind: { builtIn: facts.type.builtIn, namespaces: [], ...form }, readable: (level & CURRENT_READ) !== 0 };
  if ((level & CURRENT_WRITE) === 0) return { ...target, problem: (Number(access ?? 0) & CURRENT_WRITE) === 0 ? "BadNotWritable" : "BadUserAccessDenied" };
  const current = needsCurrentValue(target) && target.readable
    ? (await opened.session.read({ nodeId, attributeId: AttributeIds.Value })).value : undefined;
  const kind = await kindFor(opened, facts.type, form, current);
  return { ...target, kind: facts.names ? { ...kind, names: facts.names } : kind };
}

function unusable(nodeId: string, problem: string, facts: VariableFacts = {}): WriteTarget {
  return { nodeId, facts, problem, readable: false, kind: { builtIn: "Null", valueRank: -1, dimensions: [], namespaces: [] } };
}
