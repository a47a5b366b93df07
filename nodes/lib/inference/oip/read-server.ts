import { ResonanceError } from "../../errors/resonance-error";
import { createHttpClient, type HttpAnswer, type HttpClientOptions, type HttpRequest } from "../../http/http-client";
import { modelFailure, serverError, type Target } from "../model-error";
import { readModelMetadata, readServerMetadata, type ModelMetadata, type ServerMetadata } from "./metadata";
import { pathsOf } from "./paths";

export interface ReadServerOptions extends Omit<HttpClientOptions, "baseUrl"> {
  readonly url: string;
  /** Empty: only the server is asked. */
  readonly model: string;
  readonly version: string;
}

/** What a server of the Open Inference Protocol V2 says of itself and of a model; parts it does not tell are absent. */
export interface ServerReading {
  readonly server?: ServerMetadata;
  /** Names of its models, where it has the model repository extension. */
  readonly models?: readonly string[];
  readonly model?: ModelMetadata;
  readonly ready?: boolean;
  /** Why there is no word on the model. */
  readonly problem?: ResonanceError;
}

const MOST_MODELS = 500;

/**
 * Reads what a server tells, once.
 * @throws RESONANCE_CONFIG_INVALID; RESONANCE_MODEL_UNREACHABLE, …_TIMEOUT, …_CERTIFICATE, …_UNAUTHORIZED, …_CLOSED; RESONANCE_MODEL_ANSWER_INVALID where this is no such server
 */
export async function readServer(options: ReadServerOptions, signal?: AbortSignal): Promise<ServerReading> {
  const { url, model, version } = options;
  const paths = pathsOf(url, model, version === "" ? undefined : version);
  const http = createHttpClient({ ...options, baseUrl: url });
  const target: Target = { model: model || "–", url: paths.origin + (model === "" ? paths.server : paths.model), timeout: options.timeout };
  const request = async (what: HttpRequest): Promise<HttpAnswer> => {
    try {
      return await http.request({ ...what, idempotent: true, signal });
    } catch (thrown) {
      throw modelFailure(thrown, target);
    }
  };
  const get = (path: string): Promise<HttpAnswer> => request({ method: "GET", path });
  try {
    const answer = await get(paths.server);
    if (answer.statusCode === 401 || answer.statusCode === 403) throw serverError(answer, target);
    const server = answer.statusCode === 200 ? readServerMetadata(answer.text) : undefined;
    const models = modelsOf(await request({ method: "POST", path: paths.index, headers: { "content-type": "application/json" }, body: "{}" }));
    const around = { ...(server && { server }), ...(models && { models }) };
    if (model === "") return around;
    const described = await get(paths.model);
    if (described.statusCode !== 200) return { ...around, problem: serverError(described, target, true) };
    const ready = (await get(paths.ready)).statusCode === 200;
    return { ...around, model: readModelMetadata(described.text), ready };
  } finally {
    await http.close();
  }
}

/** Triton: `[{"name": …, "version": …, "state": …}]`; a name may be there once a version. */
function modelsOf({ statusCode, text }: HttpAnswer): readonly string[] | undefined {
  if (statusCode !== 200) return undefined;
  try {
    const list = JSON.parse(text) as unknown;
    if (!Array.isArray(list)) return undefined;
    const names = list.map((entry) => (entry as { readonly name?: unknown } | null)?.name).filter((name) => typeof name === "string");
    return [...new Set(names)].slice(0, MOST_MODELS);
  } catch {
    return undefined;
  }
}
