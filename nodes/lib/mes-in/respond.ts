import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";

export interface HttpAnswer {
  readonly status: number;
  readonly contentType?: string | undefined;
  readonly body: string;
  readonly headers?: OutgoingHttpHeaders;
}

/** What a refused sender may still send before the connection is cut: it reads its answer only when it was allowed to write a little. */
const LINGER = { bytes: 1024 * 1024, time: 1000 };

/**
 * Answers a request. One that was not read to its end is answered at once, a little of the rest is thrown away, and the connection ends.
 * Who does not take the answer within `time` milliseconds is cut off.
 */
export function respond(request: IncomingMessage, response: ServerResponse, { status, contentType, body, headers }: HttpAnswer, time: number): void {
  if (response.headersSent || response.destroyed) return;
  const whole = request.complete;
  const content = Buffer.from(body, "utf8");
  const patience = setTimeout(() => { request.socket.destroy(); }, time);
  response.on("error", () => undefined).on("close", () => { clearTimeout(patience); });
  response.writeHead(status, {
    ...headers,
    ...(contentType !== undefined && { "content-type": contentType }),
    "content-length": content.length, "x-content-type-options": "nosniff", "cache-control": "no-store",
    ...(!whole && { connection: "close" }),
  });
  if (whole) response.end(content);
  else linger(request, response, content);
}

function linger(request: IncomingMessage, response: ServerResponse, content: Buffer): void {
  let left = LINGER.bytes;
  const end = (): void => {
    clearTimeout(timer);
    response.end();
    request.destroy();
  };
  const timer = setTimeout(end, LINGER.time);
  response.write(content);
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) end();
  });
  request.on("error", () => undefined).on("end", end).on("close", end).resume();
}
