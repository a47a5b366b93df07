import type { Argument, CallMethodResult, Variant } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { resolveDataType } from "./data-type";
import { decodeStructures } from "./decode";
import type { Attempt } from "./exchange";
import { loadOpcua } from "./load";
import type { NodeIdText } from "./node-id";
import { readAttributes, references } from "./services";
import type { OpcUaSession } from "./session";
import { plainValue } from "./value";
import { kindFor, resolveNodeIds } from "./write-target";
import { toVariant } from "./write-value";

/** Which method of which object. */
export interface MethodRow {
  readonly objectId: NodeIdText;
  readonly methodId: NodeIdText;
}

export interface CallOutcome {
  /** The output arguments by name. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly status: string;
}

interface Signature {
  readonly inputs: readonly Argument[];
  readonly outputs: readonly Argument[];
}

const signatures = new WeakMap<OpcUaSession, Map<string, Signature>>();

/**
 * Calls a method. Its input arguments come by name (an object), by position (a list) or, where there is only one, as they are;
 * their types are the server's, read once a session.
 * @throws RESONANCE_OPCUA_METHOD_ARGUMENT with the argument as path, RESONANCE_OPCUA_METHOD_FAILED, what values refuse, and what `attempt` throws.
 */
export async function callMethod(opened: OpcUaSession, { objectId, methodId }: MethodRow, payload: unknown, attempt: Attempt): Promise<CallOutcome> {
  const method = methodId.text;
  const [object, found] = await resolveNodeIds(opened, [objectId, methodId]);
  if (object === undefined || found === undefined) throw new ResonanceError("RESONANCE_OPCUA_METHOD_FAILED", { method, detail: "BadNodeIdUnknown" });
  const signature = await signatureOf(opened, found);
  const given = argumentsOf(payload, signature.inputs, method);
  const inputArguments: Variant[] = [];
  for (const [index, argument] of signature.inputs.entries()) inputArguments.push(await variantOf(opened, argument, given[index], method));
  const result = await attempt.send(() => opened.session.call({ objectId: object, methodId: found, inputArguments }));
  refuseBad(result, signature, method);
  const outputs = result.outputArguments ?? [];
  await decodeStructures(opened.session, outputs.map((value) => ({ value })));
  return {
    status: result.statusCode.name,
    outputs: Object.fromEntries(outputs.map((value, index) => [signature.outputs[index]?.name || `output${index + 1}`, plainValue(value)])),
  };
}

async function signatureOf(opened: OpcUaSession, method: string): Promise<Signature> {
  const cache = signatures.get(opened) ?? new Map<string, Signature>();
  signatures.set(opened, cache);
  const known = cache.get(method);
  if (known) return known;
  const { AttributeIds } = loadOpcua();
  const [properties = []] = await references(opened, [method], "HasProperty", true);
  const wanted = properties.filter(({ browseName }) => browseName.name === "InputArguments" || browseName.name === "OutputArguments");
  const values = await readAttributes(opened, wanted.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })));
  const listOf = (name: string): readonly Argument[] => {
    const data = values[wanted.findIndex(({ browseName }) => browseName.name === name)];
    const list: unknown = (data?.value as Variant | null | undefined)?.value;
    return Array.isArray(list) ? (list as readonly Argument[]) : [];
  };
  const signature = { inputs: listOf("InputArguments"), outputs: listOf("OutputArguments") };
  if (properties.length > 0) cache.set(method, signature);
  return signature;
}

/** The values in the order of the arguments. */
function argumentsOf(payload: unknown, inputs: readonly Argument[], method: string): readonly unknown[] {
  const fail = (argument: string, detail: string): ResonanceError =>
    new ResonanceError("RESONANCE_OPCUA_METHOD_ARGUMENT", { method, argument, detail }, { path: `payload/${argument}` });
  const names = inputs.map(({ name }, index) => name ?? String(index));
  if (inputs.length === 0) return [];
  const isObject = Object.prototype.toString.call(payload) === "[object Object]";
  const keys = isObject ? Object.keys(payload as object) : [];
  const byName = isObject && (inputs.length > 1 || keys.some((key) => names.includes(key)));
  if (byName) {
    const stranger = keys.find((key) => !names.includes(key));
    if (stranger !== undefined) throw fail(stranger, `? (${names.join(", ")})`);
    const missing = names.find((name) => !keys.includes(name));
    if (missing !== undefined) throw fail(missing, "–");
    return names.map((name) => (payload as Readonly<Record<string, unknown>>)[name]);
  }
  const [only] = inputs;
  const byPosition = Array.isArray(payload) && (inputs.length > 1 || (payload.length === 1 && only !== undefined && only.valueRank < 0));
  const list: readonly unknown[] = byPosition ? (payload as readonly unknown[]) : [payload];
  if (list.length !== inputs.length) throw fail(names[Math.min(list.length, names.length - 1)] ?? "", `${list.length} ≠ ${inputs.length}`);
  return list;
}

async function variantOf(opened: OpcUaSession, argument: Argument, value: unknown, method: string): Promise<Variant> {
  const name = argument.name ?? "";
  const type = await resolveDataType(opened, argument.dataType);
  if (!type) throw new ResonanceError("RESONANCE_OPCUA_METHOD_ARGUMENT", { method, argument: name, detail: `BadDataTypeIdUnknown ${argument.dataType.toString()}` }, { path: `payload/${name}` });
  const form = { valueRank: argument.valueRank, dimensions: Array.from(argument.arrayDimensions ?? [], Number) };
  return toVariant(value, await kindFor(opened, type, form), { field: name, path: `payload/${name}` });
}

function refuseBad({ statusCode, inputArgumentResults }: CallMethodResult, { inputs }: Signature, method: string): void {
  if (statusCode.value >>> 31 === 0) return;
  const wrong = (inputArgumentResults ?? []).findIndex((status) => status.value >>> 31 === 1);
  if (wrong < 0) throw new ResonanceError("RESONANCE_OPCUA_METHOD_FAILED", { method, detail: statusCode.name });
  const argument = inputs[wrong]?.name ?? String(wrong);
  throw new ResonanceError("RESONANCE_OPCUA_METHOD_ARGUMENT", { method, argument, detail: inputArgumentResults?.[wrong]?.name ?? statusCode.name }, { path: `payload/${argument}` });
}
