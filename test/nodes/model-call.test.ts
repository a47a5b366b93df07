import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import { addsUp, answers, replies, startFaultyServer, type FaultyServer, type FaultyServerOptions } from "../support/model-server";
import { deploy, startHelper, stopHelper, undeploy, type Deployment, type Seen, type TestNode } from "../support/node-helper";
import { until } from "../support/node-red-runtime";

/** What model-call does around its model, in the real runtime and with real servers. */

const PROFILE: TestNode = { id: "profile", type: "resonance-profile", version: 1, source: "built-in" };
const element = (field: string, unit: string) => ({ field, unit });
const codes = (flow: Deployment): (string | undefined)[] => flow.caught.map(({ resonance }) => resonance?.error?.code);
const statusOf = (flow: Deployment, id = "node"): string => flow.statuses(id).at(-1)?.text ?? "";
const answerOf = (message: Seen | undefined) => message?.resonance?.["answer"] as { node: string; role: string; from: string; attempts: number; servedVersion?: string } | undefined;

let count = 0;
const record = (torque = 40, equipment = "acme/shanghai", id = `019377b4-0000-7000-8000-${String(count++).padStart(12, "0")}`) => ({
  profile: profileKey(loadBuiltInProfile()), category: "predictive-maintenance", direction: "input", nature: "measurement", id,
  timestamp: "2026-11-22T08:30:05.120Z", equipment, values: { airTemperature: 298.1, processTemperature: 308.6, rotationalSpeed: 1500, torque },
});

const model = (id: string, url: string, changes: object = {}): TestNode => ({
  id, type: "resonance-model", version: 1, modelId: `model-${id}`, modelVersion: "1", supplier: "", digest: "", category: "predictive-maintenance", protocol: "oip", url,
  serverModel: "pair", serverVersion: "", timeout: 60_000, authentication: "none", caFile: "",
  inputTensors: [{ name: "input", datatype: "FP32", shape: [1, 2], elements: [element("rotationalSpeed", "RPM"), element("torque", "NU")] }],
  outputTensors: [{ name: "sum", datatype: "FP32", shape: [1, 1], elements: [element("remainingUsefulLife", "MIN")] }], ...changes,
});
const call = (changes: object = {}, id = "node"): TestNode => ({
  id, type: "resonance-model-call", version: 2, profile: "profile", model: "first", concurrency: "2", queueLimit: "50", policy: "refuse", retries: "0", retryTime: "10",
  fallback: "", shadow: "", shadowRelative: "1", shadowAbsolute: "0", shadowWindow: "10", warmUp: "none", batchSize: "1", batchTime: "20", cacheSize: "0", cacheTime: "60", wires: [[]], ...changes,
});

/** A function of a user's flow. */
type Work = (msg: NodeMessage, send: (msg: NodeMessage) => void) => void;
let work: Work = (msg, send) => send(msg);
function workNode(RED: NodeAPI): void {
  RED.nodes.registerType("work", function (this: Node, def: NodeDef) {
    RED.nodes.createNode(this, def);
    this.on("input", (msg, send, done) => {
      work(msg, send);
      done();
    });
  });
}

describe("model-call around its model", () => {
  const servers: FaultyServer[] = [];
  before(startHelper);
  after(stopHelper);
  afterEach(async () => {
    await undeploy();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const serve = async (behaviour: FaultyServerOptions = {}): Promise<FaultyServer> => {
    const server = await startFaultyServer(behaviour);
    servers.push(server);
    return server;
  };

  it("a model that is loading is asked again, and the answer says how often", async () => {
    let asked = 0;
    const server = await serve({ infer: (request, response) => {
      asked += 1;
      if (asked > 2) return addsUp(request, response);
      response.writeHead(503, { "retry-after": "0" }).end();
    } });
    const flow = await deploy([PROFILE, model("first", server.url), call({ retries: "3" })]);
    flow.receive("node", { payload: record() });
    await flow.settled(1);
    assert.deepEqual([flow.caught.length, answerOf(flow.sent("node")[0])?.attempts], [0, 3]);
  });

  it("latest: while the model is busy each machine's newest record waits, older ones end with a code", async () => {
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => { release = resolve; });
    const server = await serve({ infer: async (request, response) => { await held; await addsUp(request, response); } });
    const flow = await deploy([PROFILE, model("first", server.url), call({ concurrency: "1", policy: "latest" })]);
    for (const [torque, machine] of [[1, "a"], [2, "a"], [3, "b"], [4, "a"]] as const) flow.receive("node", { payload: record(torque, machine) });
    await flow.settled(1);
    assert.deepEqual(codes(flow), ["RESONANCE_MODEL_SUPERSEDED"]);
    release?.();
    await flow.settled(4);
    assert.deepEqual(flow.sent("node").map(({ resonance }) => (resonance?.["input"] as { values: { torque: number } }).values.torque), [1, 4, 3]);
    await until(() => statusOf(flow) === "1 superseded, 3 answered", "the status");
  });

  it("the circuit of a model stands in the status of all who call it, and one question closes it", async () => {
    const server = await serve({ infer: replies(500, { error: "down" }) });
    const flow = await deploy([PROFILE, model("first", server.url, { circuitFailures: 2, circuitTime: 1 }), call(), call({}, "other")]);
    for (let failed = 1; failed <= 2; failed += 1) {
      flow.receive("node", { payload: record() });
      await flow.settled(failed);
    }
    flow.receive("other", { payload: record() });
    await flow.settled(3);
    assert.deepEqual(codes(flow), ["RESONANCE_MODEL_SERVER_ERROR", "RESONANCE_MODEL_SERVER_ERROR", "RESONANCE_MODEL_CIRCUIT_OPEN"]);
    await until(() => statusOf(flow).endsWith("circuit open") && statusOf(flow, "other").endsWith("circuit open"), "both to show it");
    server.behaviour.infer = addsUp;
    let settled = 3;
    while (flow.sent("other").length === 0) {
      flow.receive("other", { payload: record() });
      await flow.settled(settled += 1);
    }
    assert.equal(server.inferences().length, 3);
    await until(() => statusOf(flow, "other").endsWith("1 answered") && !statusOf(flow).includes("circuit"), "the note to go");
  });

  it("a fallback answers with its own lineage and tensors, and the output record names it", async () => {
    const [dead, alive] = [await serve({ infer: replies(500, { error: "down" }) }), await serve({ infer: answers({ data: [2] }, { model_version: "7" }) })];
    const flow = await deploy([
      PROFILE, model("first", dead.url),
      model("second", alive.url, { modelVersion: "7", outputTensors: [{ name: "sum", datatype: "FP32", shape: [1, 1], elements: [element("remainingUsefulLife", "HUR")] }] }),
      call({ fallback: "second", wires: [["out"]] }),
      { id: "out", type: "resonance-model-out", version: 1, profile: "profile", model: "first", rules: [], mappings: [], validFor: "0", validField: "", wires: [[]] },
    ]);
    const outputs = () => flow.sent("out").map(({ payload }) => payload as { model: object; values: { remainingUsefulLife: number } });
    flow.receive("node", { payload: record() });
    await until(() => outputs().length === 1, "the first record");
    dead.behaviour.infer = answers({ data: [120] });
    flow.receive("node", { payload: record() });
    await until(() => outputs().length === 2, "the second record");
    assert.deepEqual(outputs().map(({ model: who, values }) => [who, values.remainingUsefulLife]), [[{ id: "model-second", version: "7" }, 2], [{ id: "model-first", version: "1" }, 2]]);
    assert.deepEqual(flow.sent("node").map((message) => [answerOf(message)?.node, answerOf(message)?.role]), [["second", "fallback"], ["first", "primary"]]);
    await until(() => statusOf(flow) === "1 by fallback, 1 answered", "the status");
  });

  it("an answer from another runtime's model is one of the node's own model", async () => {
    const flow = await deploy([
      PROFILE, model("first", "http://127.0.0.1:9"),
      { id: "out", type: "resonance-model-out", version: 1, profile: "profile", model: "first", rules: [], mappings: [], validFor: "0", validField: "", wires: [[]] },
    ]);
    const payload = { modelName: "pair", outputs: [{ name: "sum", datatype: "FP32", shape: [1, 1], data: [60] }] };
    flow.receive("out", { payload, resonance: { input: record(), answer: { node: "elsewhere", role: "primary" } } });
    flow.receive("out", { payload, resonance: { input: record(), answer: { node: "elsewhere", role: "fallback" } } });
    await flow.settled(2);
    assert.deepEqual([(flow.sent("out")[0]?.payload as { model: object }).model, codes(flow)], [{ id: "model-first", version: "1" }, ["RESONANCE_CONFIG_MISSING"]]);
  });

  it("a shadow is compared on its own output and used nowhere; its failures harm nobody", async () => {
    const [first, second] = [await serve(), await serve({ infer: answers({ data: [1] }) })];
    const flow = await deploy([PROFILE, model("first", first.url), model("new", second.url), call({ shadow: "new", wires: [[], []] })]);
    const reports = () => flow.sent("node", 1).map(({ payload }) => payload as { comparison?: { agrees: boolean }; error?: { code: string }; agreement: object; inputId: string });
    const asked = [record(40), record(50), record(60)];
    flow.receive("node", { payload: asked[0] });
    await until(() => reports().length === 1, "the first comparison");
    second.behaviour.infer = addsUp;
    flow.receive("node", { payload: asked[1] });
    await until(() => reports().length === 2, "the second comparison");
    second.behaviour.infer = replies(500, { error: "down" });
    flow.receive("node", { payload: asked[2] });
    await until(() => reports().length === 3, "the third report");
    assert.deepEqual(reports().map(({ comparison, error, inputId }) => [inputId, comparison?.agrees ?? error?.code]), [[asked[0]?.id, false], [asked[1]?.id, true], [asked[2]?.id, "RESONANCE_MODEL_SERVER_ERROR"]]);
    assert.deepEqual(reports()[2]?.agreement, { share: 0.5, compared: 2, failed: 1, dropped: 0 });
    assert.deepEqual([flow.sent("node").length, flow.caught.length], [3, 0]);
  });

  it("a shadow that is the model itself, or of another category, is refused at deploy", async () => {
    const server = await serve();
    const other = model("other", server.url, { category: "condition-anomaly", inputTensors: [], outputTensors: [], protocol: "flow" });
    const flow = await deploy([PROFILE, model("first", server.url), other, call({ shadow: "first", wires: [[], []] }), call({ shadow: "other", wires: [[], [], []] }, "beside")]);
    for (const [settled, node] of ["node", "beside"].entries()) {
      const before = flow.caught.length;
      flow.receive(node, { payload: record() });
      await until(() => flow.caught.length > before, `the refusal ${settled}`);
      const error = flow.caught.at(-1)?.resonance?.error;
      assert.deepEqual([error?.code, error?.path], ["RESONANCE_CONFIG_INVALID", "shadow"]);
    }
    assert.equal(server.inferences().length, 0);
  });

  it("warms the model up at deploy and shows how that goes", async () => {
    let ready = 0;
    const server = await serve({ ready: (request, response) => replies(++ready > 1 ? 200 : 503, {})(request, response) });
    const flow = await deploy([PROFILE, model("first", server.url), call({ warmUp: "ready" })]);
    await until(() => statusOf(flow) === "model ready", "the model to be ready");
    assert.ok(flow.statuses("node").some(({ text }) => text === "warming up"));
    await flow.redeploy([PROFILE, model("first", server.url), call({ warmUp: "inference" })]);
    await until(() => server.inferences().length === 1, "the inference");
    assert.deepEqual((JSON.parse(server.inferences()[0]?.body ?? "") as { inputs: { data: number[] }[] }).inputs[0]?.data, [0, 0]);
    assert.equal(flow.sent("node").length, 0);
  });

  it("another version behind the same address is told once, in the status and the log, and answers go on", async () => {
    const server = await serve();
    const flow = await deploy([PROFILE, model("first", server.url), call()]);
    const warnings: string[] = [];
    Object.assign(flow.node("node"), { warn: (text: string) => { warnings.push(text); } });
    for (const [index, version] of ["1", "2", "2"].entries()) {
      server.behaviour.infer = answers({}, { model_version: version });
      flow.receive("node", { payload: record() });
      await flow.settled(index + 1);
    }
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /version 2 of the model model-first; before it was 1/);
    await until(() => statusOf(flow) === "3 answered, version 2", "the note");
    assert.deepEqual(flow.sent("node").map((message) => answerOf(message)?.servedVersion), ["1", "2", "2"]);
  });

  it("the same record is asked once", async () => {
    const server = await serve();
    const flow = await deploy([PROFILE, model("first", server.url), call({ cacheSize: "10" })]);
    const same = record();
    for (let again = 0; again < 3; again += 1) flow.receive("node", { payload: structuredClone(same) });
    await flow.settled(3);
    assert.deepEqual([server.inferences().length, flow.sent("node").map((message) => answerOf(message)?.from)], [1, ["model", "cache", "cache"]]);
  });

  describe("a function wired in the flow", () => {
    const inFlow = (changes: object = {}) => model("first", "", { protocol: "flow", inputTensors: [], outputTensors: [], timeout: "60000", ...changes });
    const start = (changes: { model?: object; call?: object } = {}): Promise<Deployment> => deploy([
      PROFILE, inFlow(changes.model), call({ wires: [[], ["work"]], ...changes.call }), { id: "work", type: "work", wires: [["node"]] },
    ], { types: [workNode] });

    it("gets the record's values with the message's other properties, and its answer goes on with the message as it was", async () => {
      const asked: NodeMessage[] = [];
      work = (msg, send) => {
        asked.push(structuredClone(msg));
        msg.payload = { life: (msg.payload as { torque: number }).torque * 2 };
        send(Object.assign(msg, { topic: "changed by the function" }));
      };
      const flow = await start();
      const input = record(21);
      flow.receive("node", { payload: input, topic: "kept", resonance: { place: "x" } });
      await until(() => flow.sent("node").length === 1, "the answer");
      const [message] = flow.sent("node");
      assert.deepEqual([asked[0]?.payload, asked[0]?.topic], [input.values, "kept"]);
      assert.deepEqual([message?.payload, message?.topic, message?.resonance?.["place"], message?.resonance?.["question"]], [{ life: 42 }, "kept", "x", undefined]);
      assert.deepEqual([message?.resonance?.["input"], answerOf(message)?.node], [input, "first"]);
      assert.equal(flow.caught.length, 0);
    });

    it("keeps the order of a machine whatever order its answers have, and never asks more than allowed", async () => {
      const waiting: (() => void)[] = [];
      work = (msg, send) => { waiting.push(() => send(msg)); };
      const flow = await start({ call: { concurrency: "3" } });
      for (const torque of [1, 2, 3, 4]) flow.receive("node", { payload: record(torque) });
      await until(() => waiting.length === 3, "three questions");
      for (const answer of waiting.splice(0).reverse()) answer();
      await until(() => waiting.length === 1, "the fourth");
      waiting[0]?.();
      await until(() => flow.sent("node").length === 4, "all answers");
      assert.deepEqual(flow.sent("node").map(({ payload }) => (payload as { torque: number }).torque), [1, 2, 3, 4]);
    });

    for (const [what, answer] of [
      ["puts an error beside its answer, as a Catch node does", (msg: NodeMessage) => Object.assign(msg, { error: { message: "division by zero", source: { id: "work" } } })],
      ["puts one into its answer", (msg: NodeMessage) => Object.assign(msg, { payload: { error: "division by zero" } })],
    ] as const) {
      it(`that ${what} fails the question's own message`, async () => {
        work = (msg, send) => send(answer(msg));
        const flow = await start();
        const input = record();
        flow.receive("node", { payload: input, error: { message: "of an earlier node" } });
        await until(() => flow.caught.length === 1, "the error");
        assert.deepEqual([codes(flow), flow.caught[0]?.payload], [["RESONANCE_MODEL_FLOW_FAILED"], input]);
        assert.match(flow.caught[0]?.resonance?.error?.message ?? "", /division by zero/);
      });
    }

    it("late, second and foreign answers end with a code of their own, on their own message", async () => {
      let handle: unknown;
      work = (msg) => { handle = (msg as Seen).resonance?.["question"]; };
      const flow = await start({ model: { timeout: "30" } });
      flow.receive("node", { payload: record() });
      await until(() => flow.caught.length === 1, "the time-out");
      flow.receive("node", { payload: "late", resonance: { question: handle } });
      await until(() => flow.caught.length === 2, "the late answer");
      flow.receive("node", { payload: "guessed", resonance: { question: "node/guess" } });
      await until(() => flow.caught.length === 3, "the unknown answer");
      work = (msg, send) => { send({ ...msg, payload: 1 }); send({ ...msg, payload: 2 }); };
      await flow.redeploy([PROFILE, inFlow(), call({ wires: [[], ["work"]] }), { id: "work", type: "work", wires: [["node"]] }]);
      flow.receive("node", { payload: record() });
      await until(() => flow.caught.length === 4, "the second answer");
      assert.deepEqual(codes(flow), ["RESONANCE_MODEL_FLOW_TIMEOUT", "RESONANCE_MODEL_FLOW_ANSWER_LATE", "RESONANCE_MODEL_FLOW_ANSWER_UNKNOWN", "RESONANCE_MODEL_FLOW_ANSWER_TWICE"]);
      assert.deepEqual([flow.caught[1]?.payload, flow.caught[3]?.payload, flow.sent("node").map(({ payload }) => payload)], ["late", 2, [1]]);
    });

    it("may call another model of the same kind on its way", async () => {
      work = (msg, send) => send({ ...msg, payload: Array.isArray(msg.payload) ? msg.payload.length : msg.payload });
      const flow = await deploy([
        PROFILE, inFlow({ flowContent: "record" }), model("inner-model", "", { protocol: "flow", inputTensors: [], outputTensors: [], timeout: "60000" }),
        call({ wires: [[], ["inner"]] }), call({ model: "inner-model", wires: [["node"], ["work"]] }, "inner"), { id: "work", type: "work", wires: [["inner"]] },
      ], { types: [workNode] });
      const input = record(5);
      flow.receive("node", { payload: input });
      await until(() => flow.sent("node").length === 1, "the answer");
      assert.deepEqual([flow.sent("node")[0]?.payload, codes(flow)], [input.values, []]);
    });

    it("a deployment ends open questions; a node without the output for them says what to do", async () => {
      work = () => undefined;
      const flow = await start();
      const errors: string[] = [];
      Object.assign(flow.node("node"), { error: (error: { code: string }) => { errors.push(error.code); } });
      for (let open = 0; open < 3; open += 1) flow.receive("node", { payload: record() });
      await until(() => statusOf(flow) === "1 waiting", "two questions under way");
      await undeploy();
      assert.deepEqual(errors, ["RESONANCE_MODEL_CLOSED", "RESONANCE_MODEL_CLOSED", "RESONANCE_MODEL_CLOSED"]);
      const unwired = await start({ call: { wires: [[]] } });
      await until(() => unwired.caught.length === 1, "the error at deploy");
      assert.deepEqual(codes(unwired), ["RESONANCE_MODEL_FLOW_UNWIRED"]);
    });
  });

  for (const [what, changes] of [
    ["itself as fallback", { fallback: "first" }], ["a batch for a model that takes one question at a time", { batchSize: "4" }], ["an unknown policy", { policy: "random" }],
    ["a share of agreement over nothing", { shadow: "first", shadowWindow: "0", wires: [[], []] }], ["a comparison without an output for it", { shadow: "first" }],
  ] as const) {
    it(`${what}: told at deploy`, async () => {
      // Without a way for batches, so that the setting has nothing to stand on.
      const flow = await deploy([PROFILE, model("first", "", what.startsWith("a batch") ? { protocol: "flow", inputTensors: [], outputTensors: [] } : { url: "http://127.0.0.1:9" }), call({ ...changes, ...(what.startsWith("a batch") && { wires: [[], []] }) })]);
      await until(() => flow.caught.length === 1, "the error");
      assert.deepEqual(codes(flow), ["RESONANCE_CONFIG_INVALID"]);
    });
  }
});
