import { rowsOf, textOf, textsIn, type SavedNode } from "./definition";
import type { FlowGraph } from "./graph";
import type { FoundInterface } from "./reading";
import type { DataFlow } from "./structure";

/** All fields of a category's direction, where a node shows whole records; the flow alone does not know them. */
export type FieldsOf = (profile: string, category: string, direction: DataFlow["direction"]) => readonly string[];

type Data = Omit<DataFlow, "interface">;

const MAKERS: ReadonlySet<string> = new Set(["resonance-model-in", "resonance-model-out", "resonance-setpoint-guard"]);
const SKIPPED: ReadonlySet<string> = new Set(["", "confidence", "validUntil", "validFor"]);

/** Which data of the profile go over an interface, as the mappings of the nodes on its wires say. */
export function dataFlowsOf({ id, nodes, direction, protocol }: FoundInterface, graph: FlowGraph, fieldsOf: FieldsOf): readonly DataFlow[] {
  const ends = nodes.flatMap((node) => graph.nodes.get(node) ?? []);
  const found = ends.flatMap((node): readonly Data[] => {
    if (node.type === "resonance-model") return modelData(node, graph);
    if (node.type === "resonance-scada") return [...scadaData(node, fieldsOf), ...sentTo(node, graph)];
    return [
      ...(direction === "write" ? [] : receivedFrom(node, graph)),
      // A file that is read or a socket that only listens gets nothing from the flow.
      ...(direction === "read" && protocol !== "OPC UA" ? [] : sentTo(node, graph)),
    ];
  });
  return merge(found).map((data) => ({ interface: id, ...data }));
}

function modelData(model: SavedNode, graph: FlowGraph): readonly Data[] {
  const [call] = graph.usersOf(model.id).filter(({ type }) => type === "resonance-model-call");
  const base = { category: textOf(model, "category"), profile: call ? textOf(call, "profile") : "" };
  if (base.category === "") return [];
  return [
    { ...base, direction: "input", fields: tensorFields(model, "inputTensors") },
    { ...base, direction: "output", fields: outputsOf(model, graph.usersOf(model.id).filter(({ type }) => type === "resonance-model-out")) },
  ];
}

function scadaData(node: SavedNode, fieldsOf: FieldsOf): readonly Data[] {
  const profile = textOf(node, "profile");
  return textsIn(rowsOf(node, "categories").map((row) => row["category"])).flatMap((category) =>
    (["input", "output"] as const).map((direction) => ({ category, direction, profile, fields: fieldsOf(profile, category, direction) })));
}

/** Inputs that are made of what comes in here: the nearest `model-in` on each way. */
function receivedFrom(node: SavedNode, graph: FlowGraph): readonly Data[] {
  const makers = new Map<string, SavedNode>();
  graph.downstream(node.id, (_, to) => {
    if (to.type === "resonance-model-in") makers.set(to.id, to);
    return MAKERS.has(to.type);
  });
  const tags = new Set(rowsOf(node, "items").map(({ tag }) => String(tag)));
  return [...makers.values()].flatMap((maker) => {
    const rows = rowsOf(maker, "tags").filter(({ tag }) => tags.size === 0 || tags.has(String(tag)));
    const data = inputOf(maker, rows);
    return data.category === "" ? [] : [{ ...data, tags: rows.map(({ tag }) => String(tag)) }];
  });
}

/** Records that go out here: what made them, on each way the nearest. */
function sentTo(node: SavedNode, graph: FlowGraph): readonly Data[] {
  const makers = new Map<string, SavedNode>();
  const messages = new Map<string, string>();
  graph.upstream(node.id, ({ port }, from) => {
    if (!MAKERS.has(from.type) || (from.type !== "resonance-model-out" && port !== 0)) return false;
    makers.set(from.id, from);
    return true;
  });
  for (const step of graph.upstream(node.id)) if (step.type === "resonance-isa95") messages.set(step.id, textOf(step, "message"));
  const [message] = messages.size === 1 ? [...messages.values()].filter((name) => name !== "") : [];
  return [...makers.values()].flatMap((maker) => {
    const data = recordOf(maker, graph);
    return data.category === "" ? [] : [{ ...data, ...(message !== undefined && { message }) }];
  });
}

function recordOf(maker: SavedNode, graph: FlowGraph): Data {
  if (maker.type === "resonance-model-in") return inputOf(maker, rowsOf(maker, "tags"));
  if (maker.type === "resonance-setpoint-guard") {
    return { category: textOf(maker, "category"), direction: "output", profile: textOf(maker, "profile"), fields: rowsOf(maker, "fields").map(({ field }) => String(field)) };
  }
  const model = graph.nodes.get(textOf(maker, "model"));
  return { category: model ? textOf(model, "category") : "", direction: "output", profile: textOf(maker, "profile"), fields: model ? outputsOf(model, [maker]) : [] };
}

function inputOf(maker: SavedNode, rows: readonly Readonly<Record<string, unknown>>[]): Data {
  const given = [...rows, ...rowsOf(maker, "constants"), ...rowsOf(maker, "jobFields")];
  return { category: textOf(maker, "category"), direction: "input", profile: textOf(maker, "profile"), fields: usable(given.map(({ field }) => field)) };
}

function outputsOf(model: SavedNode, makers: readonly SavedNode[]): readonly string[] {
  const made = makers.flatMap((maker) => [...rowsOf(maker, "mappings"), ...rowsOf(maker, "rules")].map(({ field }) => field));
  return usable([...tensorFields(model, "outputTensors"), ...made]);
}

function tensorFields(model: SavedNode, setting: string): readonly string[] {
  return usable(rowsOf(model, setting).flatMap((tensor) => (Array.isArray(tensor["elements"]) ? (tensor["elements"] as readonly unknown[]) : []))
    .map((element) => (element as { readonly field?: unknown } | null)?.field));
}

/** Of a list's entry (`name/3`) the list. */
function usable(fields: readonly unknown[]): readonly string[] {
  return [...new Set(fields.filter((field) => typeof field === "string").map((field) => field.split("/", 1).join("")).filter((field) => !SKIPPED.has(field)))];
}

/** One entry a category and direction. */
function merge(found: readonly Data[]): readonly Data[] {
  const merged = new Map<string, Data>();
  for (const data of found) {
    const key = [data.profile, data.category, data.direction, data.message].join("|");
    const known = merged.get(key);
    merged.set(key, known ? { ...known, fields: [...new Set([...known.fields, ...data.fields])], ...(known.tags && { tags: [...new Set([...known.tags, ...(data.tags ?? [])])] }) } : data);
  }
  return [...merged.values()];
}
