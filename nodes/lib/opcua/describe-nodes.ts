import type { ClientSession, DataValue, NodeId } from "node-opcua";
import { loadOpcua } from "./load";
import { portableNodeId } from "./browse";
import { parseNodeId, resolveNodeId } from "./node-id";
import { toSample } from "./to-sample";

/** What a person chooses a variable by. */
export interface NodeFacts {
  readonly nodeId: string;
  readonly name?: string;
  readonly browseName?: string;
  readonly nodeClass?: string;
  readonly description?: string;
  /** Name of the data type, `[]` behind it for arrays. */
  readonly dataType?: string;
  /** As the server writes it, with the UN/CEFACT code where it gives one (OPC 10000-8, EUInformation). */
  readonly unit?: { readonly symbol: string; readonly code?: string };
  readonly range?: { readonly low: number; readonly high: number };
  readonly access?: { readonly read: boolean; readonly write: boolean; readonly history: boolean };
  /** The value now; `text` is JSON, cut after 500 characters. */
  readonly value?: { readonly text: string; readonly quality: string; readonly status?: string; readonly timestamp: string };
  /** The server's status where the node cannot be read. */
  readonly error?: string;
}

/** Nodes that can be described in one go. */
export const MOST_DESCRIBED = 100;
const VALUE_LENGTH = 500;
const TEXT_LENGTH = 2_000;
const UNITS_OF_CEFACT = "http://www.opcfoundation.org/UA/units/un/cefact";

type Attribute = "NodeClass" | "BrowseName" | "DisplayName" | "Description" | "DataType" | "ValueRank" | "UserAccessLevel" | "Value";
const ATTRIBUTES: readonly Attribute[] = ["NodeClass", "BrowseName", "DisplayName", "Description", "DataType", "ValueRank", "UserAccessLevel", "Value"];
const PROPERTIES = ["EngineeringUnits", "EURange"] as const;

/** Describes nodes in three calls whatever their number (at most `MOST_DESCRIBED`). @throws what the session fails with. */
export async function describeNodes(session: ClientSession, namespaces: readonly string[], nodeIds: readonly string[]): Promise<readonly NodeFacts[]> {
  const { AttributeIds, makeBrowsePath } = loadOpcua();
  const wanted = nodeIds.slice(0, MOST_DESCRIBED);
  const resolved = wanted.map((nodeId) => resolveNodeId(parseNodeId(nodeId, "nodeId"), namespaces) ?? "ns=65535;i=0");
  const [attributes, targets] = await Promise.all([
    session.read(resolved.flatMap((nodeId) => ATTRIBUTES.map((name) => ({ nodeId, attributeId: AttributeIds[name] })))),
    session.translateBrowsePath(resolved.flatMap((nodeId) => PROPERTIES.map((name) => makeBrowsePath(nodeId, `.${name}`)))),
  ]);
  const properties = targets.map(({ targets: found }) => found?.[0]?.targetId);
  const types = wanted.map((_, index) => attributes[index * ATTRIBUTES.length + ATTRIBUTES.indexOf("DataType")]?.value.value as NodeId | null | undefined);
  const further = await readSome(session, [
    ...properties.map((nodeId) => nodeId && { nodeId, attributeId: AttributeIds.Value }),
    ...types.map((nodeId) => nodeId && { nodeId, attributeId: AttributeIds.BrowseName }),
  ]);
  return wanted.map((nodeId, index) => {
    const of = (name: Attribute): DataValue | undefined => attributes[index * ATTRIBUTES.length + ATTRIBUTES.indexOf(name)];
    const [unit, range] = PROPERTIES.map((_, at) => further[index * PROPERTIES.length + at]);
    const type = further[properties.length + index];
    return factsOf(nodeId, of, { unit, range, type, typeId: types[index] ?? undefined }, namespaces);
  });
}

interface Related {
  readonly unit: DataValue | undefined;
  readonly range: DataValue | undefined;
  readonly type: DataValue | undefined;
  readonly typeId: NodeId | undefined;
}

function factsOf(nodeId: string, of: (name: Attribute) => DataValue | undefined, related: Related, namespaces: readonly string[]): NodeFacts {
  const { NodeClass } = loadOpcua();
  const nodeClass = NodeClass[Number(of("NodeClass")?.value.value ?? 0)];
  if (!of("NodeClass")?.statusCode.isGood()) return { nodeId, error: of("NodeClass")?.statusCode.name ?? "BadNoData" };
  const text = (name: Attribute): string | undefined => (of(name)?.value.value as { text?: string | null } | null)?.text?.slice(0, TEXT_LENGTH) || undefined;
  const browseName = (of("BrowseName")?.value.value as { name?: string | null } | null)?.name ?? "";
  const description = text("Description");
  return {
    nodeId, name: text("DisplayName") ?? browseName, browseName,
    ...(nodeClass && { nodeClass }),
    ...(description && { description }),
    ...(nodeClass === "Variable" && variableOf(of, related, namespaces)),
  };
}

function variableOf(of: (name: Attribute) => DataValue | undefined, { unit, range, type, typeId }: Related, namespaces: readonly string[]): Partial<NodeFacts> {
  const level = Number(of("UserAccessLevel")?.value.value ?? 0);
  const typeName = (type?.value.value as { name?: string | null } | null)?.name ?? (typeId && portableNodeId(typeId.toString(), namespaces));
  const information = unit?.value.value as { displayName?: { text?: string | null }; unitId?: number; namespaceUri?: string | null } | null | undefined;
  const symbol = information?.displayName?.text;
  const code = information?.namespaceUri === UNITS_OF_CEFACT ? cefactCode(information.unitId ?? -1) : undefined;
  const limits = range?.value.value as { low?: number; high?: number } | null | undefined;
  const value = of("Value");
  return {
    ...(typeName && { dataType: Number(of("ValueRank")?.value.value ?? -1) >= 0 ? `${typeName}[]` : typeName }),
    ...((symbol || code) && { unit: { symbol: symbol ?? code ?? "", ...(code && { code }) } }),
    ...(limits && Number.isFinite(limits.low) && Number.isFinite(limits.high) && { range: { low: Number(limits.low), high: Number(limits.high) } }),
    access: { read: (level & 1) > 0, write: (level & 2) > 0, history: (level & 4) > 0 },
    ...(value && { value: valueOf(value) }),
  };
}

function valueOf(data: DataValue): NonNullable<NodeFacts["value"]> {
  const { value, quality, status, timestamp } = toSample("", data);
  const whole = typeof value === "number" ? String(value) : JSON.stringify(value);
  const text = whole.length > VALUE_LENGTH ? `${whole.slice(0, VALUE_LENGTH)}…` : whole;
  return { text, quality, timestamp, ...(status && { status }) };
}

/** The unit id holds the code's characters as bytes (OPC 10000-8, 5.6.3). */
function cefactCode(unitId: number): string | undefined {
  const characters = [16, 8, 0].map((shift) => (unitId >> shift) & 0xff).filter((code) => code > 0);
  return unitId > 0 && characters.every((code) => code >= 0x20 && code < 0x7f) ? String.fromCharCode(...characters) : undefined;
}

/** Reads what there is to read; `undefined` stays so. */
async function readSome(session: ClientSession, wanted: readonly ({ nodeId: NodeId; attributeId: number } | null | undefined)[]): Promise<readonly (DataValue | undefined)[]> {
  const asked = wanted.filter((each) => each !== null && each !== undefined);
  const answers = asked.length > 0 ? await session.read(asked) : [];
  let at = 0;
  return wanted.map((each) => (each === null || each === undefined ? undefined : answers[at++]));
}
