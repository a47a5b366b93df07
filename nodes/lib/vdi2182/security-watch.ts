import type { LiveFacts } from "../flow/live-facts";
import { readStructure } from "../flow/read-structure";
import type { FlowStructure } from "../flow/structure";
import { analyse, type AnalysisSettings } from "./analyse";
import { summaryOf } from "./changes";
import type { SecurityFile } from "./security-file";
import type { Kept, Store } from "./store";
import { toldOnce } from "./told-once";
import { violationsIn, wantedSecurity, type Violation, type WatchSettings } from "./violations";

/** The flow as it is deployed now. */
export interface Deployed {
  readonly definitions: readonly unknown[];
  readonly live: LiveFacts;
}

export interface SecurityWatchSettings {
  readonly analysis: Omit<AnalysisSettings, "occasion" | "before" | "now">;
  readonly knownClients: readonly string[];
  /** Asked at every look. */
  readonly deployed: () => Deployed;
  /** Id of the flow to look at among definitions; everything where it answers nothing. */
  readonly flow: (deployed: Deployed) => string | undefined;
  readonly store: Store;
  readonly clock: () => number;
  /** What was found cannot be kept for the next time; told once until it can be again. */
  readonly onProblem: (error: unknown) => void;
}

/** Looks at the deployed flow: the whole procedure, or only what is violated now. */
export interface SecurityWatch {
  analyse(occasion: string): SecurityFile;
  /** Violations not told yet. */
  look(): readonly Violation[];
  /** The file made last. */
  last(): SecurityFile | undefined;
  /** How many violations stand. */
  standing(): number;
}

export function createSecurityWatch({ analysis, knownClients, deployed, flow, store, clock, onProblem }: SecurityWatchSettings): SecurityWatch {
  let kept: Kept | undefined = store.read();
  let last: SecurityFile | undefined;
  const told = toldOnce(kept?.told);

  let troubled = false;
  const keep = (next: Kept): void => {
    kept = next;
    try {
      store.write(next);
      troubled = false;
    } catch (thrown) {
      if (!troubled) onProblem(thrown);
      troubled = true;
    }
  };
  const structureNow = (): { structure: FlowStructure; live: LiveFacts } => {
    const now = deployed();
    const chosen = flow(now);
    const fieldsOf = (profile: string, category: string, direction: "input" | "output"): readonly string[] =>
      [...(analysis.profileOf(profile)?.categories.get(category)?.[direction].fields.keys() ?? [])];
    const structure = readStructure(now.definitions, now.live, { ...(chosen !== undefined && { flow: chosen }), fieldsOf });
    return { structure, live: chosen === undefined ? now.live : within(now.live, new Set(structure.nodes.map(({ id }) => id))) };
  };
  return {
    analyse(occasion) {
      const file = analyse(structureNow().structure, { ...analysis, occasion, ...(kept && { before: kept }), now: clock() });
      last = file;
      keep({ version: file.version, summary: summaryOf(file), wanted: kept?.wanted ?? wantedSecurity(file.structure), told: told.standing() });
      return file;
    },
    look() {
      const { structure, live } = structureNow();
      const now = wantedSecurity(structure);
      const settings: WatchSettings = { certificateDays: analysis.certificateDays, knownClients, wanted: kept?.wanted ?? now, now: clock() };
      const before = told.standing();
      const fresh = told.news(violationsIn(structure, live, settings));
      const standing = told.standing();
      const same = standing.length === before.length && standing.every((id) => before.includes(id));
      // A weaker setting is told once; from then on it is the wanted one.
      if (kept && (!same || JSON.stringify(kept.wanted) !== JSON.stringify(now))) keep({ ...kept, wanted: now, told: standing });
      return fresh;
    },
    last: () => last,
    standing: () => told.standing().length,
  };
}

/** What belongs to some nodes only; the runtime belongs to all. */
function within(live: LiveFacts, ids: ReadonlySet<string>): LiveFacts {
  return Object.fromEntries(Object.entries(live).map(([part, facts]: [string, object]) =>
    [part, part === "runtime" ? facts : Object.fromEntries(Object.entries(facts).filter(([id]) => ids.has(id)))]));
}
