import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { startMes, type DemoMes } from "../../examples/demo/mes";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import type { Sample } from "../../nodes/lib/record/sample";
import { startScriptedServer, type ScriptedServer } from "../support/mes-server";
import { addsUp, replies, startFaultyServer, type FaultyServer } from "../support/model-server";
import { deploy, startHelper, stopHelper, undeploy, type Deployment, type DeployOptions, type TestNode } from "../support/node-helper";
import { until } from "../support/node-red-runtime";
import { PLANT, startPlant, stopPlants, type Plant } from "../support/opcua-plant";
import { startReplayServer, stopServers, type ReplayServer, type ReplayServerOptions } from "../support/opcua-server";

/** The nodes that talk to someone, each with a real server on the other side. */

const PROFILE: TestNode = { id: "profile", type: "resonance-profile", version: 1, source: "built-in" };
const TIME = "2026-11-22T08:30:05.120Z";
const element = (field: string, unit: string) => ({ field, unit });
const codes = (flow: Deployment): (string | undefined)[] => flow.caught.map(({ resonance }) => resonance?.error?.code);
const lastStatus = (flow: Deployment): string => flow.statuses("node").at(-1)?.text ?? "";

const AUTHENTICATIONS: readonly (readonly [kind: string, credentials: Readonly<Record<string, string>>, header: string])[] = [
  ["basic", { user: "cell-4", password: "pässwörd:1" }, `Basic ${Buffer.from("cell-4:pässwörd:1").toString("base64")}`],
  ["bearer", { token: "t0p-s3cret" }, "Bearer t0p-s3cret"],
];

/** Nothing that leaves the runtime for a person or another node may hold a secret; the flow not even the user. */
function assertNoSecret(flow: Deployment, { user = "", password = "", token = "" }: Readonly<Record<string, string>>): void {
  const messages = JSON.stringify([flow.sent("node"), flow.caught, flow.completed, flow.statuses("node")]);
  const absent = (text: string, ...secrets: readonly string[]): void => {
    for (const secret of secrets) assert.ok(secret === "" || !text.includes(secret), `${secret} in ${text}`);
  };
  absent(flow.exported(), user, password, token);
  absent(messages, password, token);
}

describe("nodes that talk to servers", () => {
  before(startHelper);
  after(stopHelper);

  describe("opcua-out", () => {
    let plant: Plant;
    before(async () => { plant = await startPlant(); });
    after(stopPlants);
    afterEach(undeploy);

    const ENDPOINT = (): TestNode => ({
      id: "endpoint", type: "resonance-opcua-endpoint", name: "CNC", version: 1, endpointUrl: plant.endpointUrl,
      securityMode: "None", securityPolicy: "None", authentication: "anonymous", trustedThumbprint: "",
    });
    const start = (changes: object = {}, ...more: TestNode[]): Promise<Deployment> => deploy([PROFILE, ENDPOINT(), {
      id: "node", type: "resonance-opcua-out", version: 1, endpoint: "endpoint", mode: "write", confirmWithin: "500", checkRange: true, together: "command", repeat: false,
      objectId: "", methodId: "", historySpan: 3600, historyLimit: 1000, timeout: "20000", queueLimit: "10", wires: [[], []],
      items: [{ tag: "Feed", nodeId: `${PLANT}FeedOverride`, unit: "C62", targetUnit: "" }, { tag: "Picky", nodeId: `${PLANT}Picky`, unit: "", targetUnit: "" }], ...changes,
    }, ...more]);

    it("sends what the server confirms by the first port and what failed, with its reason, by the second", async () => {
      const flow = await start();
      flow.receive("node", { payload: { Feed: 0.5, Picky: 1 }, topic: "kept", resonance: { place: "x" } });
      await flow.settled(1);
      const [done] = flow.sent("node");
      const [sample, ...others] = done?.payload as Sample[];
      assert.deepEqual([{ ...sample, timestamp: "" }, others], [{ tag: "Feed", value: 50, unit: "P1", quality: "Good", timestamp: "", confirmed: "read" }, []]);
      assert.deepEqual([done?.topic, done?.resonance], ["kept", { place: "x", endpoint: plant.endpointUrl, write: { confirmed: 1, failed: 1 } }]);
      const [failed] = flow.sent("node", 1);
      const [error, ...further] = failed?.resonance?.errors ?? [];
      assert.deepEqual([failed?.payload, error?.code, error?.path, further], [{ Feed: 0.5, Picky: 1 }, "RESONANCE_OPCUA_WRITE_REFUSED", "payload/Picky", []]);
      assert.match(error?.message ?? "", /BadTypeMismatch/);
      assert.deepEqual(flow.caught, []);
      await until(() => lastStatus(flow) === "1 written, 1 failed", "the status");
    });

    it("without a wire at the second port what failed reaches a Catch node, once", async () => {
      const flow = await start({ wires: [[]] });
      flow.receive("node", { payload: { Feed: 0.6, Picky: 1 } });
      await flow.settled(1);
      assert.deepEqual([codes(flow), flow.completed.length, (flow.sent("node")[0]?.payload as Sample[])[0]?.value], [["RESONANCE_OPCUA_WRITE_REFUSED"], 0, 60]);
    });

    it("a proposal is refused, and so is a command whose time is over", async () => {
      const flow = await start();
      const proposal = {
        profile: profileKey(loadBuiltInProfile()), category: "adaptive-control", direction: "output", nature: "proposal", id: "p-1", timestamp: TIME, equipment: "acme",
        inputId: "i-1", model: { id: "m", version: "1" }, values: {}, validUntil: TIME,
      };
      flow.receive("node", { payload: proposal });
      flow.receive("node", { payload: { ...proposal, nature: "command", validUntil: "2026-01-01T00:00:00.000Z" } });
      await flow.settled(2);
      assert.deepEqual(codes(flow), ["RESONANCE_OPCUA_NOT_A_COMMAND", "RESONANCE_OPCUA_COMMAND_EXPIRED"]);
      assert.equal(flow.sent("node").length + flow.sent("node", 1).length, 0);
    });

    it("reads, calls and reads history on a message, in the units and with the names of the server", async () => {
      plant.set("State", "Int32", 7);
      plant.set("Past", "Double", 4.5, { time: new Date(Date.now() - 1000) });
      const read = await start({ mode: "read", items: [{ tag: "State", nodeId: `${PLANT}State` }] });
      read.receive("node", { payload: "" });
      await read.settled(1);
      const [state] = read.sent("node")[0]?.payload as Sample[];
      assert.deepEqual([state?.value, state?.enumeration], [7, "Faulted"]);
      await undeploy();
      const call = await start({ mode: "call", items: [], objectId: `${PLANT}Machine`, methodId: `${PLANT}Load` });
      call.receive("node", { payload: { program: "O7", count: 2, state: "Idle", offsets: [] } });
      await call.settled(1);
      assert.deepEqual(call.sent("node")[0]?.payload, { line: 7, job: { JobID: "O7", Count: 2, State: "Running", Pace: 1, Points: [] } });
      await undeploy();
      const past = await start({ mode: "history", items: [{ tag: "Past", nodeId: `${PLANT}Past` }] });
      past.receive("node", { payload: {} });
      await past.settled(1);
      assert.deepEqual((past.sent("node")[0]?.payload as Sample[]).map(({ value }) => value), [4.5]);
    });

    it("holds one session for both nodes of an endpoint, and none once they are stopped", async () => {
      const flow = await start({}, {
        id: "in", type: "resonance-opcua-in", version: 1, endpoint: "endpoint", publishingInterval: 50, samplingInterval: 0, queueSize: 10, report: "value", output: "single", wires: [[]],
        items: [{ tag: "Feed", nodeId: `${PLANT}FeedOverride` }],
      });
      await until(() => flow.sent("in").length > 0, "a sample");
      flow.receive("node", { payload: { Feed: 0.7 } });
      await until(() => flow.sent("in").some(({ payload }) => (payload as Sample).value === 70 && (payload as Sample).unit === "P1"), "the written value");
      assert.equal(plant.sessions(), 1);
      await undeploy();
      await until(() => plant.sessions() === 0, "the session's end");
    });

    for (const [what, changes, code] of [
      ["no row", { items: [] }, "RESONANCE_CONFIG_INVALID"], ["a NodeId that is none", { items: [{ tag: "A", nodeId: "A" }] }, "RESONANCE_OPCUA_NODE_ID_INVALID"],
      ["a unit nobody knows", { items: [{ tag: "A", nodeId: "i=1", unit: "XXX" }] }, "RESONANCE_UNIT_UNKNOWN"], ["no method", { mode: "call" }, "RESONANCE_OPCUA_NODE_ID_INVALID"],
      ["no time", { timeout: "" }, "RESONANCE_CONFIG_INVALID"],
    ] as const) {
      it(`${what}: told at deploy: ${code}`, async () => {
        const flow = await start(changes);
        await until(() => flow.caught.length === 1, "the error at the Catch node");
        assert.deepEqual(codes(flow), [code]);
      });
    }
  });

  describe("opcua-in", () => {
    let server: ReplayServer;
    let userDir: string;
    let machine: ReplayServer;
    before(async () => {
      userDir = mkdtempSync(path.join(tmpdir(), "resonance-nodes-"));
      machine = await startReplayServer({ variables: ["Torque", "Speed"].map((name) => ({ name })) });
    });
    after(async () => {
      await stopServers();
      rmSync(userDir, { recursive: true, force: true });
    });
    afterEach(async () => {
      await undeploy();
      if (server !== machine) await server.stop();
    });

    const endpoint = (): TestNode => ({
      id: "endpoint", type: "resonance-opcua-endpoint", name: "CNC", version: 1, endpointUrl: server.endpointUrl,
      securityMode: "None", securityPolicy: "None", authentication: "anonymous", trustedThumbprint: "",
    });
    const NODE: TestNode = {
      id: "node", type: "resonance-opcua-in", version: 1, endpoint: "endpoint", publishingInterval: "50", samplingInterval: "0", queueSize: "100", report: "value", output: "batch", wires: [[]],
      items: [{ tag: "Torque", nodeId: "nsu=urn:model-data-resonance:cnc;s=Torque" }, { tag: "Speed", nodeId: "nsu=urn:model-data-resonance:cnc;s=Speed" }],
    };
    const SECURED = { securityMode: "SignAndEncrypt", securityPolicy: "Basic256Sha256", authentication: "user" };
    /** On the machine, which has values of 1, or on a server with options of its own. */
    const start = async (changes: object = {}, { own, ...options }: DeployOptions & { own?: ReplayServerOptions; config?: object } = {}): Promise<Deployment> => {
      server = own ? await startReplayServer(own) : machine;
      if (!own) machine.write({ Torque: 1, Speed: 1 });
      return deploy([{ ...endpoint(), ...options.config }, { ...NODE, ...changes }], { ...options, settings: { userDir } });
    };
    const connected = (flow: Deployment, text = "2 tags"): Promise<void> => until(() => lastStatus(flow) === text, `the status ${text}`);

    it("sends all values of a publish in one message, with quality, source time and where they come from", async () => {
      const flow = await start();
      await connected(flow);
      await until(() => flow.sent("node").length > 0, "the first values");
      const before = flow.sent("node").length;
      const time = server.write({ Torque: 41.5, Speed: 1550 });
      await until(() => flow.sent("node").length > before, "the changed values");
      const message = flow.sent("node")[before];
      assert.deepEqual([...(message?.payload as Sample[])].sort((one, other) => one.tag.localeCompare(other.tag)), [
        { tag: "Speed", value: 1550, quality: "Good", timestamp: time.toISOString() }, { tag: "Torque", value: 41.5, quality: "Good", timestamp: time.toISOString() }]);
      assert.deepEqual(message?.resonance, { endpoint: server.endpointUrl });
      assert.equal(message.topic, undefined);
    });

    it("sends one sample a message, with its tag as topic", async () => {
      const flow = await start({ output: "single" });
      await connected(flow);
      const time = server.write({ Torque: 41.5 });
      await until(() => flow.sent("node").some(({ payload }) => (payload as Sample).value === 41.5), "the changed value");
      const message = flow.sent("node").at(-1);
      assert.deepEqual([message?.topic, message?.payload], ["Torque", { tag: "Torque", value: 41.5, quality: "Good", timestamp: time.toISOString() }]);
      assert.deepEqual(message?.resonance, { endpoint: server.endpointUrl });
    });

    it("sends plain values with their tag as topic, all of them in order", async () => {
      const flow = await start({ output: "value" });
      await connected(flow);
      const values = Array.from({ length: 30 }, (_, step) => 100 + step);
      for (const value of values) server.write({ Torque: value });
      await until(() => flow.sent("node").at(-1)?.payload === 129, "the last value");
      assert.deepEqual(flow.sent("node").filter(({ topic, payload }) => topic === "Torque" && payload !== 1).map(({ payload }) => payload), values);
    });

    it("says in its status which part of the tags it follows, and names the one that is not there", async () => {
      const flow = await start({}, { own: { variables: [{ name: "Torque", initial: 1 }] } });
      await connected(flow, "1 of 2 tags");
      assert.equal(flow.statuses("node").at(-1)?.fill, "yellow");
      assert.deepEqual(codes(flow), ["RESONANCE_OPCUA_NODE_UNKNOWN"]);
      assert.match(flow.caught[0]?.error?.message ?? "", /Speed/);
    });

    it("leaves no session when it stops, and has one again after a deployment", async () => {
      const before = machine.sessionTotal();
      const flow = await start();
      await connected(flow);
      assert.deepEqual([server.sessionCount(), server.subscriptionCount()], [1, 1]);
      await flow.redeploy([endpoint(), { ...NODE, publishingInterval: 60 }]);
      await until(() => flow.statuses("node").filter(({ text }) => text === "2 tags").length === 2, "the second connection");
      assert.deepEqual([server.sessionCount(), server.sessionTotal() - before], [1, 2]);
      await undeploy();
      assert.equal(server.sessionCount(), 0);
      const count = flow.sent("node").length;
      server.write({ Torque: 99 });
      await new Promise((resolve) => setTimeout(resolve, 150));
      assert.equal(flow.sent("node").length, count);
    });

    it("shares one session with the other nodes of its endpoint", async () => {
      const flow = await start();
      await flow.redeploy([endpoint(), NODE, { ...NODE, id: "second", output: "value" }]);
      await until(() => flow.sent("second").length > 0 && flow.sent("node").length > 0, "values at both nodes");
      assert.deepEqual([server.sessionCount(), server.subscriptionCount()], [1, 2]);
    });

    it("logs in with the user of its credentials, which are not in the flow, once the server's certificate is trusted", async () => {
      const credentials = { user: "cell-4", password: "op3rator" };
      const flow = await start({}, {
        own: { variables: ["Torque", "Speed"].map((name) => ({ name, initial: 1 })), users: { "cell-4": "op3rator" }, secure: true, allowAnonymous: false },
        config: SECURED, credentials: { endpoint: credentials },
      });
      await until(() => flow.caught.length > 0, "the refusal of the certificate");
      assert.deepEqual(codes(flow), ["RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED"]);
      assert.equal(server.sessionTotal(), 0);
      const folder = path.join(userDir, "resonance", "pki");
      for (const file of readdirSync(path.join(folder, "rejected"))) renameSync(path.join(folder, "rejected", file), path.join(folder, "trusted", "certs", file));
      await flow.redeploy([{ ...endpoint(), ...SECURED }, NODE]);
      await connected(flow);
      await flow.redeploy([{ ...endpoint(), ...SECURED, credentials: { ...credentials, password: "wr0ng" } }, NODE]);
      await until(() => flow.caught.length > 1, "the refusal of the user");
      assert.equal(codes(flow)[1], "RESONANCE_OPCUA_IDENTITY_REJECTED");
      assertNoSecret(flow, credentials);
      assertNoSecret(flow, { password: "wr0ng" });
    });
  });

  describe("model-call", () => {
    let server: FaultyServer;
    afterEach(async () => {
      await undeploy();
      await server.close();
    });

    const VALUES = { airTemperature: 298.1, processTemperature: 308.6, rotationalSpeed: 1551, torque: 40 };
    const record = (values: object = VALUES) => ({
      profile: profileKey(loadBuiltInProfile()), category: "predictive-maintenance", direction: "input", nature: "measurement",
      id: "019377b4-0000-7000-8000-000000000000", timestamp: TIME, equipment: "acme/shanghai", values,
    });
    const start = async (changes: { model?: object; call?: object } = {}, options: DeployOptions = {}): Promise<Deployment> => {
      server = await startFaultyServer();
      process.env["RESONANCE_TEST_MODEL_URL"] = server.url;
      return deploy([
        PROFILE,
        {
          id: "model", type: "resonance-model", version: 1, modelId: "pair", modelVersion: "1", supplier: "", digest: "",
          category: "predictive-maintenance", protocol: "oip", url: "${RESONANCE_TEST_MODEL_URL}", serverModel: "", serverVersion: "", timeout: 60_000,
          inputTensors: [{ name: "input", datatype: "FP32", shape: [1, 2], elements: [element("rotationalSpeed", "RPM"), element("torque", "NU")] }],
          outputTensors: [{ name: "sum", datatype: "FP32", shape: [1, 1], elements: [element("failureProbability", "C62")] }],
          authentication: "none", caFile: "", ...changes.model,
        },
        { id: "node", type: "resonance-model-call", version: 1, profile: "profile", model: "model", concurrency: 2, queueLimit: 1, wires: [[]], ...changes.call },
      ], options);
    };

    it("puts the model's answer into the payload, keeps the record beside it and everything else as it was", async () => {
      const flow = await start();
      const input = record();
      flow.receive("node", { payload: input, topic: "kept", resonance: { endpoint: "opc.tcp://cnc" } });
      await flow.settled(1);
      const [message] = flow.sent("node");
      assert.deepEqual(message?.payload, { modelName: "pair", modelVersion: "1", outputs: [{ name: "sum", datatype: "FP32", shape: [1, 1], data: [1591] }] });
      const { answer, ...others } = message.resonance as { answer?: { milliseconds?: number } };
      assert.deepEqual(others, { endpoint: "opc.tcp://cnc", input });
      assert.deepEqual({ ...answer, milliseconds: 0 }, {
        model: { id: "pair", version: "1" }, node: "model", role: "primary", from: "model", servedVersion: "1", attempts: 1, milliseconds: 0,
      });
      assert.equal(message.topic, "kept");
      assert.equal((JSON.parse(server.inferences()[0]?.body ?? "{}") as { id: string }).id, input.id);
      assert.equal(lastStatus(flow), "1 answered");
    });

    it("a failing call reaches a Catch node with its code, and the next message tries anew", async () => {
      const flow = await start();
      server.behaviour.infer = replies(500, { error: "CUDA out of memory" });
      flow.receive("node", { payload: record() });
      await flow.settled(1);
      assert.deepEqual(codes(flow), ["RESONANCE_MODEL_SERVER_ERROR"]);
      assert.match(flow.caught[0]?.resonance?.error?.message ?? "", /CUDA out of memory/);
      server.behaviour.infer = addsUp;
      flow.receive("node", { payload: record() });
      await flow.settled(2);
      assert.deepEqual([flow.sent("node").length, flow.caught.length], [1, 1]);
    });

    it("a record that does not fit never reaches the server", async () => {
      const flow = await start();
      flow.receive("node", { payload: record({ ...VALUES, torque: undefined }) });
      flow.receive("node", { payload: [{ tag: "Torque", value: 40 }] });
      await flow.settled(2);
      assert.deepEqual(codes(flow), ["RESONANCE_MODEL_INPUT_MISSING", "RESONANCE_RECORD_INVALID"]);
      assert.equal(flow.caught[0]?.resonance?.error?.path, "values/torque");
      assert.equal(flow.sent("node").length + server.requests.length, 0);
    });

    it("more messages than the queue takes are refused one by one, and the rest come in order", async () => {
      const flow = await start();
      for (const torque of [10, 20, 30, 40, 50]) flow.receive("node", { payload: record({ ...VALUES, torque }) });
      await flow.settled(5);
      assert.deepEqual(flow.sent("node").map(({ payload }) => (payload as { outputs: { data: number[] }[] }).outputs[0]?.data[0]), [1561, 1571, 1581]);
      assert.deepEqual(codes(flow), ["RESONANCE_MODEL_QUEUE_FULL", "RESONANCE_MODEL_QUEUE_FULL"]);
    });

    it("a deployment with calls under way ends at once, each of them with an error", async () => {
      const flow = await start();
      server.behaviour.infer = () => undefined;
      const errors: string[] = [];
      // The Catch node stops with the flow.
      Object.assign(flow.node("node"), { error: (error: { code: string }) => { errors.push(error.code); } });
      for (let count = 0; count < 3; count += 1) flow.receive("node", { payload: record() });
      await until(() => server.inferences().length === 2, "two calls under way");
      await undeploy();
      assert.deepEqual(errors, ["RESONANCE_MODEL_CLOSED", "RESONANCE_MODEL_CLOSED", "RESONANCE_MODEL_CLOSED"]);
    });

    for (const [authentication, credentials, header] of AUTHENTICATIONS) {
      it(`proves itself by ${authentication} credentials, which are not in the flow`, async () => {
        const flow = await start({ model: { authentication } }, { credentials: { model: credentials } });
        flow.receive("node", { payload: record() });
        await flow.settled(1);
        assert.equal(flow.sent("node").length, 1);
        assert.deepEqual([...new Set(server.requests.map(({ headers }) => headers.authorization))], [header]);
        server.behaviour.infer = replies(401, { error: "expired" });
        flow.receive("node", { payload: record() });
        await flow.settled(2);
        assert.deepEqual(codes(flow), ["RESONANCE_MODEL_UNAUTHORIZED"]);
        assertNoSecret(flow, credentials);
      });
    }

    const undeployable: readonly (readonly [what: string, changes: { model?: object; call?: object }, code: string])[] = [
      ["no model", { call: { model: "" } }, "RESONANCE_CONFIG_MISSING"],
      ["a URL that is none", { model: { url: "model-server:8000" } }, "RESONANCE_CONFIG_FAILED"],
      ["elements that do not fill the shape", { model: { inputTensors: [{ name: "input", datatype: "FP32", shape: [1, 3], elements: [] }] } }, "RESONANCE_CONFIG_FAILED"],
      ["basic authentication without a user", { model: { authentication: "basic" } }, "RESONANCE_CONFIG_FAILED"],
      ["no parallel call", { call: { concurrency: 0 } }, "RESONANCE_CONFIG_INVALID"],
    ];
    for (const [what, changes, code] of undeployable) {
      it(`${what}: told at deploy, and at every message: ${code}`, async () => {
        const flow = await start(changes);
        await until(() => flow.caught.length === 1, "the error at the Catch node");
        flow.receive("node", { payload: record() });
        await until(() => flow.caught.length === 2, "the message's error");
        assert.deepEqual(codes(flow), [code, code]);
      });
    }
  });

  describe("mes-out", () => {
    let mes: DemoMes | ScriptedServer | undefined;
    afterEach(async () => {
      await undeploy();
      await mes?.close();
    });

    const RECORD = {
      profile: profileKey(loadBuiltInProfile()), category: "predictive-maintenance", direction: "output", nature: "prediction", id: "019377b4-0000-7000-8000-000000000001",
      timestamp: TIME, equipment: "acme/shanghai/machining/line-1/cnc-07", physicalAsset: "SN-4711", values: { remainingUsefulLife: 0.5, maintenanceRequired: true },
      inputId: "019377b4-0000-7000-8000-000000000000", model: { id: "tool-wear", version: "1.2.0" },
    };
    const flowTo = (url: string, changes: { mes?: object; isa95?: object } = {}): TestNode[] => [
      PROFILE,
      { id: "mes", type: "resonance-mes", name: "MES", version: 1, url, format: "xml", authentication: "none", caFile: "", timeout: "5000", retries: "0", queueLimit: "100", ...changes.mes },
      { id: "isa95", type: "resonance-isa95", version: 1, profile: "profile", message: "ProcessWorkSchedule", format: "xml", workScheduleId: "", workMasterId: "TOOL-CHANGE", priority: "2", wires: [["node"]], ...changes.isa95 },
      { id: "node", type: "resonance-mes-out", version: 1, mes: "mes", wires: [[]] },
    ];

    for (const format of ["xml", "json"] as const) {
      it(`delivers a work schedule as ${format.toUpperCase()} and passes the MES's acknowledgement on`, async () => {
        const demo = await startMes();
        mes = demo;
        const flow = await deploy(flowTo(demo.url, { mes: { format }, isa95: { format } }));
        flow.receive("isa95", { payload: RECORD, topic: "kept", resonance: { endpoint: "opc.tcp://cnc" } });
        await flow.settled(2);
        assert.deepEqual(flow.caught, []);
        const [received, ...more] = demo.received;
        assert.deepEqual([received?.format, received?.message, received?.verdict, more.length], [format, "ProcessWorkSchedule", "accepted", 0]);
        const [message] = flow.sent("node");
        assert.deepEqual(message?.payload, { verdict: "accepted", acknowledged: true, message: "AcknowledgeWorkSchedule" });
        const delivery = message.resonance?.["delivery"] as Record<string, unknown>;
        assert.deepEqual({ ...delivery, durationMs: 0 }, { statusCode: 200, attempts: 1, bodId: received?.bodId, verdict: "accepted", durationMs: 0 });
        assert.equal(typeof delivery["durationMs"], "number");
        assert.equal((message.resonance?.["isa95"] as { bodId: string }).bodId, received?.bodId);
        assert.deepEqual([message.topic, message.resonance?.["endpoint"]], ["kept", "opc.tcp://cnc"]);
        assert.equal(lastStatus(flow), "1 accepted");
      });
    }

    it("a Sync that asks for no answer was taken, and nobody claims that it was accepted", async () => {
      const demo = await startMes();
      mes = demo;
      const flow = await deploy(flowTo(demo.url, { isa95: { message: "SyncPhysicalAsset" } }));
      flow.receive("isa95", { payload: RECORD });
      await flow.settled(2);
      const payload = flow.sent("node")[0]?.payload as { verdict: string; acknowledged: boolean };
      assert.equal(payload.acknowledged, false);
      assert.equal((flow.sent("node")[0]?.resonance?.["delivery"] as { statusCode: number }).statusCode, 202);
    });

    it("what the MES rejects is an error with its reason, and later documents go out", async () => {
      let reason: string | undefined = "asset SN-4711 is not known";
      const demo = await startMes({ decide: () => reason });
      mes = demo;
      const flow = await deploy(flowTo(demo.url));
      flow.receive("isa95", { payload: RECORD });
      await flow.settled(2);
      assert.deepEqual(codes(flow), ["RESONANCE_MES_REJECTED"]);
      assert.match(flow.caught[0]?.error?.message ?? "", /SN-4711 is not known/);
      assert.equal(flow.statuses("node").at(-1)?.fill, "red");
      reason = undefined;
      flow.receive("isa95", { payload: RECORD });
      await flow.settled(4);
      assert.deepEqual([flow.sent("node").length, flow.caught.length], [1, 1]);
    });

    it("a document in the other form than the MES takes is told before anything is sent", async () => {
      const demo = await startMes();
      mes = demo;
      const flow = await deploy(flowTo(demo.url, { mes: { format: "json" } }));
      flow.receive("isa95", { payload: RECORD });
      flow.receive("node", { payload: 42 });
      await flow.settled(3);
      assert.deepEqual(codes(flow).sort(), ["RESONANCE_MES_DOCUMENT", "RESONANCE_MES_FORMAT"]);
      assert.equal(demo.received.length, 0);
    });

    it("two nodes of one MES keep the order in which their documents came", async () => {
      const demo = await startMes();
      mes = demo;
      const flow = await deploy([...flowTo(demo.url), { id: "other", type: "resonance-mes-out", version: 1, mes: "mes", wires: [[]] }]);
      for (let count = 0; count < 3; count += 1) flow.receive("isa95", { payload: RECORD });
      await flow.settled(6);
      const documents = flow.sent("isa95").map(({ resonance }) => (resonance?.["isa95"] as { bodId: string }).bodId);
      assert.deepEqual(demo.received.map(({ bodId }) => bodId), documents);
    });

    it("a deployment ends a document under way with an error and waits for no MES", async () => {
      const silent = await startScriptedServer(() => undefined);
      mes = silent;
      const flow = await deploy(flowTo(silent.url, { mes: { timeout: 60_000 } }));
      const errors: string[] = [];
      // The Catch node stops with the flow.
      Object.assign(flow.node("node"), { error: (error: { code: string }) => { errors.push(error.code); } });
      flow.receive("isa95", { payload: RECORD });
      flow.receive("isa95", { payload: RECORD });
      await until(() => silent.requests.length === 1, "the first document at the MES");
      await undeploy();
      assert.deepEqual(errors, ["RESONANCE_MES_CLOSED", "RESONANCE_MES_CLOSED"]);
    });

    for (const [authentication, credentials, header] of AUTHENTICATIONS) {
      it(`proves itself by ${authentication} credentials, which are not in the flow`, async () => {
        let status = 202;
        const guarded = await startScriptedServer((request, response) => {
          response.writeHead(request.headers.authorization === header ? status : 401).end();
        });
        mes = guarded;
        const flow = await deploy(flowTo(guarded.url, { mes: { authentication } }), { credentials: { mes: credentials } });
        flow.receive("isa95", { payload: RECORD });
        await flow.settled(2);
        assert.deepEqual(codes(flow), []);
        assert.equal(guarded.requests[0]?.headers.authorization, header);
        status = 403;
        flow.receive("isa95", { payload: RECORD });
        await flow.settled(4);
        assert.deepEqual(codes(flow), ["RESONANCE_MES_UNAUTHORIZED"]);
        assertNoSecret(flow, credentials);
      });

      it(`takes ${authentication} credentials the editor sends with a deployment out of the flow`, async () => {
        const guarded = await startScriptedServer((_, response) => { response.writeHead(202).end(); });
        mes = guarded;
        const nodes = flowTo(guarded.url, { mes: { authentication } });
        const flow = await deploy(nodes, { credentials: { mes: { user: "old", password: "old", token: "old" } } });
        await flow.redeploy(nodes.map((node) => (node.id === "mes" ? { ...node, credentials } : node)));
        flow.receive("isa95", { payload: RECORD });
        await flow.settled(2);
        assert.deepEqual(codes(flow), []);
        assert.equal(guarded.requests[0]?.headers.authorization, header);
        assertNoSecret(flow, credentials);
      });
    }

    it("authentication without a secret is refused at deploy, and the setting is named", async () => {
      mes = undefined;
      const flow = await deploy(flowTo("http://127.0.0.1:9/b2mml", { mes: { authentication: "bearer" } }));
      await until(() => flow.caught.length === 1, "the error at the Catch node");
      assert.deepEqual(codes(flow), ["RESONANCE_CONFIG_FAILED"]);
      assert.match(flow.caught[0]?.error?.message ?? "", /token/);
    });
  });
});
