import type { DataFlow } from "../flow/structure";
import { RULE, THREATS, type Threat } from "./catalogue";
import { exploitability, stateAt, type StateWithEvidence } from "./measure-state";
import { impactAt, type ProfileOf } from "./needs";
import { latestFor } from "./ratings";
import type { MeasureEntry, Rating, Risk } from "./security-file";
import type { Target } from "./targets";

export interface RiskContext {
  readonly goals: readonly string[];
  readonly flows: readonly DataFlow[];
  readonly ratings: readonly Rating[];
  readonly profileOf: ProfileOf;
}

/** Every threat at every target it is directed at, rated by the rule and by hand. */
export function risksOf(targets: readonly Target[], context: RiskContext): { readonly risks: readonly Risk[]; readonly measures: readonly MeasureEntry[] } {
  const found = targets.flatMap((target) => THREATS.flatMap((threat) => {
    const goals = threat.goals.filter((goal) => context.goals.includes(goal));
    if (goals.length === 0 || !target.kinds.includes(threat.target)) return [];
    const states = [...threat.decisive, ...threat.measures, ...(threat.optional ?? [])].flatMap((id) => stateAt(id, target) ?? []);
    if (!applies(threat, states)) return [];
    return [{ risk: riskAt(threat, target, goals, confirmed(states, target, context.ratings), context), states, target }];
  }));
  return { risks: found.map(({ risk }) => risk), measures: measuresOf(found, context.ratings) };
}

/** Where no setting tells of anything that decides it, most threats have no place: a connection without password leaks none. */
function applies(threat: Threat, states: readonly StateWithEvidence[]): boolean {
  return threat.always === true || threat.decisive.length === 0 || states.some(({ measure, state }) => threat.decisive.includes(measure.id) && state !== "unknown");
}

/** What no setting tells somebody may have confirmed. */
function confirmed(states: readonly StateWithEvidence[], target: Target, ratings: readonly Rating[]): readonly StateWithEvidence[] {
  return states.map((entry) => (entry.state === "unknown" && latestFor(ratings, `${entry.measure.id}@${target.id}`)?.accepted === true ? { ...entry, state: "met" } : entry));
}

function riskAt(threat: Threat, target: Target, goals: readonly string[], states: readonly StateWithEvidence[], context: RiskContext): Risk {
  const id = `${threat.id}@${target.id}`;
  const ease = exploitability(threat, states);
  const { impact, fields } = impactAt(target, goals, context.flows, context.profileOf);
  const likelihood = RULE.likelihood[ease][target.exposure];
  const computed = { likelihood, impact, rating: RULE.rating[likelihood][impact] };
  const word = latestFor(context.ratings, id);
  const given = { likelihood: word?.likelihood ?? likelihood, impact: word?.impact ?? impact };
  const shown = states.filter(({ measure, state }) => (state === "open" || state === "partly") && threat.optional?.includes(measure.id) !== true).flatMap(({ evidence }) => evidence);
  // Where no setting tells of what decides, the address is what is known.
  const [node] = target.nodes;
  const evidence = shown.length > 0 || ease === "low" ? shown : [{ ...(node !== undefined && { node }), setting: target.address === "" ? "type" : "address", value: target.address || target.name }];
  const everything = states.map((entry): StateWithEvidence => (entry.measure.kind === "technical" && entry.state !== "unknown" ? { ...entry, state: "met" } : entry));
  const better = RULE.likelihood[exploitability(threat, everything)][target.exposure];
  // By hand is better than by rule where somebody has rated.
  const residual = RULE.rating[word?.likelihood ?? better][given.impact];
  return {
    id, threat: threat.id, target: target.id, targetName: target.name, goals, ...given, rating: RULE.rating[given.likelihood][given.impact], computed, residual,
    ...(word && { rated: word }), ...(word?.accepted && { accepted: word }),
    justification: {
      exposure: target.exposure, address: target.address, exploitability: ease, fields,
      evidence,
    },
    measures: states.map(({ measure }) => `${measure.id}@${target.id}`), nodes: target.nodes,
  };
}

/** Each measure once a target, with all risks it is for. */
function measuresOf(found: readonly { readonly risk: Risk; readonly states: readonly StateWithEvidence[]; readonly target: Target }[], ratings: readonly Rating[]): readonly MeasureEntry[] {
  const entries = new Map<string, MeasureEntry>();
  for (const { risk, states, target } of found) {
    for (const { measure, state, evidence } of states) {
      const id = `${measure.id}@${target.id}`;
      const known = entries.get(id);
      const word = latestFor(ratings, id);
      const { title, how, kind, role, effect, sr, cr } = measure;
      entries.set(id, known ? { ...known, risks: [...known.risks, risk.id] } : {
        id, measure: measure.id, target: target.id, targetName: target.name, title, how, kind, role, effect, sr, cr, state, evidence, ...(word && { confirmed: word }), risks: [risk.id], nodes: target.nodes,
      });
    }
  }
  return [...entries.values()];
}
