import { textOf, titleOf, type SavedNode } from "./definition";
import type { FlowGraph } from "./graph";
import type { Chain, ChainStep } from "./structure";

const PREFIX = "resonance-";
const STEPS: readonly ChainStep[] = ["model-in", "model-call", "model-out", "validate", "isa95", "mes-out", "setpoint-guard", "opcua-out", "scada"];
/** What a chain from a model to the MES has. */
const WHOLE: readonly ChainStep[] = ["model-call", "model-out", "validate", "isa95", "mes-out"];

/** The models as they are wired, one chain for each `model-in`, and for a `model-call` that none leads to. */
export function chainsOf(graph: FlowGraph): readonly Chain[] {
  const active = [...graph.nodes.values()].filter(({ id }) => graph.isActive(id));
  const starts = active.filter(({ type }) => type === "resonance-model-in");
  const fed = new Set(starts.flatMap(({ id }) => graph.downstream(id).map((node) => node.id)));
  const orphans = active.filter(({ id, type }) => type === "resonance-model-call" && !fed.has(id));
  return [...starts, ...orphans].map((start) => chainFrom(start, graph));
}

function chainFrom(start: SavedNode, graph: FlowGraph): Chain {
  // The next model's chain is its own.
  const after = graph.downstream(start.id, (_, to) => to.type === "resonance-model-in");
  const all = [start, ...after];
  const found = STEPS.flatMap((step): (readonly [ChainStep, readonly string[]])[] => {
    const ids = all.filter(({ type }) => type === PREFIX + step).map(({ id }) => id);
    return ids.length > 0 ? [[step, ids]] : [];
  });
  const steps = Object.fromEntries(found) as Chain["steps"];
  const model = all.find(({ type }) => type === "resonance-model-call");
  const category = textOf(start, "category") || textOf(graph.nodes.get(model ? textOf(model, "model") : "") ?? start, "category");
  return {
    id: start.id, name: titleOf(start), ...(start.z !== undefined && { flowId: start.z }), category, steps,
    missing: [...(steps["model-in"] ? [] : ["model-in" as const]), ...WHOLE.filter((step) => !steps[step])],
  };
}
