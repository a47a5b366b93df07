import { isOn, numberOf, rowsOf, textOf, titleOf, type SavedNode } from "./definition";
import type { FlowGraph } from "./graph";
import { fact, forAll, type ReadContext } from "./reading";
import type { Fact } from "./structure";

const GUARD = "resonance-setpoint-guard";

/** What comes to a writing node, and by which way. */
export interface WayBack {
  /** Guards whose commands reach it. */
  readonly guards: readonly SavedNode[];
  /** Where what reaches it past every guard comes from. */
  readonly past: readonly SavedNode[];
}

/** Follows the wires back from a node that writes, up to the guards; only a guard's first port sends commands. */
export function wayBack(graph: FlowGraph, id: string): WayBack {
  const [guards, makers] = [new Map<string, SavedNode>(), new Map<string, SavedNode>()];
  const others = graph.upstream(id, ({ port }, from) => {
    const list = from.type === GUARD && port === 0 ? guards : from.type === GUARD || from.type === "resonance-model-out" ? makers : undefined;
    list?.set(from.id, from);
    return list !== undefined;
  });
  const past = [...makers.values(), ...others.filter((node) => graph.into(node.id).length === 0)];
  // A ring without a beginning is no guarded way either.
  return { guards: [...guards.values()], past: past.length > 0 || guards.size > 0 ? past : others };
}

/** What stands between a model and the machine at a node that writes; nothing is said of one that no wire reaches. */
export function writeFacts(writer: SavedNode, { graph }: ReadContext): readonly Fact[] {
  const { guards, past } = wayBack(graph, writer.id);
  const [first] = past;
  const range = textOf(writer, "mode") === "call" ? [] : [fact("rangeChecked", isOn(writer, "checkRange"), writer, "checkRange", isOn(writer, "checkRange"))];
  if (!first && guards.length === 0) return range;
  const rows = (guard: SavedNode): readonly Readonly<Record<string, unknown>>[] => rowsOf(guard, "fields");
  const every = (guard: SavedNode, ...settings: readonly string[]): boolean =>
    rows(guard).length > 0 && rows(guard).every((row) => settings.every((setting) => row[setting] !== undefined && row[setting] !== "" && row[setting] !== null));
  const shown = (...settings: readonly string[]) => (guard: SavedNode): string =>
    rows(guard).map((row) => `${String(row["field"])}: ${settings.map((setting) => shownValue(row[setting])).join(" … ")}`).join("; ");
  return [
    ...(first ? past.map((source) => fact("guarded", false, source, "wires", titleOf(source))) : [fact("guarded", true, guards[0] ?? writer, "wires", guards.map(titleOf).join(", "))]),
    ...range,
    ...forAll("bounded", guards, "fields", (guard) => every(guard, "minimum", "maximum"), shown("minimum", "maximum")),
    ...forAll("ramped", guards, "fields", (guard) => every(guard, "maxRate") || every(guard, "maxStep"), shown("maxStep", "maxRate")),
    ...forAll("approved", guards, "approval", (guard) => textOf(guard, "approval") === "required", (guard) => textOf(guard, "approval")),
    ...forAll("interlocked", guards, "interlocks", (guard) => rowsOf(guard, "interlocks").length > 0, (guard) => rowsOf(guard, "interlocks").map(({ tag }) => String(tag)).join(", ")),
    ...forAll("fallbackSet", guards, "stale", (guard) => textOf(guard, "stale") === "fallback", (guard) => textOf(guard, "stale")),
    ...forAll("confidenceChecked", guards, "minConfidence", (guard) => (numberOf(guard, "minConfidence") ?? 0) > 0, (guard) => textOf(guard, "minConfidence")),
    ...forAll("driftWatched", guards, "drift", (guard) => textOf(guard, "drift") !== "any", (guard) => textOf(guard, "drift")),
  ];
}

function shownValue(value: unknown): string {
  return typeof value === "number" || (typeof value === "string" && value !== "") ? String(value) : "–";
}
