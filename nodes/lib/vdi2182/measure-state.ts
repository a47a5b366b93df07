import type { Need } from "../profile/profile";
import { MEASURES, type Measure, type Threat } from "./catalogue";
import type { Evidence, MeasureState } from "./security-file";
import type { Target } from "./targets";

/** How a measure stands at a target, and which settings show it. */
export interface StateWithEvidence {
  readonly measure: Measure;
  readonly state: MeasureState;
  readonly evidence: readonly Evidence[];
}

/** The state of one measure, from the running configuration alone. */
export function stateAt(id: string, target: Target): StateWithEvidence | undefined {
  const measure = MEASURES.get(id);
  if (!measure) return undefined;
  const facts = target.facts.filter(({ name }) => measure.facts.includes(name));
  const values = facts.map(({ value }) => value);
  const state = facts.length === 0 ? "unknown" : values.every((value) => value === true) ? "met" : values.every((value) => value === false) ? "open" : "partly";
  const place = target.interfaces !== "all" && target.interfaces.length === 1 ? { interface: target.interfaces[0] as string } : {};
  return { measure, state, evidence: facts.map(({ evidence }) => ({ ...place, ...evidence })) };
}

/**
 * How easily a threat becomes true. High: a decisive measure is open. Medium: a decisive one is partly there or no setting tells of it, or a
 * further technical one is open. Low: everything that settings tell is there.
 */
export function exploitability(threat: Threat, states: readonly StateWithEvidence[]): Need {
  const [decisive, further] = [states.filter(({ measure }) => threat.decisive.includes(measure.id)), states.filter(({ measure }) => threat.measures.includes(measure.id))];
  const told = decisive.filter(({ state }) => state !== "unknown");
  if (told.some(({ state }) => state === "open")) return "high";
  if (told.length === 0 || told.some(({ state }) => state === "partly")) return "medium";
  return further.some(({ state }) => state === "open") ? "medium" : "low";
}
