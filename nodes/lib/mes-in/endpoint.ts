import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { ResonanceError, toResonanceError, type Language } from "../errors/resonance-error";
import type { Authenticate } from "./authentication";
import { charsetOf } from "./media-type";
import { withError } from "./outcome";
import { readBody, type Budget } from "./read-body";
import type { GivenAnswer } from "./remembered-answers";
import { respond } from "./respond";

export interface EndpointOptions {
  readonly methods: readonly string[];
  readonly authenticate: Authenticate;
  /** Value of `WWW-Authenticate` for who is not let in. */
  readonly challenge: string;
  /** Bytes of a body at most. */
  readonly sizeLimit: number;
  /** Milliseconds for sending a body, and for taking an answer. */
  readonly transferTime: number;
  /** Requests open at the same time at most. */
  readonly limit: number;
  readonly language: Language;
  /** Takes a body and gives the answer; must not reject. */
  readonly take: (body: Buffer, charset: string | undefined, from: string) => Promise<GivenAnswer>;
  /** Told of requests that were turned away before they were read. */
  readonly onRefused: (error: ResonanceError) => void;
}

/** Bytes that all endpoints' unread requests may hold together. */
const BUDGET: Budget = { left: 64 * 1024 * 1024 };
/** Seconds after which who was sent away may come again. */
const RETRY_AFTER = 2;

/** An HTTP endpoint for documents: who may not enter, what is too large, too slow, compressed or of another kind is turned away unread. */
export function createEndpoint(options: EndpointOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { methods, authenticate, challenge, sizeLimit, transferTime, limit, language } = options;
  let open = 0;

  const headersOf = (status: number): OutgoingHttpHeaders => ({
    ...(status === 401 && { "www-authenticate": challenge }),
    ...(status === 405 && { allow: methods.join(", ") }),
    ...(status === 415 && { "accept-encoding": "identity" }),
    ...(status === 503 && { "retry-after": String(RETRY_AFTER) }),
  });
  const answer = (request: IncomingMessage, response: ServerResponse, { status, contentType, body }: GivenAnswer): void => {
    respond(request, response, { status, contentType, body, headers: headersOf(status) }, transferTime);
  };
  const admit = (request: IncomingMessage): string | undefined => {
    if (!methods.includes(request.method ?? "")) throw new ResonanceError("RESONANCE_MES_IN_METHOD", { method: request.method, methods: methods.join(", ") });
    if (!authenticate(request.headers.authorization)) throw new ResonanceError("RESONANCE_MES_IN_UNAUTHORIZED");
    if (open >= limit) throw new ResonanceError("RESONANCE_MES_IN_BUSY", { detail: `${limit} requests are open` });
    return charsetOf(request.headers);
  };
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const charset = admit(request);
    open += 1;
    response.once("close", () => { open -= 1; });
    const body = await readBody(request, { limit: sizeLimit, time: transferTime, budget: BUDGET });
    if (!body) return;
    let taken: Promise<GivenAnswer>;
    try {
      taken = options.take(body.bytes, charset, request.socket.remoteAddress ?? "");
    } finally {
      body.free();
    }
    answer(request, response, await taken);
  };
  return (request, response) => {
    receive(request, response).catch((thrown: unknown) => {
      const error = toResonanceError(thrown);
      options.onRefused(error);
      answer(request, response, withError(error, language));
    });
  };
}
