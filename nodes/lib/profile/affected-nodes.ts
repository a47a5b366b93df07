import type { FieldPlace, ProfileComparison } from "./compare-profiles";
import { ASPECTS } from "./field-aspects";
import type { Direction } from "./profile";

/** A node as a flow file has it. */
export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [property: string]: unknown;
}

/** Why a node is affected: what happened to a field it uses, or to its category. */
export interface NodeChange {
  readonly change: (typeof CHANGES)[number] | "added" | "removedCategory" | "renamedCategory";
  readonly direction?: Direction;
  readonly field?: string;
}

/** A node that a change of edition touches. */
export interface AffectedNode {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** Id of the flow tab; empty for a configuration node. */
  readonly z: string;
  readonly changes: readonly NodeChange[];
}

const CHANGES = ["removed", "renamed", ...ASPECTS] as const;

/** The lists of a node of each type that name fields, and the direction they are of. */
const USES: Readonly<Record<string, Readonly<Record<string, Direction>>>> = {
  "resonance-model-in": { "*": "input" },
  "resonance-model": { inputTensors: "input", outputTensors: "output" },
  "resonance-model-out": { "*": "output" },
};

/**
 * The nodes of flows that a change of edition touches: `model-in` by the fields its tags fill and by those it would now have to
 * fill, models by the fields of their tensors, `model-out` by the fields of its mapping, its rules and its validity.
 */
export function affectedNodes(flows: readonly FlowNode[], comparison: ProfileComparison): readonly AffectedNode[] {
  const byId = new Map(flows.map((node) => [node.id, node]));
  return flows.flatMap((node): readonly AffectedNode[] => {
    const uses = USES[node.type];
    // model-out has the category of its model.
    const category = text((node["category"] === undefined ? byId.get(text(node["model"])) : node)?.["category"]);
    if (!uses || category === "") return [];
    const changes = changesFor(node, uses, category, comparison);
    return changes.length === 0 ? [] : [{ id: node.id, type: node.type, name: text(node["name"]), z: text(node["z"]), changes }];
  });
}

/** The nodes that follow one of these profile nodes: those that name it, the models they use, and models that no node uses. */
export function followersOf(profiles: readonly string[], flows: readonly FlowNode[]): readonly FlowNode[] {
  const named = flows.filter((node) => node["profile"] !== undefined);
  const following = named.filter((node) => profiles.includes(text(node["profile"])));
  const usesOf = (nodes: readonly FlowNode[]): ReadonlySet<string> => new Set(nodes.map((node) => text(node["model"])));
  const [used, own] = [usesOf(named), usesOf(following)];
  return flows.filter((node) => following.includes(node) || (node.type === "resonance-model" && (own.has(node.id) || !used.has(node.id))));
}

function changesFor(node: FlowNode, uses: Readonly<Record<string, Direction>>, category: string, comparison: ProfileComparison): readonly NodeChange[] {
  if (comparison.removedCategories.includes(category)) return [{ change: "removedCategory" }];
  const renamed = comparison.renamedCategories.find(({ from }) => from === category);
  const changes: NodeChange[] = renamed ? [{ change: "renamedCategory" }] : [];
  const used = { input: new Set<string>(), output: new Set<string>() };
  for (const [property, value] of Object.entries(node)) {
    const direction = uses[property] ?? uses["*"];
    if (direction) collect(value, used[direction]);
    if (direction && property === "validField" && typeof value === "string") used[direction].add(value);
  }
  for (const change of CHANGES) {
    for (const { direction, field } of comparison[change].filter(isOf(category))) {
      if (used[direction].has(field)) changes.push({ change, direction, field });
    }
  }
  if (node.type !== "resonance-model-in") return changes;
  // What a record must have from now on.
  for (const { direction, field } of comparison.added.filter((added) => added.required && isOf(renamed?.to ?? category)(added))) {
    if (direction === "input") changes.push({ change: "added", direction, field });
  }
  for (const { direction, field, to } of comparison.changedRequired.filter(isOf(category))) {
    if (direction === "input" && to === "required" && !used.input.has(field)) changes.push({ change: "changedRequired", direction, field });
  }
  return changes;
}

/** The fields that rows name, at any depth of a list: `field` of a mapping, `source` of a rule. */
function collect(value: unknown, into: Set<string>): void {
  if (!Array.isArray(value)) return;
  for (const row of value as readonly unknown[]) {
    if (typeof row !== "object" || row === null) continue;
    const { field, source } = row as { field?: unknown; source?: unknown };
    for (const name of [field, source]) if (typeof name === "string" && name !== "") into.add(name);
    for (const part of Object.values(row)) collect(part, into);
  }
}

function isOf(category: string): (place: FieldPlace) => boolean {
  return (place) => place.category === category;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
