import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import helper from "node-red-node-test-helper";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import type { OutputRecord } from "../../nodes/lib/record/interface-record";
import { compileRecordValidator } from "../../nodes/lib/validation/record-validator";
import { answers, startFaultyServer } from "../support/model-server";
import { deploy, startHelper, stopHelper, undeploy, type Deployment, type DeployOptions, type TestNode } from "../support/node-helper";

/** What an output says of its model's entitlement, in flows as the runtime runs them. */

const profile = loadBuiltInProfile();
const PLACE = "acme/shanghai/machining/line-1/cnc-07";
const ID = "019377b4-0000-7000-8000-000000000000";
const element = (field: string, unit: string) => ({ name: field, datatype: "FP32", shape: [1, 1], elements: [{ field, unit }] });
const REFERENCE = {
  dataSet: { id: "ai4i-2020" },
  inputs: { torque: { unit: "NU", minimum: 4, maximum: 76, bins: [4, 30, 50, 76], shares: [1, 1, 1] }, toolWear: { unit: "HUR", minimum: 0, maximum: 4 } },
  outputs: { remainingUsefulLife: { unit: "MIN", bins: [0, 60, 600], shares: [1, 1] } },
};
const PROFILE: TestNode = { id: "profile", type: "resonance-profile", version: 1, source: "built-in" };
const MODEL: TestNode = {
  id: "model", type: "resonance-model", name: "Tool wear", version: 1, modelId: "tool-wear", modelVersion: "1.2.0", supplier: "", category: "predictive-maintenance", digest: "",
  protocol: "oip", url: "http://127.0.0.1:1", serverModel: "", serverVersion: "", timeout: 2000, authentication: "none", caFile: "",
  inputTensors: [element("torque", "NU")], outputTensors: [element("failureProbability", "C62"), element("remainingUsefulLife", "MIN")],
  referenceSource: "text", reference: JSON.stringify(REFERENCE),
};
const OUT: TestNode = { id: "node", type: "resonance-model-out", version: 1, profile: "profile", model: "model", validFor: 0, rules: [{ field: "maintenanceRequired", source: "remainingUsefulLife", operator: "<", value: 20, unit: "MIN" }], wires: [[]] };
const WATCHING: TestNode = { ...OUT, outputs: 2, driftEvents: true, driftRecords: 30, driftLeast: 6, driftSuspected: 0.2, driftConfirmed: 1, wires: [[], []] };

const input = (values: object = {}, more: object = {}) => ({
  profile: profileKey(profile), category: "predictive-maintenance", direction: "input", nature: "measurement", id: ID, timestamp: new Date().toISOString(), equipment: PLACE,
  values: { processTemperature: 308, rotationalSpeed: 1500, torque: 40, toolWear: 100, ...values }, ...more,
});
const answer = (minutes = 90) => ({ modelName: "tool-wear", outputs: [
  { name: "failureProbability", datatype: "FP32", shape: [1, 1], data: [0.1] }, { name: "remainingUsefulLife", datatype: "FP32", shape: [1, 1], data: [minutes] }] });
const message = (values: object = {}, facts: object = {}, more: object = {}) => ({ payload: answer(), resonance: { input: input(values, more), answer: { node: "model", ...facts } } });

describe("entitlement in a flow", () => {
  before(startHelper);
  after(stopHelper);
  afterEach(undeploy);
  const run = (changes: object = {}, model: object = {}, options: DeployOptions = {}, more: readonly TestNode[] = []): Promise<Deployment> =>
    deploy([PROFILE, { ...MODEL, ...model }, { ...OUT, ...changes }, ...more], options);
  const records = (flow: Deployment): readonly OutputRecord[] => flow.sent("node").map(({ payload }) => payload as OutputRecord);
  const warnings = (flow: Deployment): readonly string[] => (flow.node("node").warn as unknown as { args: readonly (readonly [string])[] }).args.map(([text]) => text);

  it("a record says what its model was trained with, whether its input lay inside, and why not; it passes the check of records", async () => {
    const flow = await run({ staleAfter: 60 });
    flow.receive("node", message());
    flow.receive("node", message({ torque: 80, toolWear: 300 }));
    flow.receive("node", message({}, {}, { quality: { torque: { status: "Uncertain", timestamp: "2020-01-01T00:00:00.000Z" } } }));
    await flow.settled(3);
    const all = records(flow);
    assert.deepEqual(all.map(({ values }) => values["applicability"]), ["inside", "outside", "partly"]);
    assert.deepEqual(all[0]?.model, { id: "tool-wear", version: "1.2.0", dataSet: "ai4i-2020", trainingRange: { torque: { minimum: 4, maximum: 76 }, toolWear: { minimum: 0, maximum: 240 } } });
    const why = flow.sent("node").map(({ resonance }) => (resonance?.["applicability"] as { reasons: { field: string; reason: string }[] }).reasons.map(({ field, reason }) => `${field} ${reason}`));
    assert.deepEqual(why, [[], ["torque OUT_OF_RANGE", "toolWear OUT_OF_RANGE"], ["torque UNCERTAIN", "torque STALE"]]);
    const check = compileRecordValidator(profile);
    for (const record of all) assert.deepEqual(check(record), []);
    assert.equal(all[0].values["driftState"], "unknown", "one record says nothing of drift");
  });

  it("a model without a reference makes records as before", async () => {
    const flow = await run({}, { referenceSource: "none" });
    flow.receive("node", message({ torque: 1e4 }));
    await flow.settled(1);
    const [record] = records(flow);
    assert.deepEqual([record?.model, Object.keys(record?.values ?? {})], [{ id: "tool-wear", version: "1.2.0" }, ["failureProbability", "remainingUsefulLife", "maintenanceRequired", "predictedEndOfLife"]]);
    assert.equal(flow.sent("node")[0]?.resonance?.["applicability"], undefined);
  });

  it("another version that answers is told once a change, and its outputs are of unknown applicability", async () => {
    const flow = await run({}, { digest: "sha256:aa" }, { lang: "de" });
    for (const servedVersion of ["1.2.0", "1.3.0", "1.3.0", "1.2.0", "1.4.0"]) flow.receive("node", message({}, { servedVersion, model: { id: "tool-wear", version: "1.2.0", digest: "sha256:aa" } }));
    await flow.settled(5);
    assert.deepEqual(records(flow).map(({ model, values }) => [model.version, model.digest, model.dataSet, values["applicability"]]), [
      ["1.2.0", "sha256:aa", "ai4i-2020", "inside"], ["1.3.0", undefined, undefined, "unknown"], ["1.3.0", undefined, undefined, "unknown"], ["1.2.0", "sha256:aa", "ai4i-2020", "inside"], ["1.4.0", undefined, undefined, "unknown"]]);
    assert.equal(warnings(flow).length, 2);
    assert.match(warnings(flow)[0] ?? "", /andere Version.*1\.3\.0 statt 1\.2\.0/);
  });

  it("the record of a fallback model carries that model's lineage and is judged by its reference", async () => {
    const fallback = { ...MODEL, id: "spare", modelId: "rule-of-thumb", modelVersion: "0.1.0", reference: JSON.stringify({ inputs: { torque: { minimum: 0, maximum: 10 } } }), outputTensors: [element("remainingUsefulLife", "MIN")] };
    const flow = await run({}, {}, {}, [fallback]);
    flow.receive("node", message({}, { node: "spare", role: "fallback" }));
    flow.receive("node", message());
    flow.receive("node", message({}, { node: "gone" }));
    await flow.settled(3);
    assert.deepEqual(records(flow).map(({ model, values }) => [model.id, values["applicability"], "failureProbability" in values]), [["rule-of-thumb", "outside", false], ["tool-wear", "inside", true]]);
    assert.equal(flow.caught[0]?.error?.code, "RESONANCE_CONFIG_MISSING");
  });

  it("a model server's own count of versions is no change until it counts on", async () => {
    const server = await startFaultyServer({ infer: answers({}, { model_version: "3" }) });
    try {
      const pair = {
        ...MODEL, url: server.url, serverModel: "pair", outputTensors: [{ name: "sum", datatype: "FP32", shape: [1, 1], elements: [{ field: "remainingUsefulLife", unit: "MIN" }] }],
        inputTensors: [{ name: "input", datatype: "FP32", shape: [1, 2], elements: [{ field: "torque", unit: "NU" }, { field: "toolWear", unit: "MIN" }] }],
      };
      const flow = await deploy([PROFILE, pair, { id: "call", type: "resonance-model-call", version: 1, profile: "profile", model: "model", concurrency: 1, queueLimit: 10, wires: [["node"]] }, OUT]);
      flow.receive("call", { payload: input() });
      await flow.settled(2);
      server.behaviour.infer = answers({}, { model_version: "4" });
      flow.receive("call", { payload: input({ toolWear: 300 }) });
      await flow.settled(4);
      assert.deepEqual(flow.caught, []);
      assert.deepEqual(records(flow).map(({ model, values }) => [model.version, values["applicability"]]), [["1.2.0", "inside"], ["4", "unknown"]]);
      assert.equal(warnings(flow).filter((text) => text.includes("than the one configured")).length, 1);
    } finally {
      await server.close();
    }
  });

  const drifted = async (flow: Deployment, values: readonly number[], minutes: number): Promise<void> => {
    const before = flow.completed.length;
    for (const torque of values) flow.receive("node", { ...message({ torque }), payload: answer(minutes) });
    await flow.settled(before + values.length);
  };

  it("drift is told at the second port when its state changes, and goes on over a deploy of other nodes and of all", async () => {
    const flow = await deploy([PROFILE, MODEL, WATCHING]);
    for (let index = 0; index < 5; index++) {
      await drifted(flow, [10, 40, 60], 30);
      await drifted(flow, [10, 40, 60], 90);
    }
    const events = () => flow.sent("node", 1).map(({ payload }) => payload as { event: string; from: string; to: string; model: { id: string }; equipment: string; fields: { field: string; state: string }[] });
    assert.deepEqual([events()[0]?.from, events().at(-1)?.to], ["unknown", "none"]);
    const settled = events().length;
    await flow.redeploy([PROFILE, MODEL, WATCHING, { ...OUT, id: "other" }]);
    const begin = flow.sent("node").length;
    await drifted(flow, [40], 30);
    assert.equal((flow.sent("node")[begin]?.payload as OutputRecord).values["driftState"], "none", "not unknown again");
    await drifted(flow, Array.from({ length: 30 }, () => 70), 30);
    const last = events().at(-1);
    assert.ok(events().length > settled);
    assert.deepEqual([last?.event, last?.to, last?.model.id, last?.equipment, last?.fields[0]?.field], ["drift", "confirmed", "tool-wear", PLACE, "torque"]);
    assert.equal((flow.sent("node").at(-1)?.payload as OutputRecord).values["driftState"], "confirmed");
  });

  describe("a reference in the user directory", () => {
    const userDir = mkdtempSync(path.join(tmpdir(), "resonance-user-"));
    after(() => rmSync(userDir, { recursive: true, force: true }));
    const file = (content: string): object => {
      writeFileSync(path.join(userDir, "reference.json"), content);
      return { referenceSource: "file", referenceFile: "reference.json" };
    };

    it("is read at deploy", async () => {
      const flow = await run({}, file(JSON.stringify(REFERENCE)), { settings: { userDir } });
      flow.receive("node", message({ torque: 77 }));
      await flow.settled(1);
      assert.equal(records(flow)[0]?.values["applicability"], "outside");
    });

    it("that is broken, or of another category, fails every message with place and reason", async () => {
      const cases = [
        ["{ \"inputs\": 7 }", "RESONANCE_CONFIG_FAILED", /reference\.json.*no object.*\/inputs, line 1/], [JSON.stringify({ inputs: { torque: { unit: "CEL", minimum: 1 } } }), "RESONANCE_UNIT_INCOMPATIBLE", /°C/],
        [JSON.stringify({ inputs: { heat: { minimum: 1 } } }), "RESONANCE_FIELD_UNKNOWN", /heat/],
      ] as const;
      for (const [content, code, reason] of cases) {
        const flow = await run({}, file(content), { settings: { userDir } });
        flow.receive("node", message());
        await flow.settled(1);
        assert.equal(flow.caught[0]?.error?.code, code);
        assert.match(flow.caught[0].error.message, reason);
        await undeploy();
      }
    });
  });

  it("wrong settings of the drift watch are refused at deploy", async () => {
    const flow = await run({ driftLeast: 600 });
    flow.receive("node", message());
    await flow.settled(1);
    assert.deepEqual([flow.caught[0]?.error?.code, flow.caught[0]?.resonance?.error?.path], ["RESONANCE_CONFIG_INVALID", "driftLeast"]);
  });

  it("the form's requests: what a reference holds, a nameplate out and in again, and errors in the editor's language", async () => {
    await run();
    const ask = async (address: string, body: object): Promise<Record<string, unknown>> => (await helper.request().post(`/resonance/model/${address}`).send(body)).body as Record<string, unknown>;
    const reference = { referenceSource: "text", reference: JSON.stringify(REFERENCE), category: "predictive-maintenance" };
    assert.deepEqual(await ask("reference", reference), { dataSet: "ai4i-2020", inputs: 2, outputs: 1 });
    assert.match(JSON.stringify(await ask("reference", { ...reference, category: "energy-emission", language: "de" })), /RESONANCE_FIELD_UNKNOWN/);
    const broken = (await ask("reference", { ...reference, reference: "{", language: "zh-CN" }))["error"] as { code: string; message: string };
    assert.deepEqual([broken.code, /训练参考/.test(broken.message)], ["RESONANCE_TRAINING_REFERENCE_INVALID", true]);
    const environment = await ask("nameplate/export", { ...reference, modelId: "m", modelVersion: "1", url: "http://u:p@x", inputTensors: MODEL["inputTensors"], outputTensors: [] });
    const back = await ask("nameplate/import", { text: JSON.stringify(environment) });
    assert.deepEqual(back["model"], { modelId: "m", modelVersion: "1", category: "predictive-maintenance", url: "http://x", inputTensors: MODEL["inputTensors"] });
    assert.deepEqual(JSON.parse(String(back["reference"])), REFERENCE);
    assert.deepEqual(JSON.parse(String(back["kept"])), environment);
    assert.match(JSON.stringify(await ask("nameplate/import", { text: "PK" })), /RESONANCE_AAS_INVALID/);
    assert.match(JSON.stringify(await ask("nameplate/import", {})), /RESONANCE_AAS_INVALID/);
    assert.match(JSON.stringify(await ask("nameplate/export", { nameplate: "{}" })), /RESONANCE_AAS_INVALID/);
  });

  it("the templates' facts are part of the package", () => {
    const file = path.join(__dirname, "..", "..", "dist", "nodes", "lib", "documents", "aas", "templates.json");
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(file, "utf8")) as object), ["AIModelNameplate", "AIDeployment"]);
  });
});
