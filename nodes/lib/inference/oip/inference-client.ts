import { ResonanceError } from "../../errors/resonance-error";
import type { HttpAuthentication, HttpCredentials } from "../../http/authorization";
import { createHttpClient, type HttpAnswer, type HttpClientOptions, type HttpRequest } from "../../http/http-client";
import { checkTensor, mismatch } from "../check-tensor";
import { modelFailure, serverError, type Target } from "../model-error";
import { checkSpecs } from "../signature";
import type { ModelAnswer, Tensor, TensorSpec } from "../tensor";
import { untilAborted } from "../until-aborted";
import { readAnswer } from "./answer";
import { isStackable, split, stack, stackedSpec } from "./batch";
import {
  checkAgainstServer, readModelMetadata, readServerMetadata, type ModelMetadata, type ServerMetadata,
} from "./metadata";
import { compileParameters, isClassified, type ParameterRow } from "./parameters";
import { pathsOf } from "./paths";
import { encodeBinaryRequest, encodeRequest, HEAD_LENGTH } from "./wire";

/** Whether tensors travel as bytes: where the server says that it can, always, or never. */
export type BinaryTensors = "auto" | "on" | "off";

/** Where a model runs and what it takes and gives. */
export interface InferenceClientOptions extends Pick<HttpClientOptions, "tls" | "proxy" | "oauth"> {
  /** The server's base URL, with or without a path in front, a trailing slash or `/v2`. */
  readonly url: string;
  /** The model's name at the server. */
  readonly model: string;
  /** Empty or absent: the server chooses. */
  readonly version?: string | undefined;
  /** Milliseconds for one exchange; the first call also asks for the metadata, which has the same time again. */
  readonly timeout: number;
  readonly authentication?: HttpAuthentication;
  readonly credentials?: HttpCredentials;
  /** PEM file with the certificates to trust instead of the system's. */
  readonly caFile?: string | undefined;
  /** Bytes of an answer at most; 16 MiB unless told. */
  readonly maxBytes?: number | undefined;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Sent along with every call. */
  readonly parameters?: readonly ParameterRow[];
  /** `off` unless told. */
  readonly binary?: BinaryTensors;
  /** Told, once each, what the server leaves out and the client does without (RESONANCE_MODEL_METADATA_MISSING, …_NAME_MISSING). */
  notice?(remark: ResonanceError): void;
}

/** Options of one call. */
export interface InferOptions {
  /** Sent along; the server may return it, and then it must be the same. */
  readonly id?: string;
  readonly signal?: AbortSignal | undefined;
}

/** One model at one Open Inference Protocol V2 server. */
export interface InferenceClient {
  serverMetadata(): Promise<ServerMetadata>;
  modelMetadata(): Promise<ModelMetadata>;
  /** Whether the model can answer now. */
  ready(): Promise<boolean>;
  /** Asks the model; tensors and answer are checked against the configured signature and the server's own. */
  infer(tensors: readonly Tensor[], options?: InferOptions): Promise<ModelAnswer>;
  /**
   * Several questions in one request, stacked along the first dimension; absent where the tensors cannot be stacked.
   * @throws RESONANCE_MODEL_NO_BATCH where the server takes one at a time, besides what `infer` throws
   */
  readonly inferMany?: (questions: readonly (readonly Tensor[])[], options?: InferOptions) => Promise<readonly ModelAnswer[]>;
  /** Ends every call at once with RESONANCE_MODEL_CLOSED. */
  close(): Promise<void>;
}

/** The server's word on the model, or the status with which it refused to say; and whether it takes tensors as bytes. */
type Listing = { readonly binary: boolean } & (ModelMetadata | { readonly refused: number });

/** Answers that mean "no such endpoint"; 400 and 404 may also mean "no such model", which the call itself will tell. */
const REFUSALS: ReadonlySet<number> = new Set([400, 404, 405, 501]);
/** What servers say of several rows where they take one. */
const BATCH_WORDS = /batch|shape|dimension|dims?\b/i;

/**
 * A client of the Open Inference Protocol V2 (REST). Nothing is connected before the first call. A call that fails leaves no
 * trace: the next one tries anew and reads the server's metadata again, as it does when the server's version of the model changes.
 * A call may be sent twice when a kept-alive connection breaks before any answer; inference has no effect at the server.
 * @throws RESONANCE_CONFIG_INVALID for an unusable URL, time-out, CA file, credentials, parameters or signature.
 */
export function createInferenceClient(options: InferenceClientOptions): InferenceClient {
  const { inputs, outputs, model, timeout, binary = "off" } = options;
  const version = options.version === "" ? undefined : options.version;
  if (model === "") throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "serverModel", detail: "the model has no name" }, { path: "serverModel" });
  checkSpecs("inputs", inputs);
  checkSpecs("outputs", outputs);
  const parameters = compileParameters(options.parameters ?? [], [...inputs, ...outputs]);
  const describedOutputs = outputs.filter(({ name }) => !isClassified(name, parameters));
  const paths = pathsOf(options.url, model, version);
  const { maxBytes, ...transport } = options;
  const http = createHttpClient({ ...transport, ...(maxBytes !== undefined && { maxBytes }), baseUrl: options.url });
  const target: Target = { model: version === undefined ? model : `${model} ${version}`, url: paths.origin + paths.model, timeout };
  const remarked = new Set<string>();
  let listing: Promise<Listing> | undefined;
  let served: string | undefined;

  const remark = (code: "RESONANCE_MODEL_METADATA_MISSING" | "RESONANCE_MODEL_NAME_MISSING"): void => {
    if (remarked.has(code)) return;
    remarked.add(code);
    options.notice?.(new ResonanceError(code, { model: target.model, url: target.url }));
  };
  const request = async (what: HttpRequest): Promise<HttpAnswer> => {
    try {
      return await http.request({ ...what, idempotent: true });
    } catch (thrown) {
      throw modelFailure(thrown, target);
    }
  };
  const get = async (path: string): Promise<string> => {
    const answer = await request({ method: "GET", path });
    if (answer.statusCode !== 200) throw serverError(answer, target);
    return answer.text;
  };
  const takesBytes = async (): Promise<boolean> => {
    if (binary !== "auto") return binary === "on";
    const answer = await request({ method: "GET", path: paths.server });
    return answer.statusCode === 200 && readServerMetadata(answer.text).extensions.includes("binary_tensor_data");
  };
  const readListing = async (): Promise<Listing> => {
    const [answer, bytes] = await Promise.all([request({ method: "GET", path: paths.model }), takesBytes()]);
    if (REFUSALS.has(answer.statusCode)) return { refused: answer.statusCode, binary: bytes };
    if (answer.statusCode !== 200) throw serverError(answer, target);
    const metadata = readModelMetadata(answer.text);
    checkAgainstServer("inputs", inputs, metadata.inputs);
    checkAgainstServer("outputs", describedOutputs, metadata.outputs);
    return { ...metadata, binary: bytes };
  };
  /** Calls at the same time share one question; an error is not kept. */
  const list = (): Promise<Listing> => {
    if (listing) return listing;
    const asked = readListing();
    listing = asked;
    asked.catch(() => { if (listing === asked) listing = undefined; });
    return asked;
  };

  const call = async (tensors: readonly Tensor[], wanted: readonly TensorSpec[], { id, signal }: InferOptions): Promise<ModelAnswer> => {
    const listed = await untilAborted(list(), signal);
    const unlisted = "refused" in listed;
    if (!unlisted) checkAgainstServer("inputs", tensors, listed.inputs);
    const question = { inputs: tensors, outputs: wanted.map(({ name }) => name), parameters, ...(id === undefined ? {} : { id }) };
    const answer = await request({ method: "POST", path: paths.infer, signal, ...(listed.binary ? asBytes(question) : asJson(question)) });
    if (answer.statusCode < 200 || answer.statusCode > 299) throw serverError(answer, target, unlisted && listed.refused !== 405 && listed.refused !== 501);
    const { head, tail } = partsOf(answer);
    const read = readAnswer(head, { model, version, id, outputs: wanted }, tail);
    if (unlisted) remark("RESONANCE_MODEL_METADATA_MISSING");
    if (!read.named) remark("RESONANCE_MODEL_NAME_MISSING");
    // Another version may have another signature.
    if (served !== undefined && served !== read.answer.modelVersion) listing = undefined;
    served = read.answer.modelVersion;
    return read.answer;
  };
  const checked = (tensors: readonly Tensor[]): readonly Tensor[] => inputs.map((spec) => checkTensor("inputs", findInput(tensors, spec.name), spec));
  const forgetting = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (thrown) {
      const cancelled = thrown instanceof ResonanceError && thrown.code === "RESONANCE_MODEL_CLOSED";
      if (!cancelled) listing = undefined;
      throw thrown;
    }
  };

  return {
    serverMetadata: async () => readServerMetadata(await get(paths.server)),
    modelMetadata: async () => readModelMetadata(await get(paths.model)),
    ready: async () => isReady(await request({ method: "GET", path: paths.ready }), target),
    infer: async (tensors, inferOptions = {}) => forgetting(call(checked(tensors), outputs, inferOptions)),
    ...(isStackable(inputs, outputs) && {
      async inferMany(questions: readonly (readonly Tensor[])[], inferOptions: InferOptions = {}) {
        const count = questions.length;
        if (count === 0) return [];
        const all = questions.map(checked);
        try {
          return split(await forgetting(call(stack(all), outputs.map((spec) => stackedSpec(spec, count)), inferOptions)), count);
        } catch (thrown) {
          throw count === 1 ? thrown : batchRefusal(thrown, target);
        }
      },
    }),
    close: () => http.close(),
  };
}

function asJson(question: Parameters<typeof encodeRequest>[0]): Pick<HttpRequest, "headers" | "body"> {
  return { headers: { "content-type": "application/json" }, body: encodeRequest(question) };
}

function asBytes(question: Parameters<typeof encodeRequest>[0]): Pick<HttpRequest, "headers" | "body"> {
  const { headLength, body } = encodeBinaryRequest(question);
  return { headers: { "content-type": "application/octet-stream", [HEAD_LENGTH]: String(headLength) }, body };
}

/** The JSON part of an answer, and the bytes behind it where the server says how long the first is. */
function partsOf(answer: HttpAnswer): { readonly head: string; readonly tail?: Buffer } {
  const stated = answer.headers[HEAD_LENGTH];
  if (stated === undefined) return { head: answer.text };
  const length = Number(stated);
  if (!Number.isSafeInteger(length) || length < 0 || length > answer.bytes.length) {
    throw new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail: `${HEAD_LENGTH} is ${String(stated)}, the answer has ${answer.bytes.length} bytes` });
  }
  return { head: answer.bytes.toString("utf8", 0, length), tail: answer.bytes.subarray(length) };
}

/** A server that takes one question at a time says so by its signature, or by words about shapes. */
function batchRefusal(thrown: unknown, { model }: Target): unknown {
  if (!(thrown instanceof ResonanceError)) return thrown;
  const { code, path = "", params } = thrown;
  const refused = code === "RESONANCE_MODEL_TENSOR_MISMATCH" ? /\/shape$/.test(path)
    : code === "RESONANCE_MODEL_SERVER_ERROR" && Number(params["statusCode"]) < 500 && BATCH_WORDS.test(String(params["detail"]));
  const { actual, expected, detail = `${String(actual)} ≠ ${String(expected)}` } = params;
  return refused ? new ResonanceError("RESONANCE_MODEL_NO_BATCH", { model, detail }, { cause: thrown }) : thrown;
}

function findInput(tensors: readonly Tensor[], name: string): Tensor {
  const tensor = tensors.find((candidate) => candidate.name === name);
  if (!tensor) throw mismatch("inputs", name, "name", tensors.map((candidate) => candidate.name).join(", "), name);
  return tensor;
}

/** 200 says ready unless the body says otherwise; 400 and 503 are the protocol's "not ready". */
function isReady(answer: HttpAnswer, target: Target): boolean {
  if (answer.statusCode === 200) return !/"ready"\s*:\s*false/.test(answer.text);
  const error = serverError(answer, target);
  if (error.code === "RESONANCE_MODEL_NOT_READY" || answer.statusCode === 400) return false;
  throw error;
}
