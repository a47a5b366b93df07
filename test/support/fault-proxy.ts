import { once } from "node:events";
import { createServer, request as forward, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { freePort } from "./ports";

/** An HTTP server in front of another one, which can be told to misbehave and to disappear. */
export interface FaultProxy {
  /** The target's URL with this proxy's port. */
  readonly url: string;
  /** Answers instead of the target while it is set; one that does nothing leaves the request hanging. */
  fault: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** Requests seen while `fault` was set. */
  readonly faults: number;
  /** Stops listening and cuts every connection. */
  down(): Promise<void>;
  /** Listens again on the same port. */
  up(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy on 127.0.0.1 in front of `target`. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const port = await freePort();
  let server: Server | undefined;
  let faults = 0;
  const handle: RequestListener = (request, response) => {
    if (proxy.fault) {
      faults++;
      request.resume();
      proxy.fault(request, response);
      return;
    }
    const onward = forward(new URL(request.url ?? "/", target), { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  };
  const proxy: FaultProxy = {
    get url() {
      const url = new URL(target);
      url.port = String(port);
      return url.href;
    },
    fault: undefined,
    get faults() { return faults; },
    async down() {
      if (!server) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
      server = undefined;
    },
    async up() {
      server = createServer(handle).listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    close: () => proxy.down(),
  };
  await proxy.up();
  return proxy;
}

/** Answers with a status and a text. */
export function replyWith(status: number, body: string, contentType = "text/plain"): NonNullable<FaultProxy["fault"]> {
  return (_, response) => { response.writeHead(status, { "content-type": contentType }).end(body); };
}
