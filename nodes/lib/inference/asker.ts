import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import { createBatcher, type BatchRules, type Outcome } from "./batcher";
import { checkNumber } from "./check-setting";
import { isCancelled, isOutage, isTransient } from "./failure-kind";
import type { Model, ModelRunner, Question, RawAnswer } from "./model";
import { withRetry, type Attempted, type RetryRules } from "./retry";

/** A model as a caller asks it. */
export interface AskTarget {
  /** Id of its `resonance-model` node. */
  readonly node: string;
  readonly model: Pick<Model, "lineage" | "inputs" | "circuit">;
  readonly runner: ModelRunner;
  /** A message's payload as a question of this model. */
  readonly prepare: (payload: unknown) => Question;
}

/** How a model is asked. */
export interface AskRules {
  /** Heeded only where a question may be sent again (`runner.repeatable`). */
  readonly retry: RetryRules;
  /** Heeded only where the protocol has batches. */
  readonly batch?: BatchRules | undefined;
}

/** Asks one model: batch, further attempts and circuit, each only where it is wanted. */
export interface Asker {
  ask(question: Question): Promise<Attempted<RawAnswer>>;
  close(): void;
}

/**
 * Composes how a model is asked; `signal` ends everything with RESONANCE_MODEL_CLOSED. A batch that the model refuses for
 * what is in it is asked again one by one, once, so that one bad question spoils no other; one that nobody answers fails as a whole.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function createAsker({ runner, model: { circuit } }: AskTarget, { retry, batch }: AskRules, signal: AbortSignal): Asker {
  checkNumber("retries", retry.retries, { min: 0, whole: true });
  checkNumber("retryTime", retry.withinMs / 1000, { min: 0 });
  const options = { signal };
  const guarded: <T>(attempt: () => Promise<T>) => Promise<T> = circuit ? (attempt) => circuit.guard(attempt) : (attempt) => attempt();
  const again = runner.repeatable && retry.retries > 0;
  const attempted = async <T>(attempt: () => Promise<T>): Promise<Attempted<T>> =>
    (again ? withRetry(retry, () => guarded(attempt), signal) : { result: await guarded(attempt), attempts: 1 });
  const askOne = (question: Question): Promise<Attempted<RawAnswer>> => attempted(() => runner.ask(question, options));

  const askMany = runner.askMany?.bind(runner);
  if (!batch || !askMany) return { ask: askOne, close: () => undefined };

  checkNumber("batchSize", batch.size, { min: 1, whole: true });
  checkNumber("batchTime", batch.waitMs, { min: 0 });
  const together = async (questions: readonly Question[]): Promise<readonly RawAnswer[]> => {
    const answers = await askMany(questions, options);
    if (answers.length === questions.length) return answers;
    throw new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail: `${answers.length} answers to ${questions.length} questions` });
  };
  const batcher = createBatcher<Question, Attempted<RawAnswer>>(batch, async (questions) => {
    const [only] = questions;
    if (only && questions.length === 1) return [await outcomeOf(askOne(only))];
    try {
      const { result, attempts } = await attempted(() => together(questions));
      return result.map((answer) => ({ answer: { result: answer, attempts } }));
    } catch (thrown) {
      if (!isAboutContent(thrown)) throw thrown;
      return Promise.all(questions.map((question) => outcomeOf(askOne(question).then(({ result, attempts }) => ({ result, attempts: attempts + 1 })))));
    }
  });
  return { ask: (question) => batcher.ask(question), close: () => batcher.close() };
}

/** An answer that cannot be read may be due to a single question of the batch; that nobody answered is not. */
function isAboutContent(thrown: unknown): boolean {
  if (isCancelled(thrown) || isTransient(thrown)) return false;
  const { code } = toResonanceError(thrown);
  return code === "RESONANCE_MODEL_ANSWER_INVALID" || !(isOutage(thrown) || code === "RESONANCE_MODEL_CIRCUIT_OPEN");
}

function outcomeOf<A>(asked: Promise<A>): Promise<Outcome<A>> {
  return asked.then((answer) => ({ answer }), (thrown: unknown) => ({ error: toResonanceError(thrown) }));
}
