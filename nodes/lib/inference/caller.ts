import { createHash } from "node:crypto";
import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import type { InputRecord } from "../record/interface-record";
import { createAnswerCache, type CacheRules } from "./answer-cache";
import type { AnswerFacts } from "./answer-facts";
import { createAsker, type Asker, type AskTarget } from "./asker";
import { createCallQueue, type CallCounts, type CallQueueOptions } from "./call-queue";
import { checkBeside } from "./check-beside";
import { checkNumber } from "./check-setting";
import { isCancelled } from "./failure-kind";
import type { Question, RawAnswer } from "./model";
import type { Attempted, RetryRules } from "./retry";

/** How a node calls its model; what is absent is not done. */
export interface CallerOptions {
  readonly primary: AskTarget;
  /** Asked where the first fails for good. */
  readonly fallback?: AskTarget | undefined;
  readonly queue: CallQueueOptions;
  readonly retry: RetryRules;
  readonly batch?: { readonly size: number; readonly waitMs: number } | undefined;
  readonly cache?: CacheRules | undefined;
}

/** An answer and what is known of it. */
export interface Answered {
  readonly body: unknown;
  readonly record: InputRecord;
  readonly facts: AnswerFacts;
}

/** Calls a model for messages, each with exactly one outcome; answers come in the order of the questions, equipment by equipment. */
export interface Caller {
  /** @throws what `prepare` throws, and RESONANCE_MODEL_… */
  call(payload: unknown): Promise<Answered>;
  counts(): CallCounts;
  /** Ends every open call with RESONANCE_MODEL_CLOSED. */
  close(): void;
}

/** Who answered and how, before the message is looked at. */
interface Reply {
  readonly raw: RawAnswer;
  readonly attempts: number;
  readonly role: AnswerFacts["role"];
}

/**
 * Composes queue, cache, batches, further attempts, circuit and fallback around a model.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function createCaller({ primary, fallback, queue: bounds, retry, batch, cache: cacheRules }: CallerOptions): Caller {
  const lifetime = new AbortController();
  const { signal } = lifetime;
  const queue = createCallQueue(batch ? { ...bounds, concurrency: bounds.concurrency * atLeastOne(batch.size) } : bounds);
  checkBeside("fallback", primary, fallback);
  if (batch && batch.size > 1 && !primary.runner.askMany) {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "batchSize", detail: "this model takes one question at a time" }, { path: "batchSize" });
  }
  const rules = { retry, batch: batch && { ...batch, requests: bounds.concurrency } };
  const first = createAsker(primary, rules, signal);
  const second: Asker | undefined = fallback && createAsker(fallback, rules, signal);
  const facts = { primary: factsOf(primary), fallback: fallback && factsOf(fallback) };

  const ask = async (question: Question): Promise<Reply> => {
    try {
      return toReply(await first.ask(question), "primary");
    } catch (thrown) {
      if (!fallback || !second || isCancelled(thrown)) throw thrown;
      try {
        return toReply(await second.ask(fallback.prepare(question.record)), "fallback");
      } catch (also) {
        if (isCancelled(also)) throw also;
        throw bothFailed(primary, thrown, fallback, also);
      }
    }
  };
  const cache = cacheRules && createAnswerCache<Reply>(cacheRules, ({ role }) => role === "primary");

  return {
    async call(payload) {
      const begun = performance.now();
      const question = primary.prepare(payload);
      const { record } = question;
      const { answer: { raw, attempts, role }, cached } = await queue.run(
        () => (cache ? cache.get(contentKey(question), () => ask(question)) : ask(question).then((answer) => ({ answer, cached: false }))),
        record.equipment,
      );
      const { node, model } = (role === "fallback" ? facts.fallback : undefined) ?? facts.primary;
      return {
        body: raw.body, record,
        facts: {
          model: raw.digest === undefined ? model : { ...model, digest: raw.digest },
          node, role, from: cached ? "cache" : "model", attempts: cached ? 0 : attempts,
          milliseconds: Math.round(performance.now() - begun),
          ...(raw.version === undefined ? {} : { servedVersion: raw.version }),
        },
      };
    },
    counts: () => queue.counts(),
    close() {
      // The queue first: its calls end with its word, whatever the work says.
      queue.close();
      lifetime.abort(new ResonanceError("RESONANCE_MODEL_CLOSED"));
      first.close();
      second?.close();
    },
  };
}

/** @throws RESONANCE_CONFIG_INVALID */
function atLeastOne(size: number): number {
  checkNumber("batchSize", size, { min: 1, whole: true });
  return size;
}

/** The id with a digest of what the record holds: a record that comes again with other values has another answer. */
function contentKey({ id, record }: Question): string {
  return `${id} ${createHash("sha256").update(JSON.stringify(record)).digest("base64")}`;
}

function toReply({ result, attempts }: Attempted<RawAnswer>, role: Reply["role"]): Reply {
  return { raw: result, attempts, role };
}

function factsOf({ node, model: { lineage: { id, version, digest } } }: AskTarget): Pick<AnswerFacts, "node" | "model"> {
  return { node, model: { id, version, ...(digest === undefined ? {} : { digest }) } };
}

function bothFailed(primary: AskTarget, thrown: unknown, fallback: AskTarget, also: unknown): ResonanceError {
  const [first, second] = [toResonanceError(thrown), toResonanceError(also)];
  return new ResonanceError("RESONANCE_MODEL_FALLBACK_FAILED", {
    model: primary.model.lineage.id, code: first.code, detail: first.message,
    fallback: fallback.model.lineage.id, fallbackCode: second.code, fallbackDetail: second.message,
  }, { cause: first });
}
