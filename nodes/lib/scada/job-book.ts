/** The methods of a job order receiver (OPC 10031-4 §6.2.1). */
export const JOB_METHODS = ["Store", "StoreAndStart", "Update", "Start", "RevokeStart", "Pause", "Resume", "Stop", "Abort", "Cancel", "Clear"] as const;
export type JobMethod = (typeof JOB_METHODS)[number];

/** The states of a job order and their numbers (OPC 10031-4 §6.2.3). */
export const JOB_STATES = { NotAllowedToStart: 1, AllowedToStart: 2, Running: 3, Interrupted: 4, Ended: 5, Aborted: 6 } as const;
export type JobState = keyof typeof JOB_STATES;

/** Bits of the methods' ReturnStatus (OPC 10031-4 annex B.2), as [high, low] word of a UInt64. */
export const RETURN = { noError: [0, 1], unknownJobOrder: [0, 2], invalidStatus: [0, 8], unableToAccept: [0, 16], invalidRequest: [1, 0] } as const;
export type JobReturn = keyof typeof RETURN;

/** From which states a method leads where; `undefined` as target: the order is forgotten. */
const MOVES: Readonly<Record<Exclude<JobMethod, "Store" | "StoreAndStart">, readonly [from: readonly JobState[], to: JobState | "same" | undefined]>> = {
  Update: [["NotAllowedToStart", "AllowedToStart"], "same"],
  Start: [["NotAllowedToStart"], "AllowedToStart"],
  RevokeStart: [["AllowedToStart"], "NotAllowedToStart"],
  Pause: [["Running"], "Interrupted"],
  Resume: [["Interrupted"], "Running"],
  Stop: [["Running", "Interrupted"], "Ended"],
  Abort: [["NotAllowedToStart", "AllowedToStart", "Running", "Interrupted"], "Aborted"],
  Cancel: [["NotAllowedToStart", "AllowedToStart"], undefined],
  Clear: [["Ended", "Aborted"], undefined],
};

/** What the machine reports of a job, in B2MML's words, as the state it means. */
const REPORTED: Readonly<Record<string, JobState>> = {
  Running: "Running", Held: "Interrupted", Suspended: "Interrupted", Completed: "Ended", Closed: "Ended", Aborted: "Aborted",
};

export interface JobEntry<T> {
  readonly id: string;
  readonly order: T;
  readonly state: JobState;
}

/** What became of a call; `entry` is the order as it is now, or was when it was forgotten. */
export type JobOutcome<T> = { readonly status: "noError"; readonly entry: JobEntry<T> } | { readonly status: Exclude<JobReturn, "noError"> };

/** The job orders a receiver holds. */
export interface JobBook<T> {
  entries(): readonly JobEntry<T>[];
  /** Does what a method asks; `order` for those that bring one. */
  call(method: JobMethod, id: string, order?: T): JobOutcome<T>;
  /** Takes what the machine reports; `undefined` for an unknown order or word. */
  report(id: string, word: string): JobEntry<T> | undefined;
}

/** A book of at most `most` job orders. */
export function createJobBook<T>(most: number): JobBook<T> {
  const entries = new Map<string, JobEntry<T>>();
  const keep = (entry: JobEntry<T>): JobEntry<T> => {
    entries.set(entry.id, entry);
    return entry;
  };
  const store = (id: string, order: T | undefined, state: JobState): JobOutcome<T> => {
    if (id === "" || order === undefined) return { status: "invalidRequest" };
    if (entries.has(id) || entries.size >= most) return { status: "unableToAccept" };
    return { status: "noError", entry: keep({ id, order, state }) };
  };
  return {
    entries: () => [...entries.values()],
    call(method, id, order) {
      if (method === "Store") return store(id, order, "NotAllowedToStart");
      if (method === "StoreAndStart") return store(id, order, "AllowedToStart");
      const known = entries.get(id);
      if (!known) return { status: "unknownJobOrder" };
      const [from, to] = MOVES[method];
      if (!from.includes(known.state)) return { status: "invalidStatus" };
      if (to !== undefined) return { status: "noError", entry: keep({ id, order: order ?? known.order, state: to === "same" ? known.state : to }) };
      entries.delete(id);
      return { status: "noError", entry: known };
    },
    report(id, word) {
      const known = entries.get(id);
      const state = Object.hasOwn(REPORTED, word) ? REPORTED[word] : undefined;
      return known && state && keep({ ...known, state });
    },
  };
}
