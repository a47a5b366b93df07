import { ResonanceError } from "../../errors/resonance-error";
import { checkTensor } from "../check-tensor";
import type { AskOptions, ModelDescription, ModelRunner, Question, RawAnswer } from "../model";
import { checkSpecs } from "../signature";
import type { Tensor, TensorSpec } from "../tensor";
import { untilAborted } from "../until-aborted";
import { joinQuestions, splitAnswer, takesBatches, type NamedTensor } from "./batch";
import { checkDigest, readModelFile, unusable } from "./model-file";
import { checkAgainstFile, describeFile, findInput } from "./file-signature";
import type { OnnxSignature } from "./onnx-signature";
import { packTensor, unpackTensor } from "./packed";
import { findRuntime, PACKAGES, runtimeMissing, type RuntimeChoice } from "./runtime";
import { startThread, ThreadFailure, type OnnxThread } from "./thread";

/** A model in a file, and how to run it. */
export interface OnnxOptions {
  /** Absolute path of the ONNX file. */
  readonly file: string;
  /** The model's name in its answers. */
  readonly model: string;
  /** `sha256:…` the file has to have; empty or absent: any. */
  readonly digest?: string | undefined;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly runtime: RuntimeChoice;
  /** Processor threads one inference may use. */
  readonly threads: number;
  /** Milliseconds for one inference; loading the model has a minute of its own. */
  readonly timeout: number;
  /** Bytes the file may have. */
  readonly maxBytes?: number | undefined;
  /** Node-RED's user directory, where the runtime is looked for first. */
  readonly userFolder: string;
}

/** A loaded model. */
interface Loaded {
  readonly thread: OnnxThread;
  readonly digest: string;
  readonly signature: OnnxSignature;
}

const MOST_THREADS = 64;
const LOAD_LIMIT = 60_000;
/** How long an ended thread may take to go. */
const END_LIMIT = 2_000;

/**
 * Runs an ONNX file in a thread of its own. Nothing is read or started before the first question; a question that fails leaves no trace, and the
 * next one tries anew. The file is read once a deployment: one that is replaced meanwhile is refused when it would have to be read again, so that
 * answers never change their model unnoticed. An inference that takes too long is ended with its thread.
 * @throws RESONANCE_CONFIG_INVALID for an unusable signature; questions throw RESONANCE_MODEL_RUNTIME_MISSING, …_FILE_MISSING, …_FILE_INVALID,
 * …_DIGEST_MISMATCH, …_TENSOR_MISMATCH, …_RUN_FAILED, …_RUNTIME_ENDED, …_TIMEOUT, …_CLOSED
 */
export function createOnnxRunner(options: OnnxOptions): ModelRunner {
  const { file, inputs, outputs, timeout, runtime, userFolder } = options;
  checkChoice("onnxRuntime", runtime, Object.hasOwn(PACKAGES, runtime));
  checkChoice("onnxThreads", options.threads, Number.isSafeInteger(options.threads) && options.threads > 0 && options.threads <= MOST_THREADS);
  checkChoice("timeout", timeout, timeout > 0 && timeout < 2 ** 31);
  checkSpecs("inputs", inputs);
  checkSpecs("outputs", outputs);
  const wanted = outputs.map(({ name }) => name);
  const closing = new AbortController();
  const lane = createLane();
  let loaded: Loaded | undefined;
  let deployed: string | undefined;
  let leaving: Promise<unknown> = Promise.resolve();

  const load = async (): Promise<Loaded> => {
    const modules = findRuntime(runtime, userFolder);
    const { bytes, digest, signature } = await readModelFile(file, options.maxBytes);
    checkDigest(file, digest, options.digest);
    checkDigest(file, digest, deployed);
    checkAgainstFile(file, signature, inputs, outputs);
    // A native inference cannot be ended; a second one beside it would only take its processor.
    if (await leavesWithin(leaving, END_LIMIT)) throw tooSlow();
    const thread = await startThread({ modules, bytes, threads: options.threads }, LOAD_LIMIT).catch((thrown: unknown) => { throw translate(thrown); });
    if (closing.signal.aborted) {
      void thread.end();
      throw new ResonanceError("RESONANCE_MODEL_CLOSED");
    }
    deployed = digest;
    loaded = { thread, digest, signature };
    return loaded;
  };
  const current = async (): Promise<Loaded> => (loaded?.thread.alive() ? loaded : load());
  const drop = (): void => {
    if (loaded) leaving = loaded.thread.end();
    loaded = undefined;
  };
  const tooSlow = (): ResonanceError => new ResonanceError("RESONANCE_MODEL_TIMEOUT", { url: file, timeout });
  const translate = (thrown: unknown): unknown => {
    if (!(thrown instanceof ThreadFailure)) return thrown;
    const { kind, detail } = thrown;
    if (closing.signal.aborted) return new ResonanceError("RESONANCE_MODEL_CLOSED", {}, { cause: thrown });
    if (kind === "runtime") return runtimeMissing(runtime, userFolder, detail);
    if (kind === "model") return unusable(file, `the runtime does not take it: ${detail}`, thrown);
    if (kind === "late") return tooSlow();
    return new ResonanceError(kind === "run" ? "RESONANCE_MODEL_RUN_FAILED" : "RESONANCE_MODEL_RUNTIME_ENDED", { model: options.model, detail }, { cause: thrown });
  };
  const run = async ({ thread }: Loaded, tensors: readonly Tensor[]): Promise<readonly NamedTensor[]> => {
    try {
      return (await thread.run(tensors.map(packTensor), wanted, timeout)).map(unpackTensor);
    } catch (thrown) {
      if (thrown instanceof ThreadFailure && thrown.kind !== "run") drop();
      throw translate(thrown);
    }
  };
  /** Work for the thread, one after the other, given up when the asker is gone or the model closes. */
  const withModel = <T>(signal: AbortSignal | undefined, work: (model: Loaded) => Promise<T>): Promise<T> => {
    const turn = lane(async () => {
      if (signal?.aborted || closing.signal.aborted) throw new ResonanceError("RESONANCE_MODEL_CLOSED");
      return work(await current());
    });
    return untilAborted(untilAborted(turn, signal), closing.signal);
  };
  const answerOf = (raw: readonly NamedTensor[], digest: string): RawAnswer => ({
    body: { modelName: options.model, outputs: outputs.map((spec) => checkTensor("outputs", raw.find(({ name }) => name === spec.name) ?? MISSING, spec)) },
    digest,
  });
  const checkInputs = (tensors: readonly Tensor[]): readonly Tensor[] => inputs.map((spec) => checkTensor("inputs", findInput(tensors, spec.name), spec));
  const ask = async ({ tensors }: Question, { signal }: AskOptions = {}): Promise<RawAnswer> => {
    const checked = checkInputs(tensors);
    const { raw, digest } = await withModel(signal, async (model) => ({ raw: await run(model, checked), digest: model.digest }));
    return answerOf(raw, digest);
  };

  return {
    ask,
    async askMany(questions, { signal } = {}) {
      const checked = questions.map(({ tensors }) => checkInputs(tensors));
      const joined = joinQuestions(checked);
      return withModel(signal, async (model) => {
        const together = joined && takesBatches(model.signature, inputs.map(({ name }) => name), wanted);
        const split = together ? splitAnswer(await run(model, joined.tensors), joined.rows) : undefined;
        if (split) return split.map((raw) => answerOf(raw, model.digest));
        const answers: RawAnswer[] = [];
        for (const tensors of checked) answers.push(answerOf(await run(await current(), tensors), model.digest));
        return answers;
      });
    },
    ready: () => withModel(undefined, () => Promise.resolve(true)),
    async describe(): Promise<ModelDescription> {
      return describeFile(await readModelFile(file, options.maxBytes));
    },
    repeatable: true,
    async close() {
      closing.abort();
      drop();
      await leavesWithin(leaving, END_LIMIT);
    },
  };
}

const MISSING = { datatype: undefined, shape: undefined, data: undefined };

function checkChoice(setting: string, value: unknown, usable: boolean): void {
  if (!usable) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail: `${String(value)} is not possible` }, { path: setting });
}

/** Runs one piece of work after the other, whether those before succeeded or not. */
function createLane(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** Waits for the end of a thread, but not for ever; whether it is still there. */
async function leavesWithin(leaving: Promise<unknown>, limit: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => { timer = setTimeout(resolve, limit, true); });
  const stays = await Promise.race([leaving.then(() => false), late]);
  clearTimeout(timer);
  return stays;
}
