import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** One request as it arrived. */
export interface SeenRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the server does with a request; a handler that does nothing leaves it hanging. */
export type Handler = (request: SeenRequest, response: ServerResponse, count: number) => void;

/** A real HTTP(S) server that answers as a test wants it. */
export interface ScriptedServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Requests under way at once at most so far. */
  readonly peak: number;
  close(): Promise<void>;
}

/** Starts a server on 127.0.0.1; `count` is the number of requests so far, this one included. */
export async function startScriptedServer(handler: Handler, tls?: { readonly key: string; readonly cert: string }, port = 0): Promise<ScriptedServer> {
  const requests: SeenRequest[] = [];
  let underWay = 0;
  let peak = 0;
  const server = (tls ? createTlsServer(tls) : createServer());
  server.on("request", (request, response) => {
    peak = Math.max(peak, ++underWay);
    response.on("close", () => underWay--);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const seen = { url: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString("utf8") };
      requests.push(seen);
      handler(seen, response, requests.length);
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}/b2mml`,
    requests,
    get peak() {
      return peak;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
