import type { IncomingMessage } from "node:http";
import { ResonanceError } from "../errors/resonance-error";

/** Bytes that all requests together may hold while they are read. */
export interface Budget {
  left: number;
}

export interface BodyLimits {
  /** Bytes of one body at most. */
  readonly limit: number;
  /** Milliseconds for the whole body, however it trickles. */
  readonly time: number;
  readonly budget: Budget;
}

/** A body, and what gives its bytes back to the budget. */
export interface Body {
  readonly bytes: Buffer;
  free(): void;
}

/**
 * Reads a request's body; `undefined` when the sender goes away before its end.
 * @throws RESONANCE_MES_IN_TOO_LARGE as soon as more has come or was announced, RESONANCE_MES_IN_SLOW, RESONANCE_MES_IN_BUSY when the
 * budget is used up
 */
export function readBody(request: IncomingMessage, { limit, time, budget }: BodyLimits): Promise<Body | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > limit) return Promise.reject(tooLarge(limit));
  if (request.readableEnded) return takenBody(request, limit);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const free = (): void => {
      budget.left += size;
      size = 0;
    };
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("close", onGone);
      settle();
    };
    const refuse = (error: ResonanceError): void => {
      finish(() => {
        request.pause();
        free();
        chunks.length = 0;
        reject(error);
      });
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      budget.left -= chunk.length;
      chunks.push(chunk);
      if (size > limit) refuse(tooLarge(limit));
      else if (budget.left < 0) refuse(new ResonanceError("RESONANCE_MES_IN_BUSY", { detail: "too many bytes are being received" }));
    };
    const onEnd = (): void => { finish(() => { resolve({ bytes: Buffer.concat(chunks), free }); }); };
    const onGone = (): void => {
      finish(() => {
        free();
        resolve(undefined);
      });
    };
    const timer = setTimeout(() => { refuse(new ResonanceError("RESONANCE_MES_IN_SLOW", { seconds: time / 1000 })); }, time);
    // A reset connection is told by `close` as well.
    request.on("error", () => undefined).on("data", onData).on("end", onEnd).on("close", onGone);
  });
}

/** A body that a parser before the endpoint has read: as it left it. */
function takenBody(request: IncomingMessage & { readonly body?: unknown }, limit: number): Promise<Body> {
  const { body = "" } = request;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  return bytes.length > limit ? Promise.reject(tooLarge(limit)) : Promise.resolve({ bytes, free: () => undefined });
}

function tooLarge(limit: number): ResonanceError {
  return new ResonanceError("RESONANCE_MES_IN_TOO_LARGE", { limit: limit / 1000 });
}
