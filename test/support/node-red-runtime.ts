import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "./ports";

/** A node as a flow file has it. */
export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  readonly z?: string;
  readonly wires?: readonly (readonly string[])[];
  readonly [key: string]: unknown;
}

/** A message seen on a wire. */
export interface SeenMessage {
  readonly payload?: unknown;
  readonly error?: { readonly message: string; readonly code?: string; readonly source: { readonly name?: string; readonly type: string } };
  readonly resonance?: Readonly<Record<string, unknown>>;
}

interface SendEvent { readonly msg: SeenMessage; readonly source: { readonly port: number; readonly node: { readonly id: string; readonly name?: string } } }
interface Runtime {
  init(server: unknown, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  nodes: { getNode(id: string): { receive(msg: object): void } | null };
  readonly httpNode: RequestListener;
  readonly httpAdmin: (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
  hooks: { add(name: string, handler: (events: readonly SendEvent[]) => void): void };
  events: { on(name: string, handler: (event: never) => void): void; once(name: string, handler: () => void): void };
  runtime: { flows: { setFlows(options: object): Promise<unknown> } };
}

/** The real Node-RED runtime in this process, with the checkout's build as the installed pack. */
export interface EmbeddedRuntime {
  /** Deploys `flow` on one tab and waits until it runs. */
  deploy(flow: readonly FlowNode[]): Promise<void>;
  /** Messages that left the port of the node with this name, in order, since it was deployed. */
  sent(name: string, port?: number): readonly SeenMessage[];
  /** The last status of the node with this name. */
  status(name: string): { readonly fill?: string; readonly text?: string } | undefined;
  /** The last status of each node that has shown one, by name; `undefined` where it was taken away. */
  statuses(): ReadonlyMap<string, { readonly fill?: string; readonly text?: string } | undefined>;
  /** What was logged as an error since the deploy: also what no Catch node has taken. */
  logged(): readonly string[];
  /** Gives a message to the node with this name, as a wire does. */
  receive(name: string, msg: object): void;
  /** Presses the button of the inject node with this name. */
  press(name: string): void;
  /** The server of HTTP nodes, and its address; only with `http`. */
  readonly server: Server;
  readonly url: string;
  close(): Promise<void>;
}

const ROOT = path.join(__dirname, "..", "..");

/**
 * Starts the runtime, with `http` also its HTTP nodes at a free port; one a process, as Node-RED keeps its state in modules.
 * A user directory that is given stays when it closes.
 */
export async function startRuntime({ http = false, userDir: own }: { readonly http?: boolean; readonly userDir?: string } = {}): Promise<EmbeddedRuntime> {
  const userDir = own ?? mkdtempSync(path.join(tmpdir(), "resonance-runtime-"));
  const scope = path.join(userDir, "node_modules", "@model-data-resonance");
  mkdirSync(scope, { recursive: true });
  if (!existsSync(path.join(scope, "node-red"))) symlinkSync(ROOT, path.join(scope, "node-red"), "dir");
   
  const RED = require("node-red") as Runtime;
  // As Node-RED stands by itself: the admin API, which parses bodies, before the HTTP nodes.
  const server = createServer((request, response) => { RED.httpAdmin(request, response, () => { RED.httpNode(request, response); }); });
  const errors: string[] = [];
  const port = http ? await freePort() : 0;
  RED.init(server, {
    userDir, ...(http && { uiPort: port, uiHost: "127.0.0.1" }), flowFile: "flows.json", credentialSecret: false, httpNodeRoot: http && "/", httpAdminRoot: "/", lang: "en-US",
    logging: {
      console: { level: "off", metrics: false, audit: false },
      test: { level: "error", metrics: false, audit: false, handler: () => ({ msg }: { msg: unknown }) => { errors.push(String(msg)); } },
    },
    telemetry: { enabled: false },
  });
  const wires = new Map<string, SeenMessage[]>();
  const statuses = new Map<string, { fill?: string; text?: string } | undefined>();
  const names = new Map<string, string>();
  RED.hooks.add("onSend.test", (events) => {
    for (const { msg, source } of events) {
      const key = `${source.node.name ?? source.node.id}#${source.port}`;
      const list = wires.get(key) ?? [];
      list.push({ ...msg });
      wires.set(key, list);
    }
  });
  RED.events.on("node-status", ({ id, status }: { id: string; status: { fill?: string; text?: string } }) => {
    statuses.set(names.get(id) ?? id, status);
  });
  await RED.start();
  if (http) await once(server.listen(port, "127.0.0.1"), "listening");

  const give = (name: string, msg: object): void => {
    const [id = ""] = [...names].find(([, known]) => known === name) ?? [];
    const node = RED.nodes.getNode(id);
    if (!node) throw new Error(`no node ${name} is deployed`);
    node.receive(msg);
  };

  return {
    server,
    url: http ? `http://127.0.0.1:${port}` : "",
    async deploy(flow) {
      const tab = flow.find((node) => node.z !== undefined)?.z ?? "tab";
      names.clear();
      wires.clear();
      statuses.clear();
      errors.length = 0;
      for (const node of flow) if (node.name) names.set(node.id, node.name);
      const started = new Promise<void>((resolve) => { RED.events.once("flows:started", resolve); });
      await RED.runtime.flows.setFlows({ flows: { flows: [{ id: tab, type: "tab", label: "test" }, ...flow] }, deploymentType: "full" });
      await started;
    },
    sent: (name, port = 0) => wires.get(`${name}#${port}`) ?? [],
    status: (name) => statuses.get(name),
    statuses: () => statuses,
    logged: () => errors,
    receive: give,
    press(name) { give(name, {}); },
    async close() {
      server.closeAllConnections();
      if (http) await new Promise((resolve) => { server.close(resolve); });
      await RED.stop();
      if (own === undefined) rmSync(userDir, { recursive: true, force: true });
    },
  };
}

/** An example flow as it is imported. */
export function readExample(...parts: readonly string[]): FlowNode[] {
  return JSON.parse(readFileSync(path.join(ROOT, "examples", ...parts), "utf8")) as FlowNode[];
}

/** Waits until `condition` holds. @throws with `what` when it does not within `seconds`. */
export async function until(condition: () => boolean, what: string, seconds = 15): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
