import { Worker } from "node:worker_threads";
import { buffersOf, type PackedTensor } from "./packed";

/** What a thread begins with. */
export interface ThreadStart {
  /** Runtime modules, the preferred one first; the first one that loads is taken. */
  readonly modules: readonly string[];
  /** The model; moves into the thread. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Processor threads one inference may use. */
  readonly threads: number;
}

/** A thread with one model in it, which runs one inference at a time. */
export interface OnnxThread {
  /** Which runtime it is, e.g. `onnxruntime-node 1.30.0`. */
  readonly runtime: string;
  /** Whether the thread is still there; it may end by itself. */
  alive(): boolean;
  /** Runs the model; the inputs move into the thread. @throws ThreadFailure; after `late` and `ended` the thread is of no more use */
  run(inputs: readonly PackedTensor[], outputs: readonly string[], timeout: number): Promise<readonly PackedTensor[]>;
  /** Ends the thread, whatever it does. */
  end(): Promise<void>;
}

/** `runtime`: no module loads; `model`: the runtime does not take the model; `run`: nor these inputs; `late`: too slow; `ended`: the thread is gone. */
export type ThreadFailureKind = "runtime" | "model" | "run" | "late" | "ended";

/** Why a thread gave nothing. */
export class ThreadFailure extends Error {
  constructor(readonly kind: ThreadFailureKind, readonly detail: string) {
    super(detail);
  }
}

type Answer = { readonly runtime: string } | { readonly outputs: readonly PackedTensor[] } | { readonly failure: ThreadFailureKind; readonly detail: string };

/** JavaScript memory of a thread; tensors and weights lie outside of it. */
const HEAP_MEGABYTES = 512;
/** Values that one answer may have. */
const MOST_VALUES = 2 ** 25;

/** What the thread does. A text, since a file of its own would have to be found from the sources as well as from the build. */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const wordsOf = (error) => String((error && error.message) || error);
const tell = (failure, detail) => parentPort.postMessage({ failure, detail });
// Where JavaScript has it, the runtimes would want it, but native code does not know it; without it they take the bits.
delete globalThis.Float16Array;

function loadRuntime() {
  const reasons = [];
  for (const module of workerData.modules) {
    try { return require(module); } catch (error) { reasons.push(wordsOf(error)); }
  }
  tell("runtime", reasons.join("; "));
}

async function load() {
  const runtime = loadRuntime();
  if (!runtime) return;
  const { versions, wasm } = runtime.env;
  if (wasm) wasm.numThreads = workerData.threads;
  runtime.env.logLevel = "fatal";
  const options = { intraOpNumThreads: workerData.threads, interOpNumThreads: 1, logSeverityLevel: 4 };
  let session;
  try { session = await runtime.InferenceSession.create(workerData.bytes, options); } catch (error) { return tell("model", wordsOf(error)); }
  delete workerData.bytes;
  parentPort.on("message", async ({ inputs, outputs }) => {
    try {
      const feeds = Object.fromEntries(inputs.map(({ name, type, dims, data }) => [name, new runtime.Tensor(type, data, dims)]));
      const answer = await session.run(feeds, outputs);
      const tensors = outputs.map((name) => ({ name, type: answer[name].type, dims: answer[name].dims.map(Number), data: answer[name].data }));
      const values = tensors.reduce((sum, { data }) => sum + data.length, 0);
      if (values > workerData.mostValues) return tell("run", "the answer has " + values + " values, more than " + workerData.mostValues);
      parentPort.postMessage({ outputs: tensors });
    } catch (error) {
      tell("run", wordsOf(error));
    }
  });
  parentPort.postMessage({ runtime: versions && versions.node ? "onnxruntime-node " + versions.node : "onnxruntime-web " + (versions && versions.web) });
}

load();
`;

/**
 * Starts a thread and loads the model there; `limit` in milliseconds.
 * @throws ThreadFailure
 */
export async function startThread(start: ThreadStart, limit: number): Promise<OnnxThread> {
  const worker = new Worker(THREAD, {
    eval: true, name: "onnx", workerData: { ...start, mostValues: MOST_VALUES }, transferList: [start.bytes.buffer],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES }, execArgv: [], stdin: false,
  });
  worker.unref();
  // Without a listener the end of a thread that nobody waits for would be the end of the process.
  worker.on("error", () => undefined);
  let alive = true;
  worker.once("exit", () => { alive = false; });
  const end = async (): Promise<void> => { await worker.terminate(); };
  try {
    const loaded = await answerOf(worker, limit);
    if (!("runtime" in loaded)) throw new ThreadFailure("ended", "the thread answered out of turn");
    return {
      runtime: loaded.runtime,
      alive: () => alive,
      async run(inputs, outputs, timeout) {
        const answer = answerOf(worker, timeout);
        worker.postMessage({ inputs, outputs }, buffersOf(inputs));
        const given = await answer;
        if (!("outputs" in given)) throw new ThreadFailure("ended", "the thread answered out of turn");
        return given.outputs;
      },
      end,
    };
  } catch (thrown) {
    void end();
    throw thrown;
  }
}

/** The thread's next word. */
function answerOf(worker: Worker, limit: number): Promise<Exclude<Answer, { failure: unknown }>> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      act();
    };
    const failWith = (kind: ThreadFailureKind, detail: string): void => { settle(() => { reject(new ThreadFailure(kind, detail)); }); };
    const onMessage = (answer: Answer): void => {
      if ("failure" in answer) failWith(answer.failure, answer.detail);
      else settle(() => { resolve(answer); });
    };
    const onError = (cause: unknown): void => { failWith("ended", cause instanceof Error ? cause.message : String(cause)); };
    const onExit = (code: number): void => { failWith("ended", `exit code ${code}`); };
    const timer = setTimeout(() => { failWith("late", `longer than ${limit} ms`); }, limit);
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
  });
}
