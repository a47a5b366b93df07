import { ResonanceError } from "../../errors/resonance-error";
import type { HttpAuthentication, HttpCredentials } from "../../http/authorization";
import { createHttpClient, parseHttpUrl, type HttpAnswer, type HttpClientOptions, type HttpRequest } from "../../http/http-client";
import { readAnswer } from "./answer";
import { checkTensor, mismatch } from "../check-tensor";
import {
  checkAgainstServer, readModelMetadata, readServerMetadata, type ModelMetadata, type ServerMetadata,
} from "./metadata";
import { modelFailure, serverError, type Target } from "../model-error";
import { checkSpecs } from "../signature";
import type { ModelAnswer, Tensor, TensorSpec } from "../tensor";
import { untilAborted } from "../until-aborted";
import { encodeRequest } from "./wire";

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
  readonly maxBytes?: number;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
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
  /** Ends every call at once with RESONANCE_MODEL_CLOSED. */
  close(): Promise<void>;
}

/** The server's word on the model, or the status with which it refused to say. */
type Listing = ModelMetadata | { readonly refused: number };

/** Answers that mean "no such endpoint"; 400 and 404 may also mean "no such model", which the call itself will tell. */
const REFUSALS: ReadonlySet<number> = new Set([400, 404, 405, 501]);

/**
 * A client of the Open Inference Protocol V2 (REST). Nothing is connected before the first call. A call that fails leaves no
 * trace: the next one tries anew and reads the server's metadata again. A call may be sent twice when a kept-alive
 * connection breaks before any answer; inference has no effect at the server.
 * @throws RESONANCE_CONFIG_INVALID for an unusable URL, time-out, CA file, credentials or signature.
 */
export function createInferenceClient(options: InferenceClientOptions): InferenceClient {
  const { inputs, outputs, model, timeout } = options;
  const version = options.version === "" ? undefined : options.version;
  if (model === "") throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "serverModel", detail: "the model has no name" }, { path: "serverModel" });
  checkSpecs("inputs", inputs);
  checkSpecs("outputs", outputs);
  const paths = pathsOf(options.url, model, version);
  const http = createHttpClient({ ...options, baseUrl: options.url });
  const target: Target = { model: version === undefined ? model : `${model} ${version}`, url: paths.origin + paths.model, timeout };
  const remarked = new Set<string>();
  let listing: Promise<Listing> | undefined;

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
  const readListing = async (): Promise<Listing> => {
    const answer = await request({ method: "GET", path: paths.model });
    if (REFUSALS.has(answer.statusCode)) return { refused: answer.statusCode };
    if (answer.statusCode !== 200) throw serverError(answer, target);
    const metadata = readModelMetadata(answer.text);
    checkAgainstServer("inputs", inputs, metadata.inputs);
    checkAgainstServer("outputs", outputs, metadata.outputs);
    return metadata;
  };
  /** Calls at the same time share one question; an error is not kept. */
  const list = (): Promise<Listing> => {
    if (listing) return listing;
    const asked = readListing();
    listing = asked;
    asked.catch(() => { if (listing === asked) listing = undefined; });
    return asked;
  };

  const call = async (tensors: readonly Tensor[], { id, signal }: InferOptions): Promise<ModelAnswer> => {
    const listed = await untilAborted(list(), signal);
    const unlisted = "refused" in listed;
    if (!unlisted) checkAgainstServer("inputs", tensors, listed.inputs);
    const body = encodeRequest({ inputs: tensors, outputs: outputs.map(({ name }) => name), ...(id === undefined ? {} : { id }) });
    const answer = await request({ method: "POST", path: paths.infer, headers: { "content-type": "application/json" }, body, signal });
    if (answer.statusCode !== 200) throw serverError(answer, target, unlisted && listed.refused !== 405 && listed.refused !== 501);
    const read = readAnswer(answer.text, { model, version, id, outputs });
    if (unlisted) remark("RESONANCE_MODEL_METADATA_MISSING");
    if (!read.named) remark("RESONANCE_MODEL_NAME_MISSING");
    return read.answer;
  };

  return {
    serverMetadata: async () => readServerMetadata(await get(paths.server)),
    modelMetadata: async () => readModelMetadata(await get(paths.model)),
    ready: async () => isReady(await request({ method: "GET", path: paths.ready }), target),
    async infer(tensors, inferOptions = {}) {
      const checked = inputs.map((spec) => checkTensor("inputs", findInput(tensors, spec.name), spec));
      try {
        return await call(checked, inferOptions);
      } catch (thrown) {
        const cancelled = thrown instanceof ResonanceError && thrown.code === "RESONANCE_MODEL_CLOSED";
        if (!cancelled) listing = undefined;
        throw thrown;
      }
    },
    close: () => http.close(),
  };
}

interface Paths {
  readonly origin: string;
  readonly server: string;
  readonly model: string;
  readonly ready: string;
  readonly infer: string;
}

/** Endpoints of the protocol below the base URL; the version's part is left out where the server shall choose. */
function pathsOf(text: string, model: string, version: string | undefined): Paths {
  const url = parseHttpUrl(text);
  if (url.search !== "" || url.hash !== "") {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "url", detail: "a base URL has no ? or # part" }, { path: "url" });
  }
  const server = `${url.pathname.replace(/\/+$/, "").replace(/\/v2$/, "")}/v2`;
  const versioned = version === undefined ? "" : `/versions/${encodeURIComponent(version)}`;
  const path = `${server}/models/${encodeURIComponent(model)}${versioned}`;
  return { origin: url.origin, server, model: path, ready: `${path}/ready`, infer: `${path}/infer` };
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
