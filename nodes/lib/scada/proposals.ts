import type { OutputRecord } from "../record/interface-record";

/** Where a proposal stands; the last ones are what a setpoint guard said of it. */
export type ProposalState = "none" | "pending" | "approved" | "rejected" | "expired" | "passed" | "limited" | "held" | "fallback";

/** What became of an attempt to decide. */
export type Verdict = "taken" | "unknown" | "closed";

const MOST = 1_000;
/** After these an operator has nothing to decide any more. */
const OPEN: ReadonlySet<ProposalState> = new Set(["pending", "held"]);

/** The proposals an operator may decide, newest 1,000. */
export interface Proposals {
  add(record: OutputRecord): void;
  /** The newest one, and where it stands now. */
  current(): { readonly id: string; readonly state: ProposalState; readonly validUntil: string | undefined };
  /** Takes an operator's word for an open proposal. */
  decide(id: string, state: "approved" | "rejected"): Verdict;
  /** Notes what someone else decided, e.g. a guard; of an unknown proposal nothing. */
  note(id: string, state: ProposalState): void;
}

interface Entry {
  state: ProposalState;
  readonly validUntil: string | undefined;
}

/** A book of proposals; one whose time is over is closed. */
export function createProposals(now: () => number = Date.now): Proposals {
  const entries = new Map<string, Entry>();
  let newest = "";
  const stateOf = ({ state, validUntil }: Entry): ProposalState =>
    OPEN.has(state) && validUntil !== undefined && Date.parse(validUntil) <= now() ? "expired" : state;
  return {
    add({ id, validUntil }) {
      entries.delete(id);
      entries.set(id, { state: "pending", validUntil });
      newest = id;
      const [oldest] = entries.keys();
      if (entries.size > MOST && oldest !== undefined) entries.delete(oldest);
    },
    current() {
      const entry = entries.get(newest);
      return { id: newest, state: entry ? stateOf(entry) : "none", validUntil: entry?.validUntil };
    },
    decide(id, state) {
      const entry = entries.get(id);
      if (!entry) return "unknown";
      if (!OPEN.has(stateOf(entry))) return "closed";
      entry.state = state;
      return "taken";
    },
    note(id, state) {
      const entry = entries.get(id);
      if (entry) entry.state = state;
    },
  };
}
