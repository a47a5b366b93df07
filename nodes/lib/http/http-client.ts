import { readFileSync } from "node:fs";
import type { Dispatcher } from "undici";
import type { TlsMaterial } from "../connection/tls";
import { ResonanceError } from "../errors/resonance-error";
import { authorizationHeader, type HttpAuthentication, type HttpCredentials } from "./authorization";
import { openDispatcher } from "./dispatcher";
import { HttpFailure, toHttpFailure } from "./http-failure";
import { proxyFor } from "./proxy";
import { createTokenSource, type OAuthSettings, type TokenSource } from "./token-source";

/** Where a client talks to and how. */
export interface HttpClientOptions {
  /** `http:` or `https:`; a user or password in it is refused, they belong into the credentials. */
  readonly baseUrl: string;
  readonly authentication?: HttpAuthentication;
  readonly credentials?: HttpCredentials;
  /** PEM file with the certificates to trust, instead of the system's; empty for the system's. */
  readonly caFile?: string | undefined;
  /** Certificates that were read already: a client's own for mutual TLS, authorities in place of `caFile`. */
  readonly tls?: TlsMaterial | undefined;
  /** A proxy's URL, `none`, or empty for what HTTP_PROXY, HTTPS_PROXY and NO_PROXY say. */
  readonly proxy?: string | undefined;
  /** For authentication `oauth`; the secret is among the credentials. */
  readonly oauth?: Omit<OAuthSettings, "clientSecret"> | undefined;
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
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** Send once more when the connection breaks before any answer (a kept-alive socket the server has closed meanwhile). */
  readonly idempotent?: boolean;
}

/** What a server answered, whatever its status; redirects are not followed. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body, decoded from UTF-8 when it is asked for. */
  readonly text: string;
  readonly bytes: Buffer;
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
const TOKEN_MAX_BYTES = 64 * 1024;

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
  const ca = readCaFile(options.caFile);
  const tls = { ...(ca !== undefined && { ca }), ...options.tls };
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "certFile", detail: "a client certificate and its key belong together" }, { path: "certFile" });
  }
  const proxy = proxyFor(url, options.proxy);
  const issuer = options.authentication === "oauth" ? tokenIssuer(options) : undefined;
  let pool: Promise<Dispatcher> | undefined;
  let closed = false;
  const closing = new AbortController();

  const connect = (): Promise<Dispatcher> => openDispatcher({
    origin: url.origin, proxy, tls, timeout,
    connections: options.connections ?? DEFAULT_CONNECTIONS,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
  });

  const exchange = async (request: HttpRequest, authorized: string | undefined, signal: AbortSignal): Promise<HttpAnswer> => {
    let answered = false;
    try {
      pool ??= connect();
      const { statusCode, headers, body } = await (await pool).request({
        origin: url.origin,
        method: request.method,
        path: request.path ?? `${url.pathname}${url.search}`,
        headers: { ...(authorized !== undefined && { authorization: authorized }), ...request.headers },
        body: request.body ?? null,
        signal,
      });
      answered = true;
      return answerOf(statusCode, headers, Buffer.from(await body.arrayBuffer()));
    } catch (thrown) {
      throw toHttpFailure(thrown, answered);
    }
  };

  const attempt = async (request: HttpRequest, authorized: string | undefined, signal: AbortSignal): Promise<HttpAnswer> => {
    try {
      return await exchange(request, authorized, signal);
    } catch (thrown) {
      const again = request.idempotent === true && thrown instanceof HttpFailure && thrown.unanswered && !signal.aborted;
      if (!again) throw thrown;
      return exchange(request, authorized, signal);
    }
  };

  /** A server may end a token before its time: then once more with a new one. */
  const withToken = async ({ tokens }: TokenIssuer, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> => {
    const token = await tokens.token();
    const answer = await attempt(request, `Bearer ${token}`, signal);
    if (answer.statusCode !== 401 || signal.aborted) return answer;
    tokens.refused(token);
    return attempt(request, `Bearer ${await tokens.token()}`, signal);
  };

  return {
    async request(request) {
      if (closed) throw new HttpFailure("closed", "the connection is closed");
      return bounded(timeout, [closing.signal, request.signal], (signal) => (issuer ? withToken(issuer, request, signal) : attempt(request, authorization, signal)));
    },
    async close() {
      closed = true;
      closing.abort();
      await Promise.all([pool?.then((open) => open.destroy()), issuer?.close()]);
    },
  };
}

function answerOf(statusCode: number, headers: HttpAnswer["headers"], bytes: Buffer): HttpAnswer {
  return { statusCode, headers, bytes, get text() { return new TextDecoder().decode(bytes); } };
}

interface TokenIssuer {
  readonly tokens: TokenSource;
  close(): Promise<void>;
}

/** The token endpoint has a client of its own: it may be another server. */
function tokenIssuer(options: HttpClientOptions): TokenIssuer {
  const { oauth, credentials } = options;
  const settings = { tokenUrl: "", clientId: "", scope: "", clientAuthentication: "basic" as const, ...oauth, clientSecret: credentials?.clientSecret ?? "" };
  parseHttpUrl(settings.tokenUrl, "tokenUrl");
  const client = createHttpClient({ ...options, baseUrl: settings.tokenUrl, authentication: "none", connections: 1, maxBytes: TOKEN_MAX_BYTES });
  return { tokens: createTokenSource(settings, (request) => client.request(request)), close: () => client.close() };
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
