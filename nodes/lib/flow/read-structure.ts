import { chainsOf } from "./chains";
import { readCoreBroker, readExec, readFileNode, readHttpIn, readHttpRequest, readRuntime, readTcp, readUdp, readWebSocketClient, readWebSocketListener } from "./core-connections";
import { dataFlowsOf, type FieldsOf } from "./data-flows";
import { isOn, readDefinitions, titleOf, type SavedNode } from "./definition";
import { createGraph, type FlowGraph } from "./graph";
import type { LiveFacts } from "./live-facts";
import { modelFacts } from "./model-facts";
import kinds from "./node-kinds.json";
import { component, readMes, readMesIn, readModel, readMqttBroker, readOpcUaEndpoint, readScada } from "./own-connections";
import { NODE_RED, type Reader } from "./reading";
import type { Component, FlowScope, FlowStructure, NodeEntry } from "./structure";

/** What is looked at, and what the profiles know of it. */
export interface StructureOptions {
  /** Id of a flow tab; everything where it is absent. */
  readonly flow?: string;
  readonly fieldsOf?: FieldsOf;
}

const READERS: ReadonlyMap<string, Reader> = new Map(Object.entries<Reader>({
  "resonance-opcua-endpoint": readOpcUaEndpoint, "resonance-mqtt-broker": readMqttBroker, "resonance-model": readModel, "resonance-mes": readMes, "resonance-mes-in": readMesIn,
  "resonance-scada": readScada, "mqtt-broker": readCoreBroker, "http in": readHttpIn, "http request": readHttpRequest, "websocket-listener": readWebSocketListener,
  "websocket-client": readWebSocketClient, "tcp in": readTcp, "tcp out": readTcp, "tcp request": readTcp, "udp in": readUdp, "udp out": readUdp,
  "file": readFileNode, "file in": readFileNode, "watch": readFileNode, "exec": readExec,
}));

const KINDS = new Map(Object.entries(kinds).flatMap(([kind, types]) => types.map((type) => [type, kind as NodeEntry["kind"]] as const)));
const SUBFLOW = "subflow:";

/**
 * Reads the structure of flows off their saved definitions (no credentials among them). Disabled nodes are named, but offer no interface;
 * nodes of unknown types are named as such. Never throws, whatever the definitions hold. Same definitions, same structure.
 */
export function readStructure(definitions: readonly unknown[], live: LiveFacts = {}, { flow, fieldsOf = () => [] }: StructureOptions = {}): FlowStructure {
  const saved = readDefinitions(definitions);
  const graph = createGraph(saved);
  const chosen = flow === undefined ? saved : partOf(saved, flow, graph);
  const ids = new Set(chosen.map(({ id }) => id));
  const context = { graph: flow === undefined ? graph : createGraph(chosen), live };
  const running = chosen.filter(({ id }) => graph.isActive(id));
  const entries = chosen.filter(({ type }) => type !== "tab" && type !== "group").map((node) => entryOf(node, graph));
  const readings = [readRuntime(context), ...running.flatMap((node) => {
    const reader = READERS.get(node.type);
    return reader ? [reader(node, context)] : [];
  })];
  const facts = (found: Component): Component => {
    const node = found.role === "model" ? graph.nodes.get(found.id) : undefined;
    return node ? { ...found, facts: modelFacts(node, context) } : found;
  };
  const unreadable = entries.filter(({ kind, disabled }) => !disabled && (kind === "unknown" || kind === "code"))
    .map(({ id, kind }) => component(graph.nodes.get(id) ?? { id, type: kind }, kind === "code" ? "code" : "unknown"));
  const components = readings.flatMap(({ components: found = [] }) => found.map(facts));
  const own: readonly Component[] = components.some(({ id }) => id === NODE_RED) ? [] : [{ id: NODE_RED, type: "runtime", name: "Node-RED", role: "node-red", zone: "ISA-95 level 2–3", facts: [] }];
  const interfaces = readings.flatMap(({ interfaces: found = [] }) => found).map((found) => {
    const flows = dataFlowsOf(found, context.graph, fieldsOf);
    return { found: { ...found, nodes: found.nodes.filter((id) => ids.has(id)), categories: [...new Set(flows.map(({ category }) => category))] }, flows };
  });
  return {
    scope: scopeOf(flow, graph),
    components: [...own, ...components, ...unreadable],
    interfaces: interfaces.map(({ found }) => found),
    dataFlows: interfaces.flatMap(({ flows }) => flows),
    chains: chainsOf(context.graph),
    nodes: entries,
  };
}

/** A tab with its nodes, the configuration nodes they use and the subflows that stand on it. */
function partOf(saved: readonly SavedNode[], flow: string, graph: FlowGraph): readonly SavedNode[] {
  const chosen = new Set(saved.filter(({ id, z }) => id === flow || z === flow).map(({ id }) => id));
  for (const id of chosen) {
    const node = graph.nodes.get(id);
    if (node?.type.startsWith(SUBFLOW)) {
      const subflow = node.type.slice(SUBFLOW.length);
      for (const { id: inner, z } of saved) if (inner === subflow || z === subflow) chosen.add(inner);
    }
    for (const [setting, value] of Object.entries(node ?? {})) {
      const used = setting !== "z" && setting !== "g" && setting !== "id" && typeof value === "string" ? graph.nodes.get(value) : undefined;
      // Only configuration nodes stand nowhere on a drawing.
      if (used && used["x"] === undefined && used.type !== "tab" && used.type !== "subflow") chosen.add(used.id);
    }
  }
  return saved.filter(({ id }) => chosen.has(id));
}

function scopeOf(flow: string | undefined, graph: FlowGraph): FlowScope {
  if (flow === undefined) return { kind: "instance" };
  const tab = graph.nodes.get(flow);
  return { kind: "flow", id: flow, ...(tab && { label: titleOf(tab) }) };
}

function entryOf(node: SavedNode, graph: FlowGraph): NodeEntry {
  const home = node.z === undefined ? undefined : graph.nodes.get(node.z);
  const kind = node.type.startsWith(SUBFLOW) ? (graph.nodes.get(node.type.slice(SUBFLOW.length))?.type === "subflow" ? "plain" : "unknown") : KINDS.get(node.type) ?? "unknown";
  return {
    id: node.id, type: node.type, name: titleOf(node), ...(node.z !== undefined && { flowId: node.z }), ...(home && { flow: titleOf(home) }), kind,
    disabled: isOn(node, "d") || !graph.isActive(node.id),
  };
}
