import { ResonanceError } from "../errors/resonance-error";
import { refuse } from "./admission";
import type { Refusal } from "./field-error";
import type { Incoming } from "./incoming";

/** Which changes of the trigger's tag make a record: every one, or those to true and to a greater number. */
export type TriggerEdge = "any" | "rising";

const EDGES: readonly unknown[] = ["any", "rising"] satisfies readonly TriggerEdge[];

type Signal = boolean | number | bigint | string;

/** Says of a sample of the trigger's tag whether it makes a record, or why it cannot be compared. */
export type Watch = (sample: Incoming) => boolean | Refusal;

/**
 * Watches a tag for changes. The first value only tells where it stands; bad quality is no change and is forgotten;
 * a counter that starts anew does not rise.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function watchChange(tag: string, edge: TriggerEdge): Watch {
  if (tag === "") throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "triggerTag", detail: "empty" }, { path: "triggerTag" });
  if (!EDGES.includes(edge)) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "triggerEdge", detail: edge }, { path: "triggerEdge" });
  let before: Signal | undefined;
  return ({ value, quality, status }) => {
    if (quality === "Bad") return { code: "RESONANCE_QUALITY_BAD", expected: "Good | Uncertain", actual: status ?? "Bad" };
    if (Number.isNaN(value)) return refuse("RESONANCE_VALUE_NOT_FINITE", "number", value).refusal;
    if (!isSignal(value) || (edge === "rising" && typeof value === "string")) {
      return refuse("RESONANCE_VALUE_TYPE", edge === "rising" ? "boolean | number" : "boolean | number | string", value).refusal;
    }
    const last = before;
    before = value;
    if (last === undefined) return false;
    return edge === "any" ? value !== last : typeof value !== "string" && typeof last !== "string" && value > last;
  };
}

/**
 * Puts the trigger's sample behind all others of its source time, so that a record holds what belongs to it. Samples of one time in which
 * a tag repeats stay as they are: their order is the only one there is.
 */
export function triggerLast(samples: readonly Incoming[], tag: string): readonly Incoming[] {
  const ordered: Incoming[] = [];
  for (let start = 0; start < samples.length;) {
    let end = start + 1;
    while (end < samples.length && samples[end]?.time === samples[start]?.time) end++;
    const group = samples.slice(start, end);
    const repeats = new Set(group.map((sample) => sample.tag)).size < group.length;
    ordered.push(...(repeats ? group : group.toSorted((a, b) => Number(a.tag === tag) - Number(b.tag === tag))));
    start = end;
  }
  return ordered;
}

function isSignal(value: unknown): value is Signal {
  return typeof value === "boolean" || typeof value === "number" || typeof value === "bigint" || typeof value === "string";
}
