import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startRuntime, until, type EmbeddedRuntime, type FlowNode } from "../support/node-red-runtime";
import { startReplayServer, stopServers, type ReplayServer } from "../support/opcua-server";

let runtime: EmbeddedRuntime;
let server: ReplayServer;
const unhandled: unknown[] = [];
const note = (reason: unknown): void => { unhandled.push(reason); };
before(async () => {
  process.on("unhandledRejection", note);
  server = await startReplayServer({ variables: [{ name: "A", initial: 1 }, { name: "B", initial: 2 }], maxSessions: 2 });
  runtime = await startRuntime();
});
after(async () => {
  await runtime.close();
  await stopServers();
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, [], "no rejection went unhandled");
});

/** Two endpoint nodes with the same address stay two sessions, whatever number of nodes uses each. */
const flow = (interval: number): FlowNode[] => [
  ...["one", "two"].map((id) => ({ id, type: "resonance-opcua-endpoint", version: 1, endpointUrl: server.endpointUrl, securityMode: "None", securityPolicy: "None", authentication: "anonymous", trustedThumbprint: "" })),
  ...["one", "one", "one", "two"].map((endpoint, index) => ({
    id: `in-${index}`, type: "resonance-opcua-in", name: `in ${index}`, z: "tab", x: 0, y: 0, wires: [[]], version: 2, endpoint, mode: index === 2 ? "events" : "values",
    items: [{ tag: "A", nodeId: "nsu=urn:model-data-resonance:cnc;s=A" }, { tag: "B", nodeId: "/Objects/2:Machine/2:B" }],
    rate: "custom", publishingInterval: interval, samplingInterval: "", queueSize: 10, discard: "oldest", report: "value", deadbandType: "none", deadband: 0,
    deadbandRefused: "error", notifier: "", eventType: "", severity: 1, fields: "", output: "batch",
  })),
  { id: "catch", type: "catch", name: "trouble", z: "tab", x: 0, y: 0, scope: null, uncaught: false, wires: [[]] },
];
const flowing = (): boolean => [0, 1, 3].every((index) => runtime.status(`in ${index}`)?.text === "2 tags") && runtime.status("in 2")?.text === "hears events";

/** RESONANCE_LONG in the environment asks for the long form: a minute of one a second. */
const ROUNDS = process.env["RESONANCE_LONG"] ? 60 : 9;

test(`${ROUNDS} deployments back to back: one session an endpoint at the end, no error, no handle and no timer left`, async () => {
  await runtime.deploy(flow(50));
  await until(flowing, "all four nodes", 30);
  const before = process.getActiveResourcesInfo().length;
  for (let round = 1; round <= ROUNDS; round += 1) {
    await runtime.deploy(flow(50 + round));
    // Some deployments come while the one before is still connecting.
    if (round % 3 === 0) await until(flowing, `all four nodes, round ${round}`, 30);
    assert.ok(server.sessionCount() <= 2, `${server.sessionCount()} sessions`);
  }
  await until(flowing, "all four nodes at the end", 30);
  assert.deepEqual([server.sessionCount(), server.subscriptionCount(), server.itemCount()], [2, 4, 7]);
  assert.deepEqual(runtime.sent("trouble").map(({ error }) => error?.code), []);
  assert.ok(process.getActiveResourcesInfo().length <= before + 5, `${process.getActiveResourcesInfo().length} handles, ${before} before`);
  await runtime.deploy([{ id: "catch", type: "catch", name: "trouble", z: "tab", x: 0, y: 0, scope: null, uncaught: false, wires: [[]] }]);
  await until(() => server.sessionCount() === 0, "no session without nodes", 30);
});
