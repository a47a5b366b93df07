import { readFileSync } from "node:fs";
import path from "node:path";
import type { Node, NodeAPI, NodeInitializer, NodeMessage } from "node-red";
import helper from "node-red-node-test-helper";
import type { Language } from "../../nodes/lib/errors/resonance-error";
import { until } from "./node-red-runtime";

/** A node as a flow file has it; with `wires` it stands on the tab, without it is a configuration node. */
export interface TestNode {
  readonly id: string;
  readonly type: string;
  readonly wires?: readonly (readonly string[])[];
  readonly [property: string]: unknown;
}

/** A message as a test looks at it. */
export interface Seen extends NodeMessage {
  readonly payload?: unknown;
  /** What Node-RED adds for a Catch node. */
  readonly error?: { readonly message: string; readonly code?: string; readonly source: { readonly id: string } };
  readonly resonance?: {
    readonly error?: { readonly code: string; readonly path?: string; readonly message: string; readonly hint: string };
    readonly errors?: readonly { readonly path: string; readonly code: string; readonly message: string }[];
    readonly [property: string]: unknown;
  };
}

export interface Status {
  readonly fill?: string;
  readonly shape?: string;
  readonly text?: string;
}

export interface DeployOptions {
  readonly lang?: Language;
  /** By node id, as Node-RED keeps them apart from the flow. */
  readonly credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Node types of the test itself. */
  readonly types?: readonly NodeInitializer[];
  /** Further settings of the runtime. */
  readonly settings?: object;
  /** Variables of the flow's properties. */
  readonly flowVariables?: Readonly<Record<string, string>>;
}

/** A running flow; a Catch node and a Complete node listen to every node of it. */
export interface Deployment {
  node(id: string): Node;
  /** Gives a message to a node, as a wire does. */
  receive(id: string, msg: NodeMessage & object): void;
  /** What left a port of a node, in order. */
  sent(id: string, port?: number): readonly Seen[];
  /** What reached the Catch node. */
  readonly caught: readonly Seen[];
  /** What reached the Complete node. */
  readonly completed: readonly Seen[];
  /** Every status of a node so far. */
  statuses(id: string): readonly Status[];
  /** Waits until as many messages as `count` were completed or caught. */
  settled(count: number): Promise<void>;
  /** Deploys the same or other nodes as the editor does, and waits until they run. */
  redeploy(nodes: readonly TestNode[]): Promise<void>;
  /** The flow as the editor exports it. */
  exported(): string;
}

interface RuntimeNodes {
  setFlows(flows: readonly object[], credentials: null, type: "full"): Promise<unknown>;
  getFlows(): { flows: unknown };
}

const BUILT = path.join(__dirname, "..", "..", "dist", "nodes");
const TAB = "tab";
/** What has no place on a tab is a configuration node for the runtime. */
const ON_TAB = { z: TAB, x: 0, y: 0 };

let stopListening: (() => void) | undefined;

/** Starts what the nodes need of the runtime; once a file. */
export async function startHelper(): Promise<void> {
  helper.init(require.resolve("node-red"));
  await new Promise<void>((resolve) => { helper.startServer(resolve); });
}

export function stopHelper(): Promise<void> {
  return new Promise((resolve) => { helper.stopServer(resolve); });
}

/** Stops the flow and waits until all its nodes are closed. */
export async function undeploy(): Promise<void> {
  await helper.unload();
  stopListening?.();
  stopListening = undefined;
}

/** A module of the build, as the runtime requires it. */
export function built<T>(...file: readonly string[]): T {
  return require(path.join(BUILT, ...file)) as T;
}

/** Starts a flow of the pack's built nodes; every port gets a recorder before its own wires. */
export async function deploy(nodes: readonly TestNode[], options: DeployOptions = {}): Promise<Deployment> {
  const { lang = "en-US", credentials = {}, types = [], settings = {} } = options;
  const recorded = new Map<string, Seen[]>();
  const statuses = new Map<string, Status[]>();
  const list = <T>(lists: Map<string, T[]>, key: string): T[] => {
    const known = lists.get(key) ?? [];
    lists.set(key, known);
    return known;
  };
  let runtimeEvents: NodeAPI["events"] | undefined;
  const recorder = (RED: NodeAPI): void => {
    runtimeEvents = RED.events;
    const onStatus = ({ id, status }: { id: string; status: Status }): void => { list(statuses, id).push(status); };
    RED.events.on("node-status", onStatus);
    stopListening = () => { RED.events.off("node-status", onStatus); };
    RED.nodes.registerType("recorder", function (this: Node, def) {
      RED.nodes.createNode(this, def);
      this.on("input", (msg, _send, done) => {
        list(recorded, def.id).push(msg);
        done();
      });
    });
  };
  const packTypes = [...new Set(nodes.map(({ type }) => type))].filter((type) => type.startsWith("resonance-")).map((type) => type.slice("resonance-".length));
  helper.settings({ ...settings, lang } as never);
  const initializers = [recorder, ...types, ...packTypes.filter(isBuilt).map((name) => inItsLanguage(name, lang))];
  await helper.load(initializers, flowOf(nodes, options) as never, credentials);

  const runtime = (helper as unknown as { _redNodes: RuntimeNodes })._redNodes;
  const caught = list(recorded, "caught");
  const completed = list(recorded, "completed");
  return {
    caught, completed,
    node: (id) => helper.getNode(id),
    receive(id, msg) { helper.getNode(id).receive(msg); },
    sent: (id, port = 0) => list(recorded, portId(id, port)),
    statuses: (id) => list(statuses, id),
    settled: (count) => until(() => caught.length + completed.length >= count, `${count} messages to be completed or caught`),
    async redeploy(changed) {
      const started = new Promise<void>((resolve) => { runtimeEvents?.once("flows:started", resolve); });
      await runtime.setFlows(flowOf(changed, options), null, "full");
      await started;
    },
    exported: () => JSON.stringify(runtime.getFlows().flows),
  };
}

/** Nodes of the test's own may have the same prefix. */
function isBuilt(name: string): boolean {
  try {
    require.resolve(path.join(BUILT, name, `${name}.js`));
    return true;
  } catch {
    return false;
  }
}

/** The helper gives nodes no catalogue; this one is the node's own. */
function inItsLanguage(name: string, lang: Language): NodeInitializer {
  const catalogue = JSON.parse(readFileSync(path.join(BUILT, name, "locales", lang, `${name}.json`), "utf8")) as Record<string, unknown>;
  const translate = (key: string, values: Readonly<Record<string, string | number>> = {}): string => {
    const text = key.split(".").reduce<unknown>((part, step) => (part as Record<string, unknown> | undefined)?.[step], catalogue);
    return typeof text === "string" ? text.replace(/__(\w+)__/g, (_, value: string) => String(values[value])) : key;
  };
  // Nor has the helper's runtime the message hooks that nodes of a real one get.
  const { hooks } = require("@node-red/util") as { readonly hooks: object };
  return (RED) => built<NodeInitializer>(name, `${name}.js`)(Object.create(RED, { _: { value: translate }, hooks: { value: hooks } }) as NodeAPI);
}

function flowOf(nodes: readonly TestNode[], { flowVariables = {} }: DeployOptions): object[] {
  const wired = nodes.filter(({ wires }) => wires);
  const recorders = wired.flatMap(({ id, wires = [] }) => wires.map((_, port) => portId(id, port)));
  const env = Object.entries(flowVariables).map(([name, value]) => ({ name, value, type: "str" }));
  return [
    { id: TAB, type: "tab", label: "test", ...(env.length > 0 && { env }) },
    ...nodes.map((node) => (node.wires ? { ...node, ...ON_TAB, wires: node.wires.map((targets, port) => [portId(node.id, port), ...targets]) } : node)),
    { id: "catcher", ...ON_TAB, type: "catch", scope: null, uncaught: false, wires: [["caught"]] },
    { id: "completer", ...ON_TAB, type: "complete", scope: wired.map(({ id }) => id), uncaught: false, wires: [["completed"]] },
    ...["caught", "completed", ...recorders].map((id) => ({ id, ...ON_TAB, type: "recorder", wires: [] })),
  ];
}

function portId(id: string, port: number): string {
  return `${id}#${port}`;
}
