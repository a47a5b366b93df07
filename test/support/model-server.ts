import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Text of the body. */
  readonly body: string;
  readonly bytes: Buffer;
}

/** Answers one request, or does not; may take its time or break the connection. */
export type Behaviour = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

export interface FaultyServerOptions {
  /** The model's metadata; without it a signature of one FP32 pair in, one FP32 value out. */
  metadata?: Behaviour;
  ready?: Behaviour;
  infer?: Behaviour;
  /** Everything that belongs to no model: the server's metadata, the model repository. */
  other?: Behaviour;
  /** PEM key and certificate: speaks TLS. */
  tls?: { readonly key: string; readonly cert: string };
  port?: number;
}

/** A server of the Open Inference Protocol with the model `pair` whose answers a test chooses and may exchange at any time. */
export interface FaultyServer {
  readonly url: string;
  readonly port: number;
  readonly behaviour: FaultyServerOptions;
  /** Every request so far. */
  readonly requests: readonly SeenRequest[];
  /** Connections opened so far. */
  connections(): number;
  /** The most inferences that were at work at the same time. */
  mostInFlight(): number;
  inferences(): readonly SeenRequest[];
  close(): Promise<void>;
}

export const SUM_METADATA = {
  name: "pair", versions: ["1"], platform: "test",
  inputs: [{ name: "input", datatype: "FP32", shape: [-1, 2] }],
  outputs: [{ name: "sum", datatype: "FP32", shape: [-1, 1] }],
};

/** Answers with a status and a JSON document (or, for a text, with just that). */
export function replies(statusCode: number, document: unknown): Behaviour {
  return (_, response) => {
    response.writeHead(statusCode, { "content-type": "application/json" });
    response.end(typeof document === "string" ? document : JSON.stringify(document));
  };
}

/** A well-formed answer with one output tensor `sum`, changed by `changes`. */
export function answers(changes: Readonly<Record<string, unknown>> = {}, around: Readonly<Record<string, unknown>> = {}): Behaviour {
  const output = { name: "sum", datatype: "FP32", shape: [1, 1], data: [3], ...changes };
  return replies(200, { model_name: "pair", model_version: "1", outputs: [output], ...around });
}

/**
 * An answer in the form of the binary tensor data extension: outputs as bytes behind the JSON part, written here by hand as the
 * extension's text says, not by the product's code.
 */
export function answersInBytes(outputs: readonly { readonly name: string; readonly datatype: string; readonly shape: readonly number[]; readonly bytes: Buffer }[]): Behaviour {
  return (_, response) => {
    const head = Buffer.from(JSON.stringify({
      model_name: "pair", model_version: "1",
      outputs: outputs.map(({ bytes, ...output }) => ({ ...output, parameters: { binary_data_size: bytes.length } })),
    }));
    response.writeHead(200, { "content-type": "application/octet-stream", "inference-header-content-length": head.length });
    response.end(Buffer.concat([head, ...outputs.map(({ bytes }) => bytes)]));
  };
}

/** What the model does when nothing is wrong: adds its two inputs up. */
export const addsUp: Behaviour = (request, response) => {
  const { id, inputs } = JSON.parse(request.body) as { id?: string; inputs: { data: [number, number] }[] };
  const [a, b] = inputs[0]?.data ?? [NaN, NaN];
  return answers({ data: [a + b] }, { id })(request, response);
};

export async function startFaultyServer(behaviour: FaultyServerOptions = {}): Promise<FaultyServer> {
  const requests: SeenRequest[] = [];
  let connections = 0;
  let inFlight = 0;
  let most = 0;
  const isInference = ({ path }: { path: string }): boolean => path.endsWith("/infer");
  const choose = (path: string): Behaviour => {
    if (path.endsWith("/infer")) return behaviour.infer ?? addsUp;
    if (path.endsWith("/ready")) return behaviour.ready ?? replies(200, { name: "pair", ready: true });
    if (path.includes("/models/")) return behaviour.metadata ?? replies(200, SUM_METADATA);
    if (behaviour.other) return behaviour.other;
    return replies(200, { name: "faulty", version: "1.2.3", extensions: ["binary_tensor_data"] });
  };
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
    const bytes = Buffer.concat(parts);
    const request = { method: incoming.method ?? "", path: incoming.url ?? "", headers: incoming.headers, bytes, body: bytes.toString("utf8") };
    requests.push(request);
    if (isInference(request)) {
      inFlight += 1;
      most = Math.max(most, inFlight);
      response.once("close", () => { inFlight -= 1; });
    }
    await choose(request.path)(request, response);
  };
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    handle(incoming, response).catch(() => response.destroy());
  };
  const server: Server = behaviour.tls ? createHttpsServer(behaviour.tls, listener) : createHttpServer(listener);
  server.on("connection", () => { connections += 1; });
  await new Promise<void>((resolve) => server.listen(behaviour.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${behaviour.tls ? "https" : "http"}://127.0.0.1:${port}`, port, behaviour, requests,
    connections: () => connections,
    mostInFlight: () => most,
    inferences: () => requests.filter(isInference),
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
