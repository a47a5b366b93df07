import type { ResonanceError } from "../../errors/resonance-error";

/** What came to the topic and answered nothing. */
export interface AnswerCounts {
  /** Answers whose question had ended. */
  readonly late: number;
  /** Further answers to a question that was answered. */
  readonly duplicate: number;
  /** Messages that name no question of ours. */
  readonly foreign: number;
  /** Answers that could not be read; their questions failed. */
  readonly garbage: number;
}

/** Which questions are open, and what came for them. */
export interface AnswerBook {
  /** Waits for the answer with this correlation; rejects with the signal's reason when it is aborted. */
  expect(correlation: string, signal: AbortSignal): Promise<Buffer>;
  take(correlation: string | undefined, payload: Buffer): void;
  fail(correlation: string, error: ResonanceError): void;
  failAll(error: ResonanceError): void;
  garbage(): void;
  counts(): AnswerCounts;
}

interface Open {
  resolve(payload: Buffer): void;
  reject(error: unknown): void;
}

/** Ended questions whose further answers can still be told from a stranger's. */
const MOST_REMEMBERED = 1000;

export function createAnswerBook(tell: (kind: keyof AnswerCounts) => void): AnswerBook {
  const open = new Map<string, Open>();
  /** Questions that ended, and whether with an answer; oldest first. */
  const ended = new Map<string, "late" | "duplicate">();
  const counted = { late: 0, duplicate: 0, foreign: 0, garbage: 0 };

  const count = (kind: keyof AnswerCounts): void => {
    counted[kind] += 1;
    tell(kind);
  };
  const finish = (correlation: string, further: "late" | "duplicate"): Open | undefined => {
    const question = open.get(correlation);
    if (!question) return undefined;
    open.delete(correlation);
    ended.set(correlation, further);
    for (const [oldest] of ended) {
      if (ended.size <= MOST_REMEMBERED) break;
      ended.delete(oldest);
    }
    return question;
  };
  const fail = (correlation: string, error: unknown): void => { finish(correlation, "late")?.reject(error); };

  return {
    expect: (correlation, signal) => new Promise<Buffer>((resolve, reject) => {
      open.set(correlation, { resolve, reject });
      const cancel = (): void => { fail(correlation, signal.reason); };
      if (signal.aborted) cancel();
      else signal.addEventListener("abort", cancel, { once: true });
    }),
    take(correlation, payload) {
      const question = correlation === undefined ? undefined : finish(correlation, "duplicate");
      if (question) question.resolve(payload);
      else count((correlation === undefined ? undefined : ended.get(correlation)) ?? "foreign");
    },
    fail,
    failAll(error) { for (const correlation of [...open.keys()]) fail(correlation, error); },
    garbage() { count("garbage"); },
    counts: () => ({ ...counted }),
  };
}
