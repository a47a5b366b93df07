import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, afterEach, before, describe, it } from "node:test";
import type { NodeMessage } from "node-red";
import helper from "node-red-node-test-helper";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import modelCallNode from "../../nodes/model-call/model-call";
import modelNode from "../../nodes/model/model";
import profileNode from "../../nodes/profile/profile";
import { addsUp, replies, startFaultyServer, type FaultyServer } from "../support/model-server";

const catchNode = createRequire(__filename)("@node-red/nodes/core/common/25-catch.js") as never;
const element = (field: string, unit: string) => ({ field, unit });
const VALUES = { airTemperature: 298.1, processTemperature: 308.6, rotationalSpeed: 1551, torque: 40 };

describe("a model-call node in a running flow", () => {
  let server: FaultyServer;
  before(async () => {
    helper.init(require.resolve("node-red"));
    await new Promise<void>((resolve) => { helper.startServer(resolve); });
  });
  after(() => new Promise<void>((resolve) => { helper.stopServer(resolve); }));
  afterEach(async () => {
    await helper.unload();
    await server.close();
  });

  const record = (values: object = VALUES) => ({
    profile: profileKey(loadBuiltInProfile()), category: "predictive-maintenance", direction: "input", nature: "measurement",
    id: "019377b4-0000-7000-8000-000000000000", timestamp: "2026-11-22T08:30:05.120Z", equipment: "acme/shanghai", values,
  });

  async function deploy(changes: { model?: object; call?: object } = {}) {
    server = await startFaultyServer();
    process.env["RESONANCE_TEST_MODEL_URL"] = server.url;
    await helper.load([profileNode, modelNode, modelCallNode, catchNode] as never, [
      { id: "tab", type: "tab" },
      { id: "profile", type: "resonance-profile", version: 1, source: "built-in" },
      {
        id: "model", type: "resonance-model", version: 1, modelId: "pair", modelVersion: "1", supplier: "", digest: "",
        category: "predictive-maintenance", protocol: "oip", url: "${RESONANCE_TEST_MODEL_URL}", serverModel: "", serverVersion: "", timeout: 60_000,
        inputTensors: [{ name: "input", datatype: "FP32", shape: [1, 2], elements: [element("rotationalSpeed", "RPM"), element("torque", "NU")] }],
        outputTensors: [{ name: "sum", datatype: "FP32", shape: [1, 1], elements: [element("failureProbability", "C62")] }],
        authentication: "none", caFile: "", ...changes.model,
      },
      { id: "call", z: "tab", type: "resonance-model-call", version: 1, profile: "profile", model: "model", concurrency: 2, queueLimit: 1, wires: [["out"]], ...changes.call },
      { id: "out", z: "tab", type: "helper" },
      { id: "catcher", z: "tab", type: "catch", scope: null, uncaught: false, wires: [["caught"]] },
      { id: "caught", z: "tab", type: "helper" },
    ] as never);
    const call = helper.getNode("call");
    const listen = (id: string): Seen[] => {
      const seen: Seen[] = [];
      helper.getNode(id).on("input", (msg: NodeMessage) => { seen.push(msg); });
      return seen;
    };
    return { call, out: listen("out"), caught: listen("caught") };
  }

  it("puts the model's answer into the payload, keeps the record beside it and everything else as it was", async () => {
    const { call, out, caught } = await deploy();
    const input = record();
    call.receive({ payload: input, topic: "kept", resonance: { endpoint: "opc.tcp://cnc" } });
    await until(() => out.length + caught.length === 1);
    assert.deepEqual(out[0]?.payload, { modelName: "pair", modelVersion: "1", outputs: [{ name: "sum", datatype: "FP32", shape: [1, 1], data: [1591] }] });
    assert.deepEqual(out[0].resonance, { endpoint: "opc.tcp://cnc", input });
    assert.equal(out[0].topic, "kept");
    assert.equal((JSON.parse(server.inferences()[0]?.body ?? "{}") as { id: string }).id, input.id);
  });

  it("a failing call reaches a Catch node with its code, and the next message tries anew", async () => {
    const { call, out, caught } = await deploy();
    server.behaviour.infer = replies(500, { error: "CUDA out of memory" });
    call.receive({ payload: record() });
    await until(() => caught.length === 1);
    assert.equal(caught[0]?.resonance?.error?.code, "RESONANCE_MODEL_SERVER_ERROR");
    assert.match(caught[0].resonance.error.message, /CUDA out of memory/);
    server.behaviour.infer = addsUp;
    call.receive({ payload: record() });
    await until(() => out.length === 1);
    assert.equal(caught.length, 1);
  });

  it("a record that does not fit never reaches the server", async () => {
    const { call, out, caught } = await deploy();
    call.receive({ payload: record({ ...VALUES, torque: undefined }) });
    call.receive({ payload: [{ tag: "Torque", value: 40 }] });
    await until(() => caught.length === 2);
    assert.deepEqual(caught.map((msg) => msg.resonance?.error?.code), ["RESONANCE_MODEL_INPUT_MISSING", "RESONANCE_RECORD_INVALID"]);
    assert.equal(caught[0]?.resonance?.error?.path, "values/torque");
    assert.equal(out.length + server.requests.length, 0);
  });

  it("more messages than the queue takes are refused one by one, and the rest come in order", async () => {
    const { call, out, caught } = await deploy();
    for (const torque of [10, 20, 30, 40, 50]) call.receive({ payload: record({ ...VALUES, torque }) });
    await until(() => out.length + caught.length === 5);
    assert.deepEqual(out.map(({ payload }) => (payload as { outputs: { data: number[] }[] }).outputs[0]?.data[0]), [1561, 1571, 1581]);
    assert.deepEqual(caught.map((msg) => msg.resonance?.error?.code), ["RESONANCE_MODEL_QUEUE_FULL", "RESONANCE_MODEL_QUEUE_FULL"]);
  });

  it("a deployment with calls under way ends at once, each of them with an error", async () => {
    const { call } = await deploy();
    server.behaviour.infer = () => undefined;
    const errors: string[] = [];
    // The helper takes its spies away before it stops the flow.
    Object.assign(call, { error: (error: { code: string }) => { errors.push(error.code); } });
    for (let count = 0; count < 3; count += 1) call.receive({ payload: record() });
    await until(() => server.inferences().length === 2);
    await helper.unload();
    assert.deepEqual(errors, ["RESONANCE_MODEL_CLOSED", "RESONANCE_MODEL_CLOSED", "RESONANCE_MODEL_CLOSED"]);
  });

  const undeployable: readonly (readonly [string, { model?: object; call?: object }, string])[] = [
    ["no model", { call: { model: "" } }, "RESONANCE_CONFIG_MISSING"],
    ["a URL that is none", { model: { url: "model-server:8000" } }, "RESONANCE_CONFIG_FAILED"],
    ["elements that do not fill the shape", { model: { inputTensors: [{ name: "input", datatype: "FP32", shape: [1, 3], elements: [] }] } }, "RESONANCE_CONFIG_FAILED"],
    ["no parallel call", { call: { concurrency: 0 } }, "RESONANCE_CONFIG_INVALID"],
  ];
  for (const [what, changes, code] of undeployable) {
    it(`${what}: every message ends with ${code}`, async () => {
      const { call, caught } = await deploy(changes);
      call.receive({ payload: record() });
      await until(() => caught.length === 1);
      assert.equal(caught[0]?.resonance?.error?.code, code);
    });
  }
});

interface Seen extends NodeMessage {
  resonance?: { error?: { code: string; path?: string; message: string }; input?: unknown; endpoint?: string };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
}
