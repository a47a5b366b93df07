import { numberOf, rowsOf, textOf, titleOf, type SavedNode } from "./definition";
import type { FlowGraph } from "./graph";
import { fact, forAll, type ReadContext } from "./reading";
import type { Fact } from "./structure";

const DIGEST = /^sha256:[0-9a-f]{64}$/i;

/** What is known of a model, of what it is asked, and of what becomes of its answers. */
export function modelFacts(model: SavedNode, { graph }: ReadContext): readonly Fact[] {
  const [calls, outs] = ["resonance-model-call", "resonance-model-out"].map((type) => graph.usersOf(model.id).filter((node) => node.type === type)) as [SavedNode[], SavedNode[]];
  const reference = textOf(model, "referenceSource");
  const kept = reference === "text" || reference === "file";
  const inputs = unique(calls.flatMap(({ id }) => graph.upstream(id, (_, from) => from.type === "resonance-model-out")).filter(({ type }) => type === "resonance-model-in"));
  const guards = unique(outs.flatMap(({ id }) => graph.downstream(id).filter(({ type }) => type === "resonance-setpoint-guard")));
  const watching = outs.filter((out) => out["watchDrift"] !== false);
  const [firstGuard] = guards;
  const drift = kept && watching.length > 0
    ? [fact("driftWatched", watching.length === outs.length, model, "referenceSource", reference)]
    : firstGuard
      ? forAll("driftWatched", guards, "drift", (guard) => textOf(guard, "drift") !== "any", (guard) => textOf(guard, "drift"))
      : [fact("driftWatched", false, model, "referenceSource", reference || "none")];
  return [
    fact("digestKnown", DIGEST.test(textOf(model, "digest")), model, "digest", textOf(model, "digest") || "not set"),
    fact("versionPinned", textOf(model, "serverVersion") !== "", model, "serverVersion", textOf(model, "serverVersion") || "not set"),
    fact("trainingReferenceKept", kept, model, "referenceSource", reference || "none"),
    ...forAll("inputQualityChecked", inputs, "badQuality", (node) => textOf(node, "badQuality") === "reject", (node) => textOf(node, "badQuality")),
    ...forAll("inputFresh", inputs, "tags", (node) => rowsOf(node, "tags").every(({ maxAge }) => Number(maxAge) > 0), (node) =>
      rowsOf(node, "tags").map(({ tag, maxAge }) => `${String(tag)}: ${Number(maxAge ?? 0)} s`).join(", ")),
    ...validated("inputValidated", calls, (id) => unchecked(graph, id, "into")),
    ...validated("outputValidated", outs, (id) => unchecked(graph, id, "out")),
    ...drift,
    ...forAll("confidenceChecked", guards, "minConfidence", (guard) => (numberOf(guard, "minConfidence") ?? 0) > 0, (guard) => textOf(guard, "minConfidence")),
  ];
}

function validated(name: "inputValidated" | "outputValidated", nodes: readonly SavedNode[], unchecked: (id: string) => SavedNode | undefined): readonly Fact[] {
  const [first] = nodes;
  if (!first) return [];
  const found = nodes.map((node) => ({ node, past: unchecked(node.id) })).find(({ past }) => past !== undefined);
  return [found ? fact(name, false, found.node, "wires", titleOf(found.past ?? found.node)) : fact(name, true, first, "wires", "resonance-validate")];
}

/** The first record maker before, or the first way out of the flow after a node, that no check by the profile stands between. */
function unchecked(graph: FlowGraph, id: string, side: "into" | "out"): SavedNode | undefined {
  const checks = (node: SavedNode): boolean => node.type === "resonance-validate" && textOf(node, "target") !== "b2mml" && textOf(node, "mode") !== "annotate";
  if (side === "into") {
    const before = graph.upstream(id, ({ port }, from) => checks(from) && port === 0);
    return before.find(({ id: from }) => graph.into(from).length === 0) ?? before.find(({ type }) => type === "resonance-model-in");
  }
  return graph.downstream(id, (_, to) => checks(to)).find(({ type }) => LEAVES.has(type));
}

/** Where a record leaves Node-RED or becomes something else. A guard and an ISA-95 node judge the record themselves, but not by the user's choice. */
const LEAVES: ReadonlySet<string> = new Set([
  "resonance-isa95", "resonance-mes-out", "resonance-mqtt-out", "resonance-scada", "resonance-opcua-out", "resonance-setpoint-guard", "http request", "mqtt out", "file", "tcp out", "udp out", "websocket out",
]);

function unique(nodes: readonly SavedNode[]): readonly SavedNode[] {
  return [...new Map(nodes.map((node) => [node.id, node])).values()];
}
