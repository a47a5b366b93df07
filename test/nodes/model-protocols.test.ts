import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { connectAsync, type IPublishPacket, type MqttClient } from "mqtt";
import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import type { OutputRecord } from "../../nodes/lib/record/interface-record";
import { answersInBytes, replies, startFaultyServer, type Behaviour, type FaultyServer } from "../support/model-server";
import { mosquitto, startBroker, stopBrokers } from "../support/mosquitto";
import { deploy, startHelper, stopHelper, undeploy, type Deployment, type TestNode } from "../support/node-helper";
import { until } from "../support/node-red-runtime";
import { runtimeFolder, runtimes, withoutRuntime } from "../support/onnx";
import { skipWithout } from "../support/requirements";

/** Each protocol from the record to the checked output record, in the runtime: model-call, model-out and validate with real services. */

const ROOT = path.join(__dirname, "..", "..");
const PROFILE: TestNode = { id: "profile", type: "resonance-profile", version: 1, source: "built-in" };
const element = (field: string, unit: string) => ({ field, unit });
const INPUT = {
  name: "input", datatype: "FP32", shape: [1, 5],
  elements: [element("airTemperature", "KEL"), element("processTemperature", "KEL"), element("rotationalSpeed", "RPM"), element("torque", "NU"), element("toolWear", "MIN")],
};
const OUTPUTS = [
  { name: "failureProbability", datatype: "FP32", shape: [1, 1], elements: [element("failureProbability", "C62")] },
  { name: "remainingUsefulLife", datatype: "FP32", shape: [1, 1], elements: [element("remainingUsefulLife", "MIN")] },
];
const VALUES = { airTemperature: 298.1, processTemperature: 308.6, rotationalSpeed: 1551, torque: 42.8, toolWear: 100 };
const mapping = (field: string, source: string, at: string, unit: string) => ({ field, source, path: at, unit });
const JSON_ANSWER = [mapping("failureProbability", "json", "/result/p", "C62"), mapping("remainingUsefulLife", "json", "/result/hours", "HUR")];
const row = (at: string, source: string, changes: object = {}) => ({ path: at, source, field: "", unit: "", value: "", optional: false, ...changes });
const ROWS = [
  row("/in/0/torque", "field", { field: "torque", unit: "NU" }), row("/in/0/wear_s", "field", { field: "toolWear", unit: "SEC" }),
  row("/kind", "value", { value: "7" }), row("/id", "id"), row("/place", "equipment"), row("/model", "modelId"),
];

let count = 0;
const record = () => ({
  profile: profileKey(loadBuiltInProfile()), category: "predictive-maintenance", direction: "input", nature: "measurement", id: `019377b4-0000-7000-8000-${String(++count).padStart(12, "0")}`,
  timestamp: "2026-11-22T08:30:05.120Z", equipment: "acme/shanghai/machining/line-1/cnc-07", values: VALUES,
});
const nodes = (model: object, mappings: readonly object[], call: object = {}): TestNode[] => [
  PROFILE,
  {
    id: "model", type: "resonance-model", version: 2, modelId: "tool-failure", modelVersion: "1", supplier: "", digest: "", category: "predictive-maintenance", url: "", serverModel: "", serverVersion: "",
    timeout: 10_000, authentication: "none", caFile: "", inputTensors: [], outputTensors: [], ...model,
  },
  { id: "call", type: "resonance-model-call", version: 1, profile: "profile", model: "model", concurrency: 2, queueLimit: 10, wires: [["out"]], ...call },
  { id: "out", type: "resonance-model-out", version: 1, profile: "profile", model: "model", rules: [], mappings, validFor: 0, validField: "", wires: [["check"]] },
  { id: "check", type: "resonance-validate", version: 1, profile: "profile", target: "profile", schema: "", mode: "split", wires: [[], []] },
];

/** What a service was asked; all of them answer 0.25 and 90 min. */
interface Service { readonly asked: () => unknown; readonly model: object; readonly server?: FaultyServer }
interface Protocol {
  readonly what: string;
  readonly skip?: string | false;
  readonly serve: () => Promise<Service>;
  readonly mappings?: readonly object[];
  readonly call?: object;
  /** What it has to have been asked for a record of this id. */
  readonly asks?: (id: string) => unknown;
}

const IN_JSON = { result: { p: 0.25, hours: 1.5 } };
const singles = (...numbers: readonly number[]): Buffer => Buffer.from(Float32Array.from(numbers).buffer);
const TENSORS = { model_name: "tool-failure", model_version: "1", outputs: [
  { name: "failureProbability", datatype: "FP32", shape: [1, 1], data: [0.25] }, { name: "remainingUsefulLife", datatype: "FP32", shape: [1, 1], data: [90] },
] };
const METADATA = { name: "tool-failure", versions: ["1"], platform: "x", inputs: [{ name: "input", datatype: "FP32", shape: [-1, 5] }], outputs: OUTPUTS.map(({ name, datatype }) => ({ name, datatype, shape: [-1, 1] })) };
const document = (id: string) => ({ in: [{ torque: 42.8, wear_s: 6000 }], kind: 7, id, place: "acme/shanghai/machining/line-1/cnc-07", model: "tool-failure" });

describe("a model of each protocol, from the record to the checked output", () => {
  const closers: (() => Promise<unknown>)[] = [];
  let userDir: string;
  before(async () => {
    await startHelper();
    userDir = mkdtempSync(path.join(tmpdir(), "resonance-protocols-"));
    symlinkSync(path.join(runtimeFolder, "node_modules"), path.join(userDir, "node_modules"));
  });
  after(async () => {
    await stopHelper();
    rmSync(userDir, { recursive: true, force: true });
  });
  afterEach(async () => {
    await undeploy();
    for (const close of closers.splice(0)) await close();
    await stopBrokers();
  });

  const http = async (infer: Behaviour, model: object): Promise<Service> => {
    const server = await startFaultyServer({ infer, metadata: replies(200, METADATA) });
    closers.push(() => server.close());
    const rest = "protocol" in model && model.protocol === "rest" ? "/infer" : "";
    return { server, asked: () => { const body = server.inferences().at(-1)?.body ?? ""; return JSON.parse(body) as unknown; }, model: { url: server.url + rest, ...model } };
  };
  const oip = (binary: string) => async (): Promise<Service> => {
    const service = await http(answersInBytes([
      { name: "failureProbability", datatype: "FP32", shape: [1, 1], bytes: singles(0.25) }, { name: "remainingUsefulLife", datatype: "FP32", shape: [1, 1], bytes: singles(90) },
    ]), { protocol: "oip", serverModel: "pair", binary, inputTensors: [INPUT], outputTensors: OUTPUTS });
    // The numbers stand behind the JSON part, whose length a header states.
    return { ...service, asked: () => {
      const { bytes = Buffer.alloc(0), headers = {} } = service.server?.inferences().at(-1) ?? {};
      return [...new Float32Array(Uint8Array.from(bytes.subarray(Number(headers["inference-header-content-length"]))).buffer)];
    } };
  };
  const mqtt = (answer: object, model: object) => async (): Promise<Service> => {
    const broker = await startBroker();
    const service: MqttClient = await connectAsync(broker.url, { protocolVersion: 5 });
    let last: IPublishPacket | undefined;
    service.on("message", (_topic, _payload, packet) => {
      last = packet;
      const { responseTopic = "", correlationData } = packet.properties ?? {};
      service.publish(responseTopic, JSON.stringify(answer), { qos: 1, properties: { ...(correlationData && { correlationData }) } });
    });
    await service.subscribeAsync("models/ask", { qos: 1 });
    closers.push(() => service.endAsync(true));
    return {
      asked: () => JSON.parse(String(last?.payload)) as unknown,
      model: { protocol: "mqtt", broker: "broker", requestTopic: "models/ask", responseTopic: "", userProperties: [], url: broker.url, ...model },
    };
  };
  const brokerOf = ({ model }: Service): readonly TestNode[] => {
    const { broker, url } = model as { broker?: string; url: string };
    return broker === undefined ? [] : [{
      id: broker, type: "resonance-mqtt-broker", version: 1, url, protocol: "auto", clientId: "", caFile: "", certFile: "", keyFile: "", serverName: "", sharedGroup: "line", cleanStart: true, sessionExpiry: "0",
      keepAlive: "30", inFlight: "10", stateTopic: "", keep: "memory", policy: "drop-oldest", queueLimit: "100", diskLimit: "10", ageLimit: "0",
    }];
  };
  const rest = (changes: object, answer: unknown = IN_JSON) => (): Promise<Service> => http(replies(200, answer), { protocol: "rest", method: "POST", answerFormat: "json", ...changes });

  const PROTOCOLS: readonly Protocol[] = [
    { what: "oip, bytes always", serve: oip("on"), asks: () => [...new Float32Array(Object.values(VALUES))] },
    { what: "oip, bytes where the server can", serve: oip("auto"), asks: () => [...new Float32Array(Object.values(VALUES))] },
    { what: "REST with parts in the service's own units", serve: rest({ body: "rows", requestRows: ROWS }), mappings: JSON_ANSWER, asks: document },
    { what: "REST with the values", serve: rest({ body: "values" }), mappings: JSON_ANSWER, asks: () => VALUES },
    { what: "REST with the record", serve: rest({ body: "record" }), mappings: JSON_ANSWER, asks: (id) => ({ ...record(), id }) },
    { what: "REST with tensors", serve: rest({ body: "tensors", inputTensors: [INPUT], outputTensors: OUTPUTS }, TENSORS) },
    {
      what: "REST answering with a text", serve: rest({ body: "values", answerFormat: "text" }, "probability 0.25, 1.5 h left"),
      mappings: [mapping("failureProbability", "text", "probability ([\\d.]+)", "C62"), mapping("remainingUsefulLife", "text", "([\\d.]+) h left", "HUR")],
    },
    { what: "MQTT with parts", skip: skipWithout("mosquitto", mosquitto), serve: mqtt(IN_JSON, { body: "rows", requestRows: ROWS }), mappings: JSON_ANSWER, asks: document },
    { what: "MQTT with tensors", skip: skipWithout("mosquitto", mosquitto), serve: mqtt(TENSORS, { body: "tensors", inputTensors: [INPUT], outputTensors: OUTPUTS }) },
    {
      what: "a function in the flow", mappings: JSON_ANSWER, call: { wires: [["out"], ["function"]] },
      serve: () => Promise.resolve({ asked: () => asked.at(-1), model: { protocol: "flow", flowContent: "values" } }), asks: () => VALUES,
    },
  ];
  const asked: unknown[] = [];
  const functionNode = (RED: NodeAPI): void => {
    RED.nodes.registerType("function-like", function (this: Node, def: NodeDef) {
      RED.nodes.createNode(this, def);
      this.on("input", (msg: NodeMessage, send, done) => {
        asked.push(structuredClone(msg.payload));
        send({ ...msg, payload: IN_JSON });
        done();
      });
    });
  };
  const start = (made: readonly TestNode[]): Promise<Deployment> =>
    deploy([...made, { id: "function", type: "function-like", wires: [["call"]] }], { types: [functionNode], settings: { userDir } });
  const wants = (flow: Deployment, records: number): Promise<void> => until(() => flow.sent("check").length === records || flow.caught.length > 0, "the checked record");

  for (const { what, skip = false, serve, mappings = [], call = {}, asks } of PROTOCOLS) {
    it(what, { skip }, async () => {
      const service = await serve();
      const flow = await start([...nodes(service.model, mappings, call), ...brokerOf(service)]);
      const questions = [record(), record()];
      for (const [index, question] of questions.entries()) {
        flow.receive("call", { payload: structuredClone(question), topic: "kept" });
        await wants(flow, index + 1);
        assert.deepEqual(flow.caught.map(({ resonance }) => resonance?.error?.message), []);
        if (asks) assert.deepEqual(service.asked(), asks(question.id));
      }
      const made = flow.sent("check").map(({ payload, topic }) => [topic, payload] as unknown as [string, OutputRecord]);
      assert.deepEqual(made.map(([topic, { inputId, nature, values: { predictedEndOfLife, ...values }, model }]) => [topic, inputId, nature, model.id, values, typeof predictedEndOfLife]), questions.map(({ id }) => [
        "kept", id, "prediction", "tool-failure", { failureProbability: 0.25, remainingUsefulLife: 1.5 }, "string",
      ]));
      assert.deepEqual(flow.sent("check", 1), []);
    });
  }

  it("an ONNX file of the pack with its training reference", { skip: withoutRuntime }, async () => {
    const { model: { digest }, dataSet } = JSON.parse(readFileSync(path.join(ROOT, "examples", "models", "tool-failure.json"), "utf8")) as { model: { digest: string }; dataSet: { id: string } };
    const flow = await start(nodes({
      protocol: "onnx", onnxFile: "examples:tool-failure.onnx", onnxRuntime: runtimes[0], onnxThreads: 1, onnxMegabytes: 1, timeout: 60_000, digest,
      referenceSource: "file", referenceFile: "examples:tool-failure.json", inputTensors: [INPUT], outputTensors: OUTPUTS,
    }, []));
    const strange = { ...record(), values: { ...VALUES, torque: 900 } };
    for (const [index, payload] of [record(), strange].entries()) {
      flow.receive("call", { payload });
      await wants(flow, index + 1);
    }
    assert.deepEqual(flow.caught.map(({ resonance }) => resonance?.error?.message), []);
    const [inside, outside] = flow.sent("check").map(({ payload }) => payload as OutputRecord & { model: { dataSet?: string } });
    assert.deepEqual([inside?.model.digest, inside?.model.dataSet, inside?.values["applicability"], outside?.values["applicability"]], [digest, dataSet.id, "inside", "outside"]);
  });
});
