import { ResonanceError } from "../../errors/resonance-error";
import { createHttpClient, parseHttpUrl, type HttpAnswer, type HttpClientOptions, type HttpRequest } from "../../http/http-client";
import { isObject } from "../../json/is-object";
import type { ModelRunner } from "../model";
import { modelFailure, serverError, type Target } from "../model-error";
import type { ExchangeForm } from "../request/exchange-form";
import { compileHeaders, type HeaderRow } from "./headers";

/** A model behind a service of its own, asked by HTTP with a document and answering with one. */
export interface RestRunnerOptions extends Pick<HttpClientOptions, "tls" | "proxy" | "oauth" | "authentication" | "credentials"> {
  /** The service's address, with path and query. */
  readonly url: string;
  /** With `GET` the document's members become parameters of the address. */
  readonly method: "POST" | "PUT" | "GET";
  readonly headers: readonly HeaderRow[];
  /** Milliseconds for one exchange. */
  readonly timeout: number;
  /** Bytes of an answer at most; 16 MiB unless told. */
  readonly maxBytes?: number | undefined;
  readonly exchange: ExchangeForm;
  /** Path of the address that answers with a status of 2xx while the model can answer; empty where there is none. */
  readonly healthPath: string;
  readonly repeatable: boolean;
  /** The model's name in error texts. */
  readonly model: string;
}

const METHODS: readonly string[] = ["POST", "PUT", "GET"] satisfies RestRunnerOptions["method"][];

/**
 * Asks one question at a time. Statuses other than 2xx become the same codes as with the Open Inference Protocol.
 * Without a health path nobody can be asked whether the model is ready, and it counts as ready.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function createRestRunner(options: RestRunnerOptions): ModelRunner {
  const { method, model, timeout, repeatable, maxBytes, healthPath, exchange, ...transport } = options;
  const url = parseHttpUrl(options.url);
  if (!METHODS.includes(method)) throw invalid("method", `${method as string} ≠ ${METHODS.join(", ")}`);
  const health = healthPath.trim();
  if (health !== "" && !health.startsWith("/")) throw invalid("healthPath", `${health} does not begin with /`);
  const headers = compileHeaders(options.headers, { accept: "application/json, */*;q=0.5" });
  const http = createHttpClient({ ...transport, timeout, ...(maxBytes !== undefined && { maxBytes }), baseUrl: options.url });
  const target: Target = { model, url: url.origin + url.pathname, timeout };

  const request = async (what: HttpRequest): Promise<HttpAnswer> => {
    try {
      return await http.request(what);
    } catch (thrown) {
      throw modelFailure(thrown, target);
    }
  };

  return {
    repeatable,
    async ask(question, { signal } = {}) {
      const way = method === "GET"
        ? { path: withQuery(url, question.document), headers }
        : { headers: { "content-type": "application/json", ...headers }, body: exchange.encode(question) };
      const answer = await request({ method, signal, idempotent: repeatable, ...way });
      if (!isFine(answer)) throw serverError(answer, target);
      const { "content-type": type } = answer.headers;
      if (String(type).toLowerCase().startsWith("text/html")) throw new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail: "it is a web page (text/html)" });
      return exchange.decode(answer.text, question, target, answer.statusCode);
    },
    async ready() {
      if (health === "") return true;
      const answer = await request({ method: "GET", path: health, headers, idempotent: true });
      if (isFine(answer)) return true;
      const error = serverError(answer, target);
      if (error.code === "RESONANCE_MODEL_NOT_READY" || answer.statusCode >= 500) return false;
      throw error;
    },
    close: () => http.close(),
  };
}

function isFine({ statusCode }: HttpAnswer): boolean {
  return statusCode >= 200 && statusCode <= 299;
}

/** The document's members as parameters, behind those the address has; what is no text is written as JSON. */
function withQuery(url: URL, document: unknown): string {
  if (!isObject(document)) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "method", detail: "GET sends the members of an object" }, { path: "method" });
  const query = new URLSearchParams(url.search);
  for (const [name, value] of Object.entries(document)) query.set(name, typeof value === "string" ? value : JSON.stringify(value));
  return `${url.pathname}?${query.toString()}`;
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
