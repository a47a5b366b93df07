import type { Peer } from "../interop/entry";

/** `inconclusive`: nothing wrong was seen, but the case could not show what it is for. */
export type CaseVerdict = "pass" | "fail" | "inconclusive" | "skipped";

/** What a case came to. */
export interface CaseOutcome {
  readonly verdict: CaseVerdict;
  readonly actual: string;
  readonly evidence?: readonly { readonly kind: string; readonly text: string }[];
}

export interface CaseResult {
  readonly id: string;
  readonly title: string;
  readonly category: string;
  readonly verdict: CaseVerdict;
  readonly expected: string;
  readonly actual: string;
  readonly evidence: readonly { readonly kind: string; readonly text: string }[];
  readonly milliseconds: number;
}

/** What a run of a suite came to. */
export interface TestReport {
  readonly suite: string;
  readonly target: Peer;
  /** Versions of what took part. */
  readonly environment: Readonly<Record<string, string>>;
  /** ISO 8601 UTC. */
  readonly started: string;
  readonly ended: string;
  readonly cases: readonly CaseResult[];
  readonly totals: Readonly<Record<"passed" | "failed" | "inconclusive" | "skipped", number>>;
}

/** A case before it is run. */
export interface TestCase {
  readonly id: string;
  readonly title: string;
  readonly category: string;
  readonly expected: string;
  /** Throws only what is no outcome of the case. */
  run(signal: AbortSignal): Promise<CaseOutcome>;
}

/** Runs the cases one after the other; what is left when `signal` aborts is skipped. Never rejects. */
export async function runCases(
  about: Pick<TestReport, "suite" | "target" | "environment">, cases: readonly TestCase[], signal: AbortSignal, progress: (done: CaseResult, number: number) => void,
): Promise<TestReport> {
  const started = new Date().toISOString();
  const results: CaseResult[] = [];
  for (const testCase of cases) {
    const { id, title, category, expected } = testCase;
    const begin = performance.now();
    let outcome: CaseOutcome = { verdict: "skipped", actual: "the run was stopped" };
    if (!signal.aborted) outcome = await testCase.run(signal).catch((thrown: unknown): CaseOutcome => (signal.aborted ? outcome : { verdict: "fail", actual: thrown instanceof Error ? thrown.message : String(thrown) }));
    const result: CaseResult = {
      id, title, category, expected, verdict: outcome.verdict, actual: outcome.actual, evidence: outcome.evidence ?? [], milliseconds: Math.round((performance.now() - begin) * 1000) / 1000,
    };
    results.push(result);
    progress(result, results.length);
  }
  const count = (verdict: CaseVerdict): number => results.filter((result) => result.verdict === verdict).length;
  return {
    ...about, started, ended: new Date().toISOString(), cases: results,
    totals: { passed: count("pass"), failed: count("fail"), inconclusive: count("inconclusive"), skipped: count("skipped") },
  };
}
