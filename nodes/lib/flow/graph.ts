import { isObject } from "../json/is-object";
import { isOn, rowsOf, textsIn, textOf, type SavedNode } from "./definition";

/** One wire: from a port of a node to another node. */
export interface Wire {
  readonly from: string;
  readonly port: number;
  readonly to: string;
}

/** The wires between nodes that run, link nodes and subflows followed through. */
export interface FlowGraph {
  readonly nodes: ReadonlyMap<string, SavedNode>;
  isActive(id: string): boolean;
  /** Wires that end at a node. */
  into(id: string): readonly Wire[];
  out(id: string): readonly Wire[];
  /** Active nodes that name a configuration node in one of their settings. */
  usersOf(id: string): readonly SavedNode[];
  /** Active nodes whose messages reach a node; a wire that `stops` leads no further back. */
  upstream(id: string, stops?: (wire: Wire, from: SavedNode) => boolean): readonly SavedNode[];
  downstream(id: string, stops?: (wire: Wire, to: SavedNode) => boolean): readonly SavedNode[];
}

const SUBFLOW = "subflow:";
/** Settings that hold ids of other nodes without using them. */
const STRUCTURE: ReadonlySet<string> = new Set(["id", "z", "g", "type", "wires", "links", "nodes", "scope"]);

export function createGraph(saved: readonly SavedNode[]): FlowGraph {
  const nodes = new Map(saved.map((node) => [node.id, node]));
  const active = activeNodes(saved, nodes);
  const wires = wiresOf(saved, nodes).filter(({ from, to }) => active.has(from) && active.has(to));
  const [byTarget, bySource] = [grouped(wires, "to"), grouped(wires, "from")];
  const into = (id: string): readonly Wire[] => byTarget.get(id) ?? [];
  const out = (id: string): readonly Wire[] => bySource.get(id) ?? [];
  const users = usersByConfig(saved.filter(({ id }) => active.has(id)), nodes);
  const walk = (start: string, wiresAt: (id: string) => readonly Wire[], end: "from" | "to", stops: (wire: Wire, node: SavedNode) => boolean): readonly SavedNode[] => {
    const seen = new Map<string, SavedNode>();
    const waiting = [start];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      for (const wire of wiresAt(id)) {
        const node = nodes.get(wire[end]);
        if (!node || seen.has(node.id) || stops(wire, node)) continue;
        seen.set(node.id, node);
        waiting.push(node.id);
      }
    }
    return [...seen.values()];
  };
  return {
    nodes, into, out,
    isActive: (id) => active.has(id),
    usersOf: (id) => users.get(id) ?? [],
    upstream: (id, stops = () => false) => walk(id, into, "from", stops),
    downstream: (id, stops = () => false) => walk(id, out, "to", stops),
  };
}

/** Not disabled, and on a tab or in a subflow that runs. */
function activeNodes(saved: readonly SavedNode[], nodes: ReadonlyMap<string, SavedNode>): ReadonlySet<string> {
  const used = new Set<string>();
  const runs = (node: SavedNode): boolean => {
    if (isOn(node, "d")) return false;
    const home = typeof node.z === "string" ? nodes.get(node.z) : undefined;
    if (home?.type === "tab") return !isOn(home, "disabled");
    return home?.type === "subflow" ? used.has(home.id) : true;
  };
  // A subflow may stand in another one: as long as one more is found.
  for (let before = -1; before < used.size;) {
    before = used.size;
    for (const node of saved) if (node.type.startsWith(SUBFLOW) && runs(node)) used.add(node.type.slice(SUBFLOW.length));
  }
  return new Set(saved.filter(runs).map(({ id }) => id));
}

function wiresOf(saved: readonly SavedNode[], nodes: ReadonlyMap<string, SavedNode>): readonly Wire[] {
  const drawn = saved.flatMap((node) => targetsOf(node).flatMap((targets, port) => targets.map((to) => ({ from: node.id, port, to }))));
  const links = saved.flatMap((node) => linksOf(node, nodes));
  const through = saved.filter(({ type }) => type.startsWith(SUBFLOW)).flatMap((instance) => throughSubflow(instance, nodes));
  // An instance's own wires start inside its subflow, where it has one; those of a call where it is returned from, unless messages choose that.
  const hollow = new Set(saved.filter(({ type, ...node }) => (type === "link call" && node["linkType"] !== "dynamic")
    || (type.startsWith(SUBFLOW) && nodes.get(type.slice(SUBFLOW.length))?.type === "subflow")).map(({ id }) => id));
  const direct = [...drawn.filter(({ from }) => !hollow.has(from)), ...links, ...through];
  return [...direct, ...returns(saved, direct)];
}

function targetsOf(node: SavedNode): readonly (readonly string[])[] {
  return Array.isArray(node["wires"]) ? (node["wires"] as readonly unknown[]).map(textsIn) : [];
}

function linksOf(node: SavedNode, nodes: ReadonlyMap<string, SavedNode>): readonly Wire[] {
  const ends = textsIn(node["links"]);
  if (node.type === "link in") return ends.filter((id) => nodes.get(id)?.type === "link out").map((from) => ({ from, port: 0, to: node.id }));
  if ((node.type === "link out" && textOf(node, "mode") !== "return") || node.type === "link call") return ends.map((to) => ({ from: node.id, port: 0, to }));
  return [];
}

/** Into the subflow by its inputs, out of it by its outputs; what goes straight through does so. */
function throughSubflow(instance: SavedNode, nodes: ReadonlyMap<string, SavedNode>): readonly Wire[] {
  const subflow = nodes.get(instance.type.slice(SUBFLOW.length));
  if (subflow?.type !== "subflow") return [];
  const ends = (port: Readonly<Record<string, unknown>>): readonly { id: string; port: number }[] =>
    (Array.isArray(port["wires"]) ? (port["wires"] as readonly unknown[]) : []).filter(isObject)
      .map(({ id, port: index }) => ({ id: String(id), port: typeof index === "number" ? index : 0 }));
  const inside = rowsOf(subflow, "in").flatMap(ends).map(({ id }) => ({ from: instance.id, port: 0, to: id }));
  const targets = targetsOf(instance);
  const outside = rowsOf(subflow, "out").flatMap((port, index) => ends(port).flatMap(({ id, port: from }) =>
    (targets[index] ?? []).map((to) => ({ from: id === subflow.id ? instance.id : id, port: from, to }))));
  return [...inside, ...outside];
}

/** A link that returns goes on behind each call that came to it. */
function returns(saved: readonly SavedNode[], wires: readonly Wire[]): readonly Wire[] {
  const back = saved.filter((node) => node.type === "link out" && textOf(node, "mode") === "return");
  if (back.length === 0) return [];
  const bySource = grouped(wires, "from");
  return saved.filter(({ type }) => type === "link call").flatMap((call) => {
    const reached = new Set<string>(textsIn(call["links"]));
    for (const id of reached) for (const { to } of bySource.get(id) ?? []) reached.add(to);
    return back.filter(({ id }) => reached.has(id)).flatMap(({ id }) => targetsOf(call).flatMap((targets) => targets.map((to) => ({ from: id, port: 0, to }))));
  });
}

function grouped(wires: readonly Wire[], end: "from" | "to"): ReadonlyMap<string, readonly Wire[]> {
  const groups = new Map<string, Wire[]>();
  for (const wire of wires) {
    const group = groups.get(wire[end]);
    if (group) group.push(wire);
    else groups.set(wire[end], [wire]);
  }
  return groups;
}

function usersByConfig(active: readonly SavedNode[], nodes: ReadonlyMap<string, SavedNode>): ReadonlyMap<string, readonly SavedNode[]> {
  const users = new Map<string, SavedNode[]>();
  for (const node of active) {
    for (const [setting, value] of Object.entries(node)) {
      if (STRUCTURE.has(setting) || typeof value !== "string" || !nodes.has(value)) continue;
      const known = users.get(value) ?? [];
      if (known.at(-1) !== node) users.set(value, [...known, node]);
    }
  }
  return users;
}
