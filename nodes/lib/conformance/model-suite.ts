import { toResonanceError, type ErrorCode, type ResonanceError } from "../errors/resonance-error";
import type { Model, ModelRunner, Question, RawAnswer } from "../inference/model";
import { prepareCalls } from "../inference/prepare-call";
import type { Tensor } from "../inference/tensor";
import type { Profile } from "../profile/profile";
import type { InputRecord } from "../record/interface-record";
import { createOutputBuilder, type OutputBuilder } from "../record/output-builder";
import { compileRecordValidator } from "../validation/record-validator";
import type { CaseOutcome, TestCase } from "./test-report";
import { loadVectors, type Vector } from "./vectors";

/** What a model endpoint is tested with. */
export interface ModelSuiteOptions {
  readonly profile: Profile;
  readonly model: Pick<Model, "lineage" | "inputs" | "outputs" | "request">;
  readonly runner: ModelRunner;
  /** Milliseconds an answer may take; one that comes later fails its case. */
  readonly limitMs: number;
}

/** Failures to fill a question: the record has not what this model asks for, which is no fault of the endpoint. */
const UNFIT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["RESONANCE_MODEL_INPUT_MISSING"]);

/**
 * Cases for a model endpoint: it is ready; each valid input vector is answered in time by what becomes a valid output record; the
 * same question twice gets the same answer; each invalid vector is refused before the endpoint.
 * @throws RESONANCE_CONFORMANCE_NO_VECTORS, RESONANCE_CATEGORY_UNKNOWN and what the model's tensor plan throws
 */
export function modelSuite({ profile, model, runner, limitMs }: ModelSuiteOptions): readonly TestCase[] {
  const category = model.lineage.category;
  const vectors = loadVectors(profile, category).filter(({ name }) => name.startsWith("input:"));
  const prepare = prepareCalls(model, profile);
  const check = compileRecordValidator(profile);
  const output = builderOf(profile, model);
  const ask = async (question: Question, signal: AbortSignal): Promise<{ answer: RawAnswer; milliseconds: number }> => {
    const begin = performance.now();
    const answer = await runner.ask(question, { signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) });
    return { answer, milliseconds: performance.now() - begin };
  };
  const asked = (record: unknown): Question | CaseOutcome => {
    try {
      return prepare(record);
    } catch (thrown) {
      const error = toResonanceError(thrown);
      return UNFIT.has(error.code) ? { verdict: "inconclusive", actual: `the record lacks what this model asks for: ${error.code}`, evidence: [failed(error)] } : failure(error);
    }
  };

  const valid = vectors.filter(({ verdict }) => verdict === "valid");
  const answered = ({ name, record }: Vector, index: number): TestCase => ({
    id: `model/valid/${index + 1}`, title: name, category, expected: `a valid output record within ${limitMs} ms`,
    async run(signal) {
      const question = asked(record);
      if ("verdict" in question) return question;
      let built: unknown;
      try {
        const { answer, milliseconds } = await ask(question, signal);
        if (milliseconds > limitMs) return late(limitMs);
        if (!output) return { verdict: "inconclusive", actual: "answered; its record needs mappings of model out, which a test of the flow covers" };
        built = output.build(answer.body, record as unknown as InputRecord);
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        return isTimeout(thrown) ? late(limitMs) : failure(toResonanceError(thrown));
      }
      const [error] = check(built);
      return error
        ? { verdict: "fail", actual: `${error.code} at ${error.path}`, evidence: [{ kind: "error", text: error.message }] }
        : { verdict: "pass", actual: "a valid output record" };
    },
  });
  const refused = ({ name, record, code }: Vector, index: number): TestCase => ({
    id: `model/invalid/${index + 1}`, title: name, category, expected: `refused before the endpoint: ${code ?? ""}`,
    run() {
      const [error] = check(record);
      return Promise.resolve(error?.code === code ? { verdict: "pass", actual: error?.code ?? "" } : { verdict: "fail", actual: error?.code ?? "accepted" });
    },
  });
  const first = (): Question | undefined => {
    for (const { record } of valid) {
      const question = asked(record);
      if (!("verdict" in question)) return question;
    }
    return undefined;
  };
  return [
    {
      id: "model/ready", title: "the model is ready", category, expected: "ready",
      run: async () => ((await runner.ready()) ? { verdict: "pass", actual: "ready" } : { verdict: "fail", actual: "not ready" }),
    },
    ...valid.map(answered),
    {
      id: "model/repeat", title: "the same question twice", category, expected: "the same answer twice",
      async run(signal) {
        const question = first();
        if (!question || !runner.repeatable) return { verdict: "inconclusive", actual: "no question that may be asked twice" };
        const texts: string[] = [];
        for (const turn of [1, 2]) texts.push(dataOf((await ask({ ...question, id: `${question.id}-${turn}` }, signal)).answer.body));
        return texts[0] === texts[1] ? { verdict: "pass", actual: "the same answer" } : { verdict: "fail", actual: "two answers to one question", evidence: texts.map((text) => ({ kind: "answer", text: text.slice(0, 500) })) };
      },
    },
    ...vectors.filter(({ verdict }) => verdict === "invalid").map(refused),
  ];
}

/** None where the model's tensors alone make no record of the category. */
function builderOf(profile: Profile, { lineage, outputs }: Pick<Model, "lineage" | "outputs">): OutputBuilder | undefined {
  try {
    return createOutputBuilder({ profile, model: { ...lineage, outputs }, rules: [], validFor: 0 });
  } catch (thrown) {
    if (toResonanceError(thrown).code === "RESONANCE_FIELD_UNMAPPED") return undefined;
    throw thrown;
  }
}

const isTimeout = (thrown: unknown): boolean => thrown instanceof Error && (thrown.name === "TimeoutError" || toResonanceError(thrown).code === "RESONANCE_MODEL_TIMEOUT" || toResonanceError(thrown).code === "RESONANCE_MODEL_CLOSED");
const late = (limitMs: number): CaseOutcome => ({ verdict: "fail", actual: `no answer within ${limitMs} ms` });
const failed = ({ code, message }: ResonanceError): { readonly kind: string; readonly text: string } => ({ kind: "error", text: `${code}: ${message}`.slice(0, 500) });
const failure = (error: ResonanceError): CaseOutcome => ({ verdict: "fail", actual: error.code, evidence: [failed(error)] });

/** What an answer says, without what differs by question. */
function dataOf(body: unknown): string {
  const { outputs } = (body ?? {}) as { readonly outputs?: readonly Tensor[] };
  return JSON.stringify(outputs ? outputs.map(({ name, data }) => ({ name, data: [...data].map(String) })) : body);
}
