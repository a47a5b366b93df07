import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { predict, type Network } from "../models/train/network";
import { readRequest, Refusal, SIGNATURE, writeResponse } from "./oip-request";
import model from "./tool-failure-model.json";

/** A running model server. */
export interface ModelServer {
  /** Base URL for the model node. */
  readonly url: string;
  /** Inferences answered so far. */
  answered(): number;
  close(): Promise<void>;
}

const MAX_BODY = 1024 * 1024;
const PLATFORM = "perceptron";

type Handler = (body: string) => object;

/**
 * Serves the model `tool-failure` on 127.0.0.1 with the REST interface of the Open Inference Protocol V2:
 * FP32 `input` [N,5] (air temperature K, process temperature K, speed 1/min, torque N·m, tool wear min) to FP32
 * `failureProbability` [N,1] and `remainingUsefulLife` [N,1] (min). `port` 0 takes a free one.
 */
export async function startModelServer({ port = 0 }: { readonly port?: number }): Promise<ModelServer> {
  const { name, version } = model;
  const network: Network = model.network;
  let answered = 0;

  const infer: Handler = (body) => {
    const request = readRequest(body);
    const response = writeResponse(request, request.rows.map((row) => predict(network, row)), { name, version });
    answered += 1;
    return response;
  };
  const ofModel: Readonly<Record<string, Handler>> = {
    "GET ": () => ({ name, versions: [version], platform: PLATFORM, ...SIGNATURE }),
    "GET /ready": () => ({ name, ready: true }),
    "POST /infer": infer,
  };
  const ofServer: Readonly<Record<string, Handler>> = {
    "GET ": () => ({ name: "model-data-resonance-demo", version, extensions: [] }),
    "GET /health/live": () => ({ live: true }),
    "GET /health/ready": () => ({ ready: true }),
  };
  const find = (method: string, path: string): Handler => {
    const [, rest] = /^\/v2(\/.*?)?\/?$/.exec(path) ?? refuse(404, `no such endpoint: ${path}`);
    const [, asked, askedVersion, action = ""] = /^\/models\/([^/]+)(?:\/versions\/([^/]+))?(\/\w+)?$/.exec(rest ?? "") ?? [];
    if (asked === undefined) return ofServer[`${method} ${rest ?? ""}`] ?? refuse(404, `no such endpoint: ${method} ${path}`);
    if (decodeURIComponent(asked) !== name) return refuse(404, `unknown model '${asked}', this server has '${name}'`);
    if (askedVersion !== undefined && decodeURIComponent(askedVersion) !== version) {
      return refuse(404, `unknown version '${askedVersion}' of model '${name}', this server has '${version}'`);
    }
    return ofModel[`${method} ${action}`] ?? refuse(404, `no such endpoint: ${method} ${path}`);
  };

  const server = createServer((request, response) => {
    readBody(request)
      .then((body) => find(request.method ?? "", new URL(request.url ?? "", "http://localhost").pathname)(body))
      .then((answer) => reply(response, 200, answer))
      .catch((thrown: unknown) => {
        const statusCode = thrown instanceof Refusal ? thrown.statusCode : 500;
        reply(response, statusCode, { error: thrown instanceof Error ? thrown.message : String(thrown) });
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered: () => answered,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

function refuse(statusCode: number, message: string): never {
  throw new Refusal(statusCode, message);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) refuse(413, `the request is larger than ${MAX_BODY} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function reply(response: ServerResponse, statusCode: number, answer: object): void {
  response.writeHead(statusCode, { "content-type": "application/json" });
  response.end(JSON.stringify(answer));
}
