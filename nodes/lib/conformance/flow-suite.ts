import type { Profile } from "../profile/profile";
import type { CaseOutcome, TestCase } from "./test-report";
import { loadVectors, type Vector } from "./vectors";

/** What came back from the flow for a record: nothing wrong, or the first code that was found. */
export type FlowAnswer = { readonly code?: string };

/** Records on their way through a flow. */
export interface FlowDesk {
  /** Sends a record; resolves with what comes back. */
  ask(id: string, record: unknown, signal: AbortSignal): Promise<FlowAnswer>;
  /** Takes an answer; false where nobody waits for it. */
  answer(id: string, answer: FlowAnswer): boolean;
}

export function createFlowDesk(send: (id: string, record: unknown) => void): FlowDesk {
  const waiting = new Map<string, (answer: FlowAnswer) => void>();
  return {
    ask: (id, record, signal) => new Promise((resolve, reject) => {
      const stop = (): void => {
        waiting.delete(id);
        reject(signal.reason instanceof Error ? signal.reason : new Error("stopped"));
      };
      if (signal.aborted) {
        stop();
        return;
      }
      signal.addEventListener("abort", stop, { once: true });
      waiting.set(id, (answer) => {
        waiting.delete(id);
        signal.removeEventListener("abort", stop);
        resolve(answer);
      });
      send(id, structuredClone(record));
    }),
    answer(id, answer) {
      const take = waiting.get(id);
      take?.(answer);
      return take !== undefined;
    },
  };
}

/** Cases for a flow: it must come to each vector's verdict, for an invalid record with its code. @throws RESONANCE_CONFORMANCE_NO_VECTORS */
export function flowSuite(profile: Profile, category: string, desk: FlowDesk, limitMs: number): readonly TestCase[] {
  return loadVectors(profile, category).map((vector, index): TestCase => {
    const id = `flow/${vector.verdict}/${index + 1}`;
    return {
      id, title: vector.name, category, expected: vector.verdict === "valid" ? "valid" : `invalid: ${vector.code ?? ""}`,
      async run(signal) {
        const limit = AbortSignal.timeout(limitMs);
        try {
          return judge(vector, await desk.ask(id, vector.record, AbortSignal.any([signal, limit])));
        } catch (thrown) {
          if (limit.aborted && !signal.aborted) return { verdict: "fail", actual: `nothing came back within ${limitMs} ms` };
          throw thrown;
        }
      },
    };
  });
}

function judge({ verdict, code: expected }: Vector, { code }: FlowAnswer): CaseOutcome {
  if (code === undefined) return { verdict: verdict === "valid" ? "pass" : "fail", actual: "valid" };
  return { verdict: verdict === "invalid" && code === expected ? "pass" : "fail", actual: `invalid: ${code}` };
}
