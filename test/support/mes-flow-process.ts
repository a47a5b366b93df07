import { fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { numberedDocument } from "./mes-store";
import { startRuntime, until, type FlowNode } from "./node-red-runtime";

/** A Node-RED process whose flow sends numbered documents to each of several MES without end, for a test to end without a goodbye. */
export interface FlowProcess {
  /** Resolves when the first message of this run is done. */
  readonly sending: Promise<unknown>;
  /** kill -9 */
  kill(): Promise<void>;
}

export interface FlowRun {
  readonly userDir: string;
  /** One MES each, with an outbox and a node of its own. */
  readonly urls: readonly string[];
  /** Number of the MES and `key` of every message that was done, one a line. */
  readonly journal: string;
  /** Documents are numbered from here on; none: only what waits is delivered. */
  readonly from?: number;
}

export const LANES = 5;

export function startFlowProcess(run: FlowRun): FlowProcess {
  const child = fork(__filename, [JSON.stringify(run)], { execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const sending = Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => { throw new Error("the process ended by itself"); }),
  ]);
  return {
    sending,
    async kill() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Every so many documents one is so large that few of them fill a file of the outbox: files are finished, rewritten and removed all the time. */
const LARGE_EVERY = 15;
const LARGE = "x".repeat(4_000_000);

async function run({ userDir, urls, journal, from }: FlowRun): Promise<void> {
  process.on("disconnect", () => process.exit());
  const file = fs.openSync(journal, "a");
  const runtime = await startRuntime({ userDir });
  const RED = require("node-red") as {
    hooks: { add(name: string, handler: (event: { msg: { key?: string }; error?: unknown }) => void): void };
    nodes: { getNode(id: string): { receive(msg: object): void } | null };
  };
  let open = 0;
  RED.hooks.add("onComplete.test", ({ msg, error }) => {
    open -= 1;
    if (error || msg.key === undefined) return;
    fs.writeSync(file, `${msg.key}\n`);
    process.send?.("sending");
  });
  const flow = urls.flatMap((url, index): FlowNode[] => [
    { id: `mes-${index}`, type: "resonance-mes", name: `MES ${index}`, version: 2, url, format: "xml", authentication: "none", tokenUrl: "", clientId: "", scope: "", clientAuthentication: "basic", caFile: "", certFile: "", keyFile: "", proxy: "none",
      keep: "disk", retryFor: "ever", order: "equipment", policy: "refuse", timeout: 5000, retries: 3, queueLimit: 100000, diskLimit: 100, ageLimit: 0, lanes: 4 },
    { id: `out-${index}`, type: "resonance-mes-out", name: `out ${index}`, version: 1, z: "tab", x: 0, y: 0, mes: `mes-${index}`, wires: [[], []] },
  ]);
  await runtime.deploy(flow);
  // The event of the start before may come late.
  await until(() => RED.nodes.getNode("out-0") !== null, "the flow to run", 60);
  if (from === undefined) {
    process.send?.("sending");
    return;
  }
  const send = (number: number): void => {
    const lane = `cnc-${number % LANES}`;
    const document = numberedDocument(lane, number);
    const payload = number % LARGE_EVERY === 5 ? document.replace("</DataArea>", `<!--${LARGE}--></DataArea>`) : document;
    urls.forEach((_, index) => {
      open += 1;
      RED.nodes.getNode(`out-${index}`)?.receive({ key: `${index} ${lane}-${number}`, payload });
    });
  };
  for (let number = from; ; number += 1) {
    send(number);
    while (open > 20) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

if (require.main === module) void run(JSON.parse(process.argv[2] ?? "{}") as FlowRun);
