import type { FlowStructure } from "../flow/structure";
import type { Need, Profile } from "../profile/profile";
import { assetsOf } from "./assets";
import { GOALS, isAbove, THREATS } from "./catalogue";
import { changesBetween, summaryOf, type Summary } from "./changes";
import type { ProfileOf } from "./needs";
import { risksOf } from "./risks";
import type { Audit, MeasureEntry, Rating, Risk, Roles, SecurityFile, Solution, Step } from "./security-file";
import { targetsOf } from "./targets";
import words from "./words.json";

/** What an analysis needs besides the structure. */
export interface AnalysisSettings {
  readonly occasion: string;
  readonly roles: Roles;
  /** Ids of the protection goals that count. */
  readonly goals: readonly string[];
  /** A certificate with fewer days left is a risk. */
  readonly certificateDays: number;
  readonly ratings: readonly Rating[];
  readonly audit: readonly Audit[];
  readonly profileOf: ProfileOf;
  readonly profiles: readonly Profile[];
  /** Of the analysis before, where there was one. */
  readonly before?: { readonly version: number; readonly summary: Summary };
  /** ms since 1970 */
  readonly now: number;
}

/**
 * The eight steps of VDI/VDE 2182 over a structure. Every statement on a risk or a measure names the settings it comes from; nothing is
 * said that no setting tells. Same structure, settings and time, same file.
 */
export function analyse(structure: FlowStructure, settings: AnalysisSettings): SecurityFile {
  const { occasion, roles, ratings, audit, before, now, profileOf, profiles } = settings;
  const goals = GOALS.filter(({ id }) => settings.goals.includes(id));
  const chosen = goals.map(({ id }) => id);
  const assets = assetsOf(structure, chosen, profileOf);
  const targets = targetsOf(structure, now, settings.certificateDays);
  const { risks, measures } = risksOf(targets, { goals: chosen, flows: structure.dataFlows, ratings, profileOf });
  const threats = THREATS.flatMap(({ id, title, description, ai, goals: violated }) => {
    const hit = risks.filter(({ threat }) => threat === id).map(({ target }) => target);
    return hit.length === 0 ? [] : [{ id, title, description, ai, goals: violated.filter((goal) => chosen.includes(goal)), targets: hit }];
  });
  const summary = summaryOf({ structure, risks, measures });
  const changes = before ? changesBetween(before.summary, summary) : [];
  const solution = solutionOf(risks, measures);
  const known = new Set([...risks, ...measures].map(({ id }) => id));
  return {
    kind: "vdi2182-security-file", version: before ? before.version + (changes.length > 0 ? 1 : 0) : 1, generated: new Date(now).toISOString(),
    scope: structure.scope, occasion, roles, notices: [...new Map(profiles.map(({ id, version, notice }) => [`${id}@${version}`, notice])).values()], rule: words.rule,
    structure, assets, threats, goals: goals.map(({ id, title }) => ({ id, title })), risks, measures, solution,
    steps: stepsOf([assets.length, threats.length, goals.length, risks.length, measures.length, solution.chosen.length, solution.implemented.length, audit.length], solution),
    ratings, ratingsWithoutRisk: [...new Set(ratings.map(({ target }) => target).filter((target) => !known.has(target)))], audit, changes,
  };
}

function solutionOf(risks: readonly Risk[], measures: readonly MeasureEntry[]): Solution {
  const count = (rating: (risk: Risk) => Need): Record<Need, number> => {
    const counts = { low: 0, medium: 0, high: 0 };
    for (const risk of risks) counts[rating(risk)] += 1;
    return counts;
  };
  const open = new Set(risks.filter(({ accepted, rating }) => !accepted && isAbove(rating, "low")).flatMap(({ measures: needed }) => needed));
  return {
    implemented: measures.filter(({ state, confirmed }) => state === "met" || confirmed?.accepted === true).map(({ id }) => id),
    chosen: measures.filter(({ id, state, kind, confirmed }) => open.has(id) && kind === "technical" && (state === "open" || state === "partly") && confirmed?.accepted !== true).map(({ id }) => id),
    current: count(({ rating }) => rating), residual: count(({ residual }) => residual),
    accepted: risks.filter(({ accepted }) => accepted).map(({ id }) => id),
  };
}

/** The first five and the choice are this analysis; the seventh is done when nothing chosen is open, the eighth when somebody has audited. */
function stepsOf(counts: readonly number[], { chosen }: Solution): readonly Step[] {
  return words.steps.map((title, index) => ({
    step: index + 1, title, count: counts[index] ?? 0,
    done: index === 6 ? chosen.length === 0 : index === 5 ? true : (counts[index] ?? 0) > 0,
  }));
}
