import assert from "node:assert/strict";
import { readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import { deploy, startHelper, stopHelper, undeploy, type Deployment } from "../support/node-helper";
import { until } from "../support/node-red-runtime";
import { runtimeFolder, runtimes, temporaryFolder, withoutRuntime } from "../support/onnx";

const home = temporaryFolder();
const MODELS = path.join(__dirname, "..", "..", "examples", "models");
const DIGEST = (JSON.parse(readFileSync(path.join(MODELS, "tool-failure.json"), "utf8")) as { model: { digest: string } }).model.digest;
const [RUNTIME = "web"] = runtimes;

const element = (field: string, unit: string) => ({ field, unit });
const INPUT = {
  name: "input", datatype: "FP32", shape: [1, 5],
  elements: [element("airTemperature", "KEL"), element("processTemperature", "KEL"), element("rotationalSpeed", "RPM"), element("torque", "NU"), element("toolWear", "MIN")],
};
const OUTPUTS = [
  { name: "failureProbability", datatype: "FP32", shape: [1, 1], elements: [element("failureProbability", "C62")] },
  { name: "remainingUsefulLife", datatype: "FP32", shape: [1, 1], elements: [element("remainingUsefulLife", "MIN")] },
];

/** A flow with a model as an ONNX file, the settings of which may differ. */
const start = (changes: object = {}, userDir = home.path): Promise<Deployment> => deploy([
  { id: "profile", type: "resonance-profile", version: 1, name: "", source: "built-in", file: "" },
  {
    id: "model", type: "resonance-model", version: 2, modelId: "tool-failure", modelVersion: "1.0.0", supplier: "", digest: "", category: "predictive-maintenance",
    protocol: "onnx", onnxFile: "examples:tool-failure.onnx", onnxRuntime: RUNTIME, onnxThreads: 1, onnxMegabytes: 1, timeout: 20_000, inputTensors: [INPUT], outputTensors: OUTPUTS, ...changes,
  },
  { id: "call", type: "resonance-model-call", version: 1, profile: "profile", model: "model", concurrency: 2, queueLimit: 10, wires: [["out"]] },
  { id: "out", type: "resonance-model-out", version: 1, profile: "profile", model: "model", validity: 60, minimumConfidence: 0, rules: [], wires: [[]] },
], { settings: { userDir } });

const record = () => ({
  profile: profileKey(loadBuiltInProfile()), category: "predictive-maintenance", direction: "input", nature: "measurement",
  id: "019377b4-0000-7000-8000-000000000000", timestamp: "2026-11-22T08:30:05.120Z", equipment: "acme/shanghai",
  values: { airTemperature: 298.1, processTemperature: 308.6, rotationalSpeed: 1551, torque: 42.8, toolWear: 100 },
});

const ask = async (flow: Deployment, count: number): Promise<void> => {
  flow.receive("call", { payload: record() });
  await flow.settled(count);
};
const codes = (flow: Deployment): readonly unknown[] => flow.caught.map(({ error }) => error?.code);

describe("a model node with an ONNX file", () => {
  before(async () => {
    symlinkSync(path.join(runtimeFolder, "node_modules"), path.join(home.path, "node_modules"));
    await startHelper();
  });
  after(async () => {
    await stopHelper();
    home.remove();
  });
  afterEach(() => undeploy());

  it("runs a model that comes with the pack, and its digest goes with the answer", { skip: withoutRuntime }, async () => {
    const flow = await start({ digest: DIGEST });
    await ask(flow, 2);
    assert.deepEqual(codes(flow), []);
    const [message] = flow.sent("call");
    const [answered] = flow.sent("out");
    const { answer } = message?.resonance as { answer: { model: object } };
    assert.deepEqual(answer.model, { id: "tool-failure", version: "1.0.0", digest: DIGEST });
    const { values, nature } = answered?.payload as { values: Record<string, number>; nature: string };
    assert.equal(nature, "prediction");
    assert.ok((values["failureProbability"] ?? NaN) < 0.1, JSON.stringify(values));
    assert.ok(Math.abs((values["remainingUsefulLife"] ?? NaN) - 2) < 1, JSON.stringify(values));
  });

  it("is told what is wrong with its file, and answers as soon as the file is right, without a deployment", { skip: withoutRuntime }, async () => {
    const flow = await start({ onnxFile: "plant/model.onnx" });
    await ask(flow, 1);
    home.write("plant/model.onnx", "<html>404</html>");
    await ask(flow, 2);
    home.write("plant/model.onnx", Buffer.alloc(2 * 1024 * 1024));
    await ask(flow, 3);
    assert.deepEqual(codes(flow), ["RESONANCE_MODEL_FILE_MISSING", "RESONANCE_MODEL_FILE_INVALID", "RESONANCE_MODEL_FILE_INVALID"]);
    await until(() => flow.statuses("call").at(-1)?.text === "model file unusable", "the status of the last failure");
    home.write("plant/model.onnx", readFileSync(path.join(MODELS, "tool-failure.onnx")));
    await ask(flow, 5);
    assert.equal(flow.sent("out").length, 1);
    await until(() => flow.statuses("call").at(-1)?.fill === "green", "the status of success");
  });

  it("refuses another file than the one with its digest", { skip: withoutRuntime }, async () => {
    const flow = await start({ digest: DIGEST, onnxFile: "examples:tool-wear.onnx" });
    await ask(flow, 1);
    assert.deepEqual(codes(flow), ["RESONANCE_MODEL_DIGEST_MISMATCH"]);
  });

  it("says how to install a runtime that does not work here", async () => {
    const broken = temporaryFolder();
    broken.write("node_modules/onnxruntime-node/index.js", "throw new Error('GLIBC_2.99 not found');");
    const flow = await start({ onnxRuntime: "node" }, broken.path);
    await ask(flow, 1);
    const [caught] = flow.caught;
    assert.equal(caught?.error?.code, "RESONANCE_MODEL_RUNTIME_MISSING");
    assert.match(caught.resonance?.error?.message ?? "", /GLIBC_2.99 not found/);
    assert.ok(caught.resonance?.error?.hint.includes(broken.path) && caught.resonance.error.hint.includes("npm install --ignore-scripts onnxruntime-node"));
    await until(() => flow.statuses("call").at(-1)?.text === "runtime missing", "the status");
    broken.remove();
  });

  const undeployable: readonly (readonly [what: string, changes: object, words: RegExp])[] = [
    ["no file", { onnxFile: " " }, /onnxFile.*no file is named/],
    ["a path after examples:", { onnxFile: "examples:../package.json" }, /onnxFile.*without folders/],
    ["a runtime that there is not", { onnxRuntime: "cuda" }, /onnxRuntime/],
    ["no thread at all", { onnxThreads: 0 }, /onnxThreads/],
  ];
  for (const [what, changes, words] of undeployable) {
    it(`is not deployed with ${what}`, async () => {
      const flow = await start(changes);
      await ask(flow, 1);
      assert.equal(flow.caught.at(-1)?.error?.code, "RESONANCE_CONFIG_FAILED");
      assert.match(flow.caught.at(-1)?.error?.message ?? "", words);
    });
  }
});
