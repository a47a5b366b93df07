import { readFileSync } from "node:fs";
import type { Pool } from "undici";
import { ResonanceError } from "../errors/resonance-error";
import { authorizationHeader, type HttpAuthentication, type HttpCredentials } from "./authorization";
import { HttpFailure, toHttpFailure } from "./http-failure";

/** Where a client talks to and how. */
export interface HttpClientOptions {
  /** `http:` or `https:`; a user or password in it is refused, they belong into the credentials. */
  readonly baseUrl: string;
  readonly authentication?: HttpAuthentication;
  readonly credentials?: HttpCredentials;
  /** PEM file with the certificates to trust, instead of the system's; empty for the system's. */
  readonly caFile?: string | undefined;
  /** Milliseconds for one exchange, from waiting for a connection to the last byte of the answer. */
  readonly timeout: number;
  /** Bytes of an answer's body at most; 16 MiB unless told. */
  readonly maxBytes?: number;
  /** Connections at most; 64 unless told. */
  readonly connections?: number;
}

/** One exchange. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Absolute path with query; the base URL's own when left out. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** Send once more when the connection breaks before any answer (a kept-alive socket the server has closed meanwhile). */
  readonly idempotent?: boolean;
}

/** What a server answered, whatever its status; redirects are not followed. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A pool of kept-alive connections to one origin. */
export interface HttpClient {
  /** @throws HttpFailure when there is no complete answer. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends every exchange at once with an `HttpFailure` of kind `closed`. */
  close(): Promise<void>;
}

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
const DEFAULT_CONNECTIONS = 64;

/**
 * A client for one origin. Nothing is loaded or connected before the first request; the CA file is read here.
 * @throws RESONANCE_CONFIG_INVALID for an unusable URL, time-out, CA file or missing credentials.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const url = parseHttpUrl(options.baseUrl);
  const { timeout } = options;
  if (!(timeout > 0 && timeout <= 0x7fffffff)) {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "timeout", detail: `${timeout} is no positive number of milliseconds` }, { path: "timeout" });
  }
  const authorization = authorizationHeader(options.authentication ?? "none", options.credentials ?? {});
  const ownHeaders = authorization === undefined ? {} : { authorization };
  const ca = readCaFile(options.caFile);
  let pool: Promise<Pool> | undefined;
  let closed = false;
  const closing = new AbortController();

  const connect = async (): Promise<Pool> => {
    const { Pool } = await import("undici");
    return new Pool(url.origin, {
      connections: options.connections ?? DEFAULT_CONNECTIONS,
      connect: { timeout, ...(ca === undefined ? {} : { ca }) },
      // The timer of each exchange covers these.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: options.maxBytes ?? DEFAULT_MAX_BYTES,
    });
  };

  const exchange = async (request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> => {
    let answered = false;
    try {
      pool ??= connect();
      const { statusCode, headers, body } = await (await pool).request({
        method: request.method,
        path: request.path ?? `${url.pathname}${url.search}`,
        headers: { ...ownHeaders, ...request.headers },
        body: request.body ?? null,
        signal,
      });
      answered = true;
      return { statusCode, headers, text: await body.text() };
    } catch (thrown) {
      throw toHttpFailure(thrown, answered);
    }
  };

  const attempt = async (request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> => {
    try {
      return await exchange(request, signal);
    } catch (thrown) {
      const again = request.idempotent === true && thrown instanceof HttpFailure && thrown.unanswered && !signal.aborted;
      if (!again) throw thrown;
      return exchange(request, signal);
    }
  };

  return {
    async request(request) {
      if (closed) throw new HttpFailure("closed", "the connection is closed");
      return bounded(timeout, [closing.signal, request.signal], (signal) => attempt(request, signal));
    },
    async close() {
      closed = true;
      closing.abort();
      await (await pool)?.destroy();
    },
  };
}

/**
 * A URL of a server as people enter it.
 * @throws RESONANCE_CONFIG_INVALID (path = `setting`) for anything but an http or https URL without user and password.
 */
export function parseHttpUrl(text: string, setting = "url"): URL {
  const refuse = (detail: string, cause?: unknown): ResonanceError =>
    new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting, cause });
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch (cause) {
    throw refuse(`"${text}" is no URL such as http://host:8080`, cause);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refuse(`"${text}" does not begin with http:// or https://`);
  if (url.username !== "" || url.password !== "") throw refuse("user and password belong into the credentials, not into the URL");
  return url;
}

/**
 * Runs `work` with a signal and rejects as soon as the time is over or one of `signals` is aborted,
 * even while `work` waits for a connection and does not heed its signal yet.
 */
async function bounded<T>(timeout: number, signals: readonly (AbortSignal | undefined)[], work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const own = new AbortController();
  let stop: (failure: HttpFailure) => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => { stop = reject; });
  const end = (failure: HttpFailure): void => {
    stop(failure);
    own.abort(failure);
  };
  const cancel = (): void => end(new HttpFailure("closed", "the exchange was cancelled"));
  const timer = setTimeout(() => end(new HttpFailure("timeout", `no complete answer within ${timeout} ms`)), timeout);
  const heeded = signals.filter((signal) => signal !== undefined);
  for (const signal of heeded) signal.addEventListener("abort", cancel);
  if (heeded.some((signal) => signal.aborted)) cancel();
  try {
    return await Promise.race([stopped, work(own.signal)]);
  } finally {
    clearTimeout(timer);
    for (const signal of heeded) signal.removeEventListener("abort", cancel);
  }
}

function readCaFile(file: string | undefined): string | undefined {
  if (file === undefined || file.trim() === "") return undefined;
  try {
    const pem = readFileSync(file.trim(), "utf8");
    if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  } catch (cause) {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "caFile", detail: `${file} cannot be read` }, { path: "caFile", cause });
  }
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "caFile", detail: `${file} holds no PEM certificate` }, { path: "caFile" });
}
