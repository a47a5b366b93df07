/**
 * `npm start`: a simulated CNC machine, a model server and a MES beside a Node-RED that has the pack installed
 * as the palette installs it, running the example flow. `--once` ends after the first accepted document,
 * `--port N` chooses Node-RED's port, `--reset` puts the example back in place of a flow that was changed.
 */
import { once as event } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { parseArgs } from "node:util";
import { startCncMachine } from "./demo/cnc-machine";
import { startMes } from "./demo/mes";
import { startModelServer } from "./demo/model-server";
import { installPack, lockUserDirectory, startNodeRed, writeUserDirectory, type NodeRedProcess } from "./demo/node-red";

const FLOW = path.join(__dirname, "CNC machining", "01 Predictive maintenance.json");
const USER_DIRECTORY = path.join(__dirname, "..", ".node-red");
const ONCE_LIMIT_MS = 120_000;

const { values: options } = parseArgs({
  options: { once: { type: "boolean", default: false }, port: { type: "string", default: "1880" }, reset: { type: "boolean", default: false } },
});
const begun = Date.now();
const closers: (() => Promise<unknown>)[] = [];
let stopping = false;
let nodeRed: NodeRedProcess | undefined;

function say(text: string): void {
  process.stdout.write(`[demo ${((Date.now() - begun) / 1000).toFixed(1).padStart(5)} s] ${text}\n`);
}

async function stop(exitCode: number): Promise<never> {
  if (!stopping) {
    stopping = true;
    // One after the other: Node-RED takes its leave of the servers before they go.
    for (const close of closers.reverse()) await close().catch(() => undefined);
  }
  process.exit(exitCode);
}

/** `wanted` if nobody listens there, else a free port. */
async function freePort(wanted: number): Promise<number> {
  for (const candidate of [wanted, 0]) {
    const server = createServer();
    const listening = event(server, "listening");
    server.listen(candidate, "127.0.0.1");
    if (await listening.then(() => true, () => false)) {
      const { port } = server.address() as { port: number };
      await new Promise((resolve) => server.close(resolve));
      return port;
    }
  }
  throw new Error("no free port");
}

/** Without a document in time `--once` fails; a watched demo says what Node-RED says and goes on. */
function complain(): void {
  const log = nodeRed ? nodeRed.log() : "Node-RED has not started yet";
  say(`no document was accepted within ${ONCE_LIMIT_MS / 1000} s of the start.\n${log}`);
  if (options.once) void stop(1);
}

async function main(): Promise<void> {
  const limit = setTimeout(complain, ONCE_LIMIT_MS);
  await lockUserDirectory(USER_DIRECTORY);
  say("building the line: CNC machine (OPC UA) → model (Open Inference Protocol) → MES (B2MML)");
  const install = installPack(USER_DIRECTORY, say);
  const [machine, model, mes] = await Promise.all([startCncMachine({}), startModelServer({}), startMes({})]);
  closers.push(() => machine.close(), () => model.close(), () => mes.close());
  const addresses = { OPCUA_ENDPOINT: machine.endpointUrl, MODEL_SERVER_URL: model.url, MES_URL: mes.url };
  for (const [name, address] of Object.entries(addresses)) say(`${name.padEnd(17)} ${address}`);

  await install;
  const wanted = Number(options.port);
  const port = await freePort(wanted);
  if (port !== wanted) say(`port ${wanted} is in use; Node-RED takes ${port}`);
  const isExample = await writeUserDirectory(USER_DIRECTORY, { flow: FLOW, port, reset: options.reset });
  if (!isExample) say("your changed flow is kept; npm start -- --reset puts the example back");
  const started = startNodeRed(USER_DIRECTORY, addresses);
  nodeRed = started;
  closers.push(() => started.close());
  started.exited.then((code) => {
    if (stopping) return;
    say(`Node-RED ended by itself (exit code ${String(code)}):\n${started.log()}`);
    void stop(1);
  }, () => undefined);
  await started.ready;
  say(`Node-RED editor   http://127.0.0.1:${port}/`);
  say(`MES page          ${new URL("/", mes.url).href}`);

  const first = await mes.firstAccepted;
  clearTimeout(limit);
  say(`the MES accepted its first document: ${first.message} for ${first.equipment}`);
  if (options.once) await stop(0);
  say("running; Ctrl-C stops everything");
}

process.once("SIGINT", () => void stop(0));
process.once("SIGTERM", () => void stop(0));
main().catch((thrown: unknown) => {
  say(thrown instanceof Error ? thrown.message : String(thrown));
  void stop(1);
});
