import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

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
  readonly httpNode: (request: object, response: object) => void;
  init(server: unknown, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
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
  /** Where nodes such as http in are served; with the setting `http`. */
  readonly httpUrl: string;
  close(): Promise<void>;
}

const ROOT = path.join(__dirname, "..", "..");

/** Starts the runtime; one a process, as Node-RED keeps its state in modules. A user directory that is given stays when it closes. */
export async function startRuntime(settings: { readonly userDir?: string; readonly http?: boolean } = {}): Promise<EmbeddedRuntime> {
  const userDir = settings.userDir ?? mkdtempSync(path.join(tmpdir(), "resonance-runtime-"));
  const scope = path.join(userDir, "node_modules", "@model-data-resonance");
  mkdirSync(scope, { recursive: true });
  if (!existsSync(path.join(scope, "node-red"))) symlinkSync(ROOT, path.join(scope, "node-red"), "dir");
   
  const RED = require("node-red") as Runtime;
  // What flows serve by HTTP is reached once a test listens.
  const server = createServer((request, response) => { RED.httpNode(request, response); });
  RED.init(server, {
    userDir, flowFile: "flows.json", credentialSecret: false, httpNodeRoot: settings.http ? "/" : false, httpAdminRoot: "/", lang: "en-US",
    logging: { console: { level: "off", metrics: false, audit: false } }, telemetry: { enabled: false },
  });
  const wires = new Map<string, SeenMessage[]>();
  const statuses = new Map<string, { fill?: string; text?: string }>();
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
  if (settings.http) await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  const address = server.address();

  return {
    async deploy(flow) {
      const tab = flow.find((node) => node.z !== undefined)?.z ?? "tab";
      names.clear();
      wires.clear();
      statuses.clear();
      for (const node of flow) if (node.name) names.set(node.id, node.name);
      const started = new Promise<void>((resolve) => { RED.events.once("flows:started", resolve); });
      await RED.runtime.flows.setFlows({ flows: { flows: [{ id: tab, type: "tab", label: "test" }, ...flow] }, deploymentType: "full" });
      await started;
    },
    sent: (name, port = 0) => wires.get(`${name}#${port}`) ?? [],
    status: (name) => statuses.get(name),
    httpUrl: typeof address === "object" && address ? `http://127.0.0.1:${address.port}` : "",
    async close() {
      await RED.stop();
      server.close();
      server.closeAllConnections();
      if (settings.userDir === undefined) rmSync(userDir, { recursive: true, force: true });
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
