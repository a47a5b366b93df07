import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import helper from "node-red-node-test-helper";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import { deploy, startHelper, stopHelper, undeploy, type Deployment, type DeployOptions, type TestNode } from "../support/node-helper";
import { until } from "../support/node-red-runtime";
import { sharedData, skipWithout } from "../support/requirements";

/** The nodes between the machine and the MES that talk to no one: what they make of a message. */

const profile = loadBuiltInProfile();
const PROFILE_KEY = profileKey(profile);
const TIME = "2026-11-22T08:30:05.120Z";
const INPUT_ID = "019377b4-0000-7000-8000-000000000000";
const PLACE = "acme/shanghai/machining/line-1/cnc-07";

const PROFILE: TestNode = { id: "profile", type: "resonance-profile", version: 1, source: "built-in" };
const EQUIPMENT: TestNode = {
  id: "equipment", type: "resonance-equipment", name: "CNC 07", version: 1,
  enterprise: "acme", site: "shanghai", area: "machining", workCenter: "line-1", workUnit: "cnc-07", physicalAsset: " SN-4711 ",
};
const tensor = (name: string, unit: string) => ({ name, datatype: "FP32", shape: [1, 1], elements: [{ field: name, unit }] });
const MODEL: TestNode = {
  id: "model", type: "resonance-model", name: "Tool wear", version: 1, modelId: "tool-wear", modelVersion: "1.2.0", supplier: "acme", category: "predictive-maintenance",
  digest: "sha256:abc", protocol: "oip", url: "http://127.0.0.1:1", serverModel: "", serverVersion: "", timeout: 1000, authentication: "none", caFile: "",
  inputTensors: [tensor("torque", "NU")], outputTensors: [tensor("failureProbability", "C62"), tensor("remainingUsefulLife", "MIN")],
};
const tag = (name: string, field: string, unit: string) => ({ tag: name, field, unit, maxAge: 0, optional: false });
const MODEL_IN: TestNode = {
  id: "node", type: "resonance-model-in", version: 1, profile: "profile", category: "predictive-maintenance", equipment: "equipment", wires: [[], []],
  tags: [tag("Temperature", "processTemperature", "CEL"), tag("Speed", "rotationalSpeed", "RPM"), tag("Torque", "torque", "NU")],
  trigger: "message", interval: 1, badQuality: "reject",
};
const MODEL_OUT: TestNode = {
  id: "node", type: "resonance-model-out", version: 1, profile: "profile", model: "model", validFor: 60, wires: [[]],
  rules: [{ field: "maintenanceRequired", source: "remainingUsefulLife", operator: "<", value: 20, unit: "MIN" }],
};
const VALIDATE: TestNode = { id: "node", type: "resonance-validate", version: 1, profile: "profile", target: "profile", schema: "", mode: "split", wires: [[], []] };
const ISA95: TestNode = {
  id: "node", type: "resonance-isa95", version: 1, profile: "profile", message: "", format: "xml", workScheduleId: "", workMasterId: "", priority: "", wires: [[]],
};

const sample = (name: string, value: unknown, quality = "Good") => ({ tag: name, value, quality, timestamp: TIME });
const SAMPLES = [sample("Temperature", 35.5), sample("Speed", 1551), sample("Torque", 40)];
const INPUT = {
  profile: PROFILE_KEY, category: "predictive-maintenance", direction: "input", nature: "measurement", id: INPUT_ID, timestamp: TIME, equipment: PLACE,
  physicalAsset: "SN-4711", values: { processTemperature: 308.65, rotationalSpeed: 1551, torque: 40 },
};
const OUTPUT = {
  profile: PROFILE_KEY, category: "predictive-maintenance", direction: "output", nature: "prediction", id: "019377b4-0000-7000-8000-000000000001", timestamp: TIME,
  equipment: PLACE, values: { remainingUsefulLife: 0.5, maintenanceRequired: true }, inputId: INPUT_ID, model: { id: "tool-wear", version: "1.2.0" },
};
const answer = (probability: number, minutes: number) => ({
  modelName: "tool-wear", outputs: [
    { name: "failureProbability", datatype: "FP32", shape: [1, 1], data: [probability] },
    { name: "remainingUsefulLife", datatype: "FP32", shape: [1, 1], data: [minutes] },
  ],
});

describe("nodes that make and check records", () => {
  before(startHelper);
  after(stopHelper);
  afterEach(undeploy);

  const run = (node: TestNode, changes: Readonly<Record<string, unknown>> = {}, options: DeployOptions = {}): Promise<Deployment> =>
    deploy([PROFILE, EQUIPMENT, MODEL, { ...node, ...changes }], options);
  const lastStatus = (flow: Deployment): string => flow.statuses("node").at(-1)?.text ?? "";

  describe("model-in", () => {
    it("makes of a machine's samples one record in the profile's units, with the place of the machine", async () => {
      const flow = await run(MODEL_IN);
      flow.receive("node", { payload: SAMPLES, topic: "cnc", resonance: { endpoint: "opc.tcp://cnc" } });
      await flow.settled(1);
      const [message, ...more] = flow.sent("node");
      assert.deepEqual(more, []);
      const record = message?.payload as typeof INPUT;
      assert.deepEqual({ ...record, id: "" }, { ...INPUT, id: "" });
      assert.match(record.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      assert.equal(message?.topic, "cnc");
      assert.equal(message.resonance?.["endpoint"], "opc.tcp://cnc");
      assert.equal(flow.sent("node", 1).length, 0);
      assert.equal(lastStatus(flow), "1 records");
    });

    it("sends what cannot become a record to its second port with path, code and text, in the runtime's language", async () => {
      const flow = await run(MODEL_IN, {}, { lang: "de" });
      flow.receive("node", { payload: [sample("Temperature", 35.5), sample("Speed", "fast"), sample("Torque", 40, "Bad")], topic: "cnc" });
      await flow.settled(1);
      const rejected = flow.sent("node", 1);
      assert.deepEqual(rejected.flatMap(({ resonance }) => resonance?.errors?.map(({ path, code }) => [path, code])), [
        ["values/rotationalSpeed", "RESONANCE_VALUE_TYPE"], ["values/torque", "RESONANCE_QUALITY_BAD"]]);
      assert.match(rejected[1]?.resonance?.errors?.[0]?.message ?? "", /schlechte Qualität/);
      assert.deepEqual(rejected.map(({ topic }) => topic), ["cnc", "cnc"]);
      assert.equal(flow.sent("node").length, 0);
      assert.equal(flow.caught.length, 0, "a rejected value is no failure of the node");
    });

    it("makes several records of one message that holds a tag several times, each a message of its own", async () => {
      const flow = await run(MODEL_IN);
      flow.receive("node", { payload: [...SAMPLES, sample("Torque", 41), sample("Torque", 42)], topic: "cnc" });
      await flow.settled(1);
      assert.deepEqual(flow.sent("node").map(({ payload }) => (payload as typeof INPUT).values.torque), [40, 41, 42]);
      assert.deepEqual(flow.sent("node").map(({ topic }) => topic), ["cnc", "cnc", "cnc"]);
      assert.equal(flow.completed.length, 1);
    });

    it("says what it waits for until every tag has come", async () => {
      const flow = await run(MODEL_IN);
      flow.receive("node", { payload: 40, topic: "Torque" });
      await flow.settled(1);
      assert.deepEqual([...flow.sent("node"), ...flow.sent("node", 1)], []);
      assert.equal(lastStatus(flow), "waiting for 2");
    });

    it("makes a record at every interval by itself, and no longer when it is closed", async () => {
      const flow = await run(MODEL_IN, { trigger: "interval", interval: "0.01" });
      flow.receive("node", { payload: SAMPLES });
      await until(() => flow.sent("node").length >= 3, "three records");
      await undeploy();
      const count = flow.sent("node").length;
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.equal(flow.sent("node").length, count);
    });
  });

  describe("model-out", () => {
    it("makes of the model's answer a prediction of that model to that input", async () => {
      const flow = await run(MODEL_OUT);
      flow.receive("node", { payload: answer(0.25, 90), topic: "cnc", resonance: { input: INPUT, endpoint: "opc.tcp://cnc" } });
      await flow.settled(1);
      const message = flow.sent("node")[0];
      const record = message?.payload as Record<string, unknown>;
      assert.equal(record["nature"], "prediction");
      assert.equal(record["direction"], "output");
      const { predictedEndOfLife, ...values } = record["values"] as Record<string, unknown>;
      assert.deepEqual(values, { failureProbability: 0.25, remainingUsefulLife: 1.5, maintenanceRequired: false });
      assert.equal(Date.parse(String(predictedEndOfLife)) - Date.parse(String(record["timestamp"])), 5_400_000);
      assert.deepEqual(record["model"], { id: "tool-wear", version: "1.2.0", digest: "sha256:abc" });
      assert.equal(record["inputId"], INPUT_ID);
      assert.equal(record["equipment"], PLACE);
      assert.equal(record["physicalAsset"], "SN-4711");
      assert.equal(Date.parse(String(record["validUntil"])) - Date.parse(String(record["timestamp"])), 60_000);
      assert.deepEqual(message?.resonance, { input: INPUT, endpoint: "opc.tcp://cnc" });
      assert.equal(message.topic, "cnc");
      assert.equal(lastStatus(flow), "1 records");
    });

    it("an answer whose question is not known, or that is none, is an error", async () => {
      const flow = await run(MODEL_OUT);
      flow.receive("node", { payload: answer(0.25, 90) });
      flow.receive("node", { payload: "0.25", resonance: { input: INPUT } });
      await flow.settled(2);
      assert.deepEqual(flow.caught.map(({ resonance }) => resonance?.error?.code), ["RESONANCE_ANSWER_MISSING", "RESONANCE_ANSWER_MISSING"]);
    });

    it("an answer without an output of the settings names it", async () => {
      const flow = await run(MODEL_OUT);
      flow.receive("node", { payload: { modelName: "tool-wear", outputs: answer(0.25, 90).outputs.slice(0, 1) }, resonance: { input: INPUT } });
      await flow.settled(1);
      assert.equal(flow.caught[0]?.resonance?.error?.code, "RESONANCE_OUTPUT_MISSING");
      assert.match(flow.caught[0].resonance.error.message, /remainingUsefulLife/);
    });
  });

  describe("validate", () => {
    const broken = { ...OUTPUT, values: { ...OUTPUT.values, remainingUsefulLife: "soon" } };
    const expected = [["values/remainingUsefulLife", "RESONANCE_VALUE_TYPE"]];

    it("a valid record leaves by the first port as it came, in every mode", async () => {
      for (const mode of ["split", "annotate", "block"]) {
        const flow = await run(VALIDATE, { mode });
        flow.receive("node", { payload: OUTPUT, topic: "kept" });
        await flow.settled(1);
        assert.deepEqual(flow.sent("node").map(({ payload, topic, resonance }) => ({ payload, topic, resonance })), [{ payload: OUTPUT, topic: "kept", resonance: undefined }], mode);
        assert.equal(lastStatus(flow), "1 valid");
        await undeploy();
      }
    });

    const where = { split: { ports: [0, 1], caught: 0 }, annotate: { ports: [1, 0], caught: 0 }, block: { ports: [0, 0], caught: 1 } };
    for (const [mode, { ports, caught }] of Object.entries(where)) {
      it(`an invalid record in mode ${mode} is told with path and code`, async () => {
        const flow = await run(VALIDATE, { mode });
        flow.receive("node", { payload: broken, resonance: { input: INPUT } });
        await flow.settled(1);
        assert.deepEqual([0, 1].map((port) => flow.sent("node", port).length), ports);
        assert.equal(flow.caught.length, caught);
        const message = [...flow.sent("node"), ...flow.sent("node", 1), ...flow.caught][0];
        assert.deepEqual(message?.resonance?.errors?.map(({ path, code }) => [path, code]), expected);
        assert.deepEqual(message.resonance["input"], INPUT);
        if (caught) assert.equal(message.resonance.error?.code, "RESONANCE_MESSAGE_INVALID");
      });
    }

    it("B2MML by the official JSON schema or XSD, in the folder the user names: each invalid one with its place", { skip: skipWithout("shared", sharedData) }, async () => {
      const folder = path.join(sharedData ?? "", "b2mml");
      const xml = (kind: string, file: string) => readFileSync(path.join(folder, "samples", kind, file), "utf8");
      const places = { json: "RESONANCE_ISA95_VALUE_INVALID", xsd: "RESONANCE_XSD_VIOLATION" };
      for (const [b2mmlBy, code] of Object.entries(places)) {
        const flow = await run(VALIDATE, { profile: "", target: "b2mml", b2mmlBy, b2mmlSchema: path.join(folder, "v0701") });
        for (let count = 0; count < 20; count++) flow.receive("node", { payload: xml("xml", "ProcessWorkSchedule.xml"), topic: String(count) });
        flow.receive("node", { payload: xml("xml-negative", "bad_date.xml") });
        await flow.settled(21);
        assert.deepEqual(flow.sent("node").map(({ topic }) => topic), Array.from({ length: 20 }, (_, count) => String(count)));
        const [error] = flow.sent("node", 1)[0]?.resonance?.errors ?? [];
        assert.deepEqual([error?.code, error?.path.endsWith("ApplicationArea/CreationDateTime")], [code, true], b2mmlBy);
        assert.equal(flow.completed.length, 21);
        await undeploy();
      }
    });

    it("an XSD that does not compile shows at deploy, before the first message", async () => {
      const folder = mkdtempSync(path.join(tmpdir(), "xsd-"));
      try {
        writeFileSync(path.join(folder, "AllSchemas.xsd"), `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="nowhere"/></xs:schema>`);
        const flow = await deploy([{ ...VALIDATE, profile: "", target: "b2mml", b2mmlBy: "xsd", b2mmlSchema: folder }]);
        await until(() => flow.caught.length === 1, "the error at the Catch node");
        flow.receive("node", { payload: "<a/>" });
        await until(() => flow.caught.length === 2, "the message's error");
        assert.deepEqual(flow.caught.map(({ resonance }) => resonance?.error?.code), ["RESONANCE_B2MML_SCHEMA_INVALID", "RESONANCE_B2MML_SCHEMA_INVALID"]);
        assert.match(flow.caught[0]?.resonance?.error?.message ?? "", /nowhere/);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    it("checks against the user's own schema, and then needs no profile", async () => {
      const flow = await run(VALIDATE, { profile: "", target: "schema", schema: JSON.stringify({ type: "object", required: ["orderId"] }) });
      flow.receive("node", { payload: { orderId: "4711" } });
      flow.receive("node", { payload: { order: "4711" } });
      await flow.settled(2);
      assert.deepEqual([flow.sent("node").length, flow.sent("node", 1).length], [1, 1]);
      assert.match(flow.sent("node", 1)[0]?.resonance?.errors?.[0]?.message ?? "", /orderId/);
      assert.equal(flow.statuses("node")[0]?.text, "1 valid");
    });
  });

  describe("isa95", () => {
    it("writes a record as the message of its category and says which it is", async () => {
      const flow = await run(ISA95);
      flow.receive("node", { payload: OUTPUT, topic: "kept", resonance: { input: INPUT } });
      await flow.settled(1);
      const message = flow.sent("node")[0];
      const about = message?.resonance?.["isa95"] as Record<string, string>;
      assert.deepEqual({ ...about, bodId: "" }, { message: "SyncPhysicalAsset", version: "V0701", format: "xml", bodId: "" });
      assert.match(String(message?.payload), /<SyncPhysicalAsset[^>]+xmlns="http:\/\/www\.mesa\.org\/xml\/B2MML"/);
      assert.ok(String(message?.payload).includes(`<BODID>${about["bodId"] ?? "none"}</BODID>`));
      assert.deepEqual(message?.resonance?.["input"], INPUT);
      assert.equal(message.topic, "kept");
      assert.equal(lastStatus(flow), "1 written");
    });

    it("writes JSON as an object, with what the node and the job say", async () => {
      const flow = await run(ISA95, { message: "ProcessWorkSchedule", format: "json", workMasterId: "TOOL-CHANGE", priority: "2" });
      flow.receive("node", { payload: OUTPUT });
      await flow.settled(1);
      const text = JSON.stringify(flow.sent("node")[0]?.payload);
      assert.equal(typeof flow.sent("node")[0]?.payload, "object");
      assert.match(text, /"ProcessWorkSchedule"/);
      assert.match(text, /TOOL-CHANGE/);
    });

    it("what is no record is an error, and no document leaves", async () => {
      const flow = await run(ISA95);
      flow.receive("node", { payload: { torque: 40 } });
      await flow.settled(1);
      assert.match(flow.caught[0]?.resonance?.error?.code ?? "", /^RESONANCE_/);
      assert.notEqual(flow.caught[0]?.resonance?.error?.code, "RESONANCE_INTERNAL");
      assert.equal(flow.sent("node").length, 0);
    });
  });

  describe("isa95, reading", () => {
    const READ = { direction: "read", profile: "", wires: [[], []] };
    const order = (id: string, more = ""): string => `<JobOrder><ID>${id}</ID><Priority>2</Priority>${more}<JobOrderParameter><ID>torque</ID><Value><ValueString>41.5</ValueString><DataType>double</DataType><UnitOfMeasure>NU</UnitOfMeasure></Value></JobOrderParameter></JobOrder>`;
    const document = (orders: string): string => `<b:ProcessJobList xmlns:b="http://www.mesa.org/xml/B2MML" releaseID="7.0.1"><b:ApplicationArea><b:CreationDateTime>${TIME}</b:CreationDateTime><b:BODID>B-1</b:BODID></b:ApplicationArea><b:DataArea><b:Process acknowledgeCode="Always"/><b:JobList><b:ID>JL</b:ID>${orders.replace(/<(\/?)/g, "<$1b:")}</b:JobList></b:DataArea></b:ProcessJobList>`;

    it("gives objects and jobs, whose parameters fill the fields of a record", async () => {
      const flow = await deploy([PROFILE, EQUIPMENT, { ...ISA95, ...READ, id: "reader", wires: [["node"], []] }, {
        ...MODEL_IN, tags: [tag("Temperature", "processTemperature", "CEL"), tag("Speed", "rotationalSpeed", "RPM")], jobFields: [{ field: "torque", path: "parameters.torque.value", unit: "NU" }],
      }]);
      flow.receive("node", { payload: SAMPLES.slice(0, 2), resonance: { job: null } });
      flow.receive("reader", { payload: Buffer.from(document(order("J-1"))), topic: "kept" });
      await until(() => flow.sent("reader").length === 1, "a message that is read");
      const read = flow.sent("reader")[0];
      assert.equal(read?.topic, "kept");
      assert.deepEqual((read.payload as { jobOrder: { id: string; priority: number }[] }[])[0]?.jobOrder.map(({ id, priority }) => [id, priority]), [["J-1", 2]]);
      const { isa95, job, jobs } = read.resonance as unknown as { isa95: Record<string, unknown>; job: Record<string, unknown>; jobs: unknown[] };
      assert.deepEqual([isa95["message"], isa95["version"], isa95["format"], isa95["bodId"], isa95["wants"]], ["ProcessJobList", "V0701", "xml", "B-1", { acknowledge: "Always" }]);
      assert.deepEqual([jobs.length, job["jobOrderId"], job["parameters"]], [1, "J-1", { torque: { value: 41.5, unit: "NU", dataType: "double" } }]);
      flow.receive("node", { payload: SAMPLES.slice(0, 2), resonance: { job } });
      await until(() => flow.sent("node").length >= 1, "a record");
      assert.equal((flow.sent("node").at(-1)?.payload as typeof INPUT).values.torque, 41.5);
    });

    it("what does not fit is told, or refused by the second output when strict; what is no B2MML always", async () => {
      const wrong = document(order("J-1", "<Command>Dance</Command>") + order("J-2"));
      const lenient = await run(ISA95, READ);
      lenient.receive("node", { payload: wrong });
      await lenient.settled(1);
      const told = lenient.sent("node")[0]?.resonance as unknown as { errors: { path: string; code: string }[]; job?: unknown; jobs: unknown[] };
      assert.deepEqual([told.errors.map(({ path: at }) => at), told.job, told.jobs.length], [["/ProcessJobList/DataArea/JobList/JobOrder[1]/Command"], undefined, 2]);
      await undeploy();
      const strict = await run(ISA95, { ...READ, strict: true });
      strict.receive("node", { payload: wrong });
      strict.receive("node", { payload: "<!DOCTYPE a><a/>" });
      strict.receive("node", { payload: { hello: 1 } });
      await strict.settled(3);
      assert.equal(strict.sent("node").length, 0);
      assert.deepEqual(strict.sent("node", 1).map(({ payload, resonance }) => [payload, (resonance as unknown as typeof told).errors[0]?.code]), [
        [wrong, "RESONANCE_ISA95_VALUE_INVALID"], ["<!DOCTYPE a><a/>", "RESONANCE_ISA95_UNREADABLE"], [{ hello: 1 }, "RESONANCE_ISA95_MESSAGE_UNKNOWN"],
      ]);
      assert.equal(strict.caught.length, 0);
    });
  });

  describe("isa95, requests", () => {
    const request = (values: object, id: string): { payload: object } => ({ payload: { ...OUTPUT, id, values: { component: "spindle", ...values } } });
    const kind = ({ payload }: { payload?: unknown }): string | undefined => /<(\w+WorkSchedule) /.exec(String(payload))?.[1];

    it("makes one request for one cause, tells its change, keeps that over a restart, and does as it is told", async () => {
      const folder = await mkdtemp(path.join(tmpdir(), "resonance-requests-"));
      try {
        const changes = { message: "ProcessWorkSchedule", suppressHours: 24, wires: [[], []] };
        const options = { settings: { userDir: folder } };
        const flow = await run(ISA95, changes, options);
        flow.receive("node", request({ remainingUsefulLife: 40 }, "r-1"));
        flow.receive("node", request({ remainingUsefulLife: 39 }, "r-2"));
        flow.receive("node", request({ remainingUsefulLife: 20 }, "r-3"));
        flow.receive("node", request({ remainingUsefulLife: 20, component: "pump" }, "r-4"));
        await flow.settled(4);
        assert.deepEqual(flow.sent("node").map(kind), ["ProcessWorkSchedule", "ChangeWorkSchedule", "ProcessWorkSchedule"]);
        assert.match(String(flow.sent("node")[1]?.payload), /<ID>WR-r-1<\/ID>/);
        const [kept] = flow.sent("node", 1);
        assert.equal((kept?.payload as { id: string }).id, "r-2");
        assert.equal((kept?.resonance as unknown as { suppressed: { requestId: string } }).suppressed.requestId, "r-1");
        await undeploy();
        const again = await run(ISA95, changes, options);
        again.receive("node", request({ remainingUsefulLife: 20 }, "r-5"));
        again.receive("node", { ...request({ remainingUsefulLife: 20 }, "r-6"), resonance: { suppress: false } });
        await again.settled(2);
        assert.deepEqual([again.sent("node").map(kind), again.sent("node", 1).length], [["ProcessWorkSchedule"], 1]);
        assert.match(String(again.sent("node")[0]?.payload), /<ID>WR-r-6<\/ID>/);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    it("writes older versions, JSON in object form and places of its own; a place that does not exist is told at deploy", async () => {
      const flow = await run(ISA95, { b2mmlVersion: "V0600", targets: [{ field: "component", path: "PhysicalAsset/VendorID", property: "" }] });
      flow.receive("node", request({}, "r-1"));
      await flow.settled(1);
      assert.match(String(flow.sent("node")[0]?.payload), /B2MML-V0600.*<VendorID>spindle<\/VendorID>/s);
      assert.equal((flow.sent("node")[0]?.resonance?.["isa95"] as { version: string }).version, "V0600");
      await undeploy();
      const json = await run(ISA95, { format: "jsonObject" });
      json.receive("node", request({}, "r-1"));
      await json.settled(1);
      assert.match(JSON.stringify(json.sent("node")[0]?.payload), /"PhysicalAsset":\[\{"ID":\{"\$":/);
      await undeploy();
      const wrong = await run(ISA95, { targets: [{ field: "component", path: "PhysicalAsset/Nothing", property: "" }] });
      await until(() => wrong.caught.length > 0, "the error of the deploy");
      assert.equal(wrong.caught[0]?.resonance?.error?.code, "RESONANCE_ISA95_NODE_TARGET");
    });
  });

  it("the profile node tells the editor its categories, fields and units", async () => {
    await run(MODEL_IN);
    const request = helper.request() as unknown as { get(url: string): Promise<{ status: number; body: { profiles: { categories: { id: string }[] }[]; units: unknown[] } }> };
    const { status, body } = await request.get("/resonance/catalogue");
    assert.equal(status, 200);
    assert.deepEqual(body.profiles[0]?.categories.map(({ id }) => id), [...profile.categories.keys()]);
    assert.ok(body.units.length > 10);
  });

  describe("with a profile of one's own", () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "resonance-own-profile-"));
      await writeFile(path.join(folder, "next.json"), JSON.stringify({
        extends: "gbt-provisional", id: "next", version: "1.0.0", formerIds: [PROFILE_KEY], renames: { "predictive-maintenance/input/torque": "spindleTorque" },
        categories: { "predictive-maintenance": { input: {
          required: ["processTemperature", "rotationalSpeed", "spindleTorque"],
          properties: {
            torque: null, processTemperature: { unit: "CEL", minimum: -73.15, maximum: 1726.85 },
            spindleTorque: {
              type: "number", unit: "NU", minimum: 0, maximum: 200, title: { en: "Torque", zh: "扭矩", de: "Drehmoment" }, description: { en: "At the spindle", zh: "主轴处", de: "An der Spindel" },
              vdi2182: { assetClass: "process-data", confidentiality: "low", integrity: "medium", availability: "low", safety: "low" },
            },
          },
        } } },
      }));
    });
    after(() => rm(folder, { recursive: true, force: true }));
    const NEXT: TestNode = { id: "next", type: "resonance-profile", version: 1, source: "overrides", path: "next.json" };
    const ask = async (route: string, body: object): Promise<Record<string, unknown>> => {
      const request = helper.request() as unknown as { post(url: string): { send(body: object): Promise<{ status: number; body: Record<string, unknown> }> } };
      const answer = await request.post(route).send(body);
      assert.equal(answer.status, 200);
      return answer.body;
    };

    it("a record of the former edition is brought to it, and says where it comes from", async () => {
      const flow = await deploy([NEXT, { ...VALIDATE, profile: "next", editions: "former" }], { settings: { userDir: folder } });
      flow.receive("node", { payload: INPUT, resonance: { job: 1 } });
      flow.receive("node", { payload: { ...INPUT, values: { ...INPUT.values, torque: 201 } } });
      flow.receive("node", { payload: { ...INPUT, profile: "other@1.0.0" } });
      await flow.settled(3);
      const [moved] = flow.sent("node");
      assert.deepEqual(moved?.payload, { ...INPUT, profile: "next@1.0.0", values: { processTemperature: 35.5, rotationalSpeed: 1551, spindleTorque: 40 } });
      assert.deepEqual(moved.resonance, { job: 1, migrated: { from: PROFILE_KEY, dropped: [] } });
      assert.deepEqual(flow.sent("node", 1).map(({ resonance }) => resonance?.errors?.map(({ path: place, code }) => [place, code])), [
        [["values/spindleTorque", "RESONANCE_VALUE_RANGE"]], [["profile", "RESONANCE_MIGRATION_IMPOSSIBLE"]]]);
    });

    it("is compared with another one before it is deployed, with the nodes of the editor's flow and what they have to change", async () => {
      await deploy([PROFILE, EQUIPMENT, MODEL_IN], { settings: { userDir: folder } });
      const from = { id: "profile", deployed: true, source: "built-in", path: "" };
      const to = { id: "new", deployed: false, source: "overrides", path: "next.json" };
      const answer = await ask("/resonance/comparison", { from, to, nodes: [MODEL_IN, { ...MODEL_IN, id: "else", profile: "else" }], profiles: ["profile"] }) as unknown as {
        comparison: { renamed: object[]; reunited: object[] }; affected: { id: string; changes: { change: string }[] }[]; takenOver: boolean; migrations: { id: string; changes: { tags: object[] } }[];
      };
      assert.deepEqual(answer.comparison.renamed, [{ category: "predictive-maintenance", direction: "input", field: "torque", from: "torque", to: "spindleTorque" }]);
      assert.deepEqual(answer.affected.map(({ id, changes }) => [id, changes.map(({ change }) => change)]), [["node", ["renamed", "reunited", "changedRange", "changedTarget"]]]);
      assert.equal(answer.takenOver, true);
      assert.deepEqual(answer.migrations, [{ id: "node", dropped: [], changes: { tags: [tag("Temperature", "processTemperature", "CEL"), tag("Speed", "rotationalSpeed", "RPM"), tag("Torque", "spindleTorque", "NU")] } }]);
      const back = await ask("/resonance/comparison", { from: to, to: from, nodes: [], profiles: [] });
      assert.deepEqual([back["takenOver"], back["migrations"]], [false, []]);
      const missing = await ask("/resonance/comparison", { from, to: { ...to, path: "nothing.json" } }) as { error: { code: string; message: string } };
      assert.equal(missing.error.code, "RESONANCE_PROFILE_INVALID");
      assert.match(missing.error.message, /nothing\.json.*no such file/);
      assert.equal(((await ask("/resonance/comparison", [])) as { comparison?: { from: string } }).comparison?.from, PROFILE_KEY, "nothing chosen is the built-in one");
    });

    it("serves the preview of a mapping that is not deployed, and the samples that the deployed node saw last", async () => {
      const flow = await deploy([PROFILE, EQUIPMENT, MODEL_IN], { settings: { userDir: folder } });
      flow.receive("node", { payload: [...SAMPLES, sample("Other", 1), sample("Torque", 41, "Bad")] });
      await flow.settled(1);
      const request = helper.request() as unknown as { get(url: string): Promise<{ body: { samples: object[] } }> };
      assert.deepEqual((await request.get("/resonance/samples?node=node")).body.samples, [
        { tag: "Temperature", value: 35.5, quality: "Good", timestamp: TIME }, { tag: "Speed", value: 1551, quality: "Good", timestamp: TIME }, { tag: "Torque", value: 41, quality: "Bad", timestamp: TIME }]);
      assert.deepEqual((await request.get("/resonance/samples?node=profile")).body.samples, []);

      const mapping = {
        profile: { id: "new", deployed: false, source: "overrides", path: "next.json" }, equipment: { id: "equipment", deployed: true }, category: "predictive-maintenance",
        tags: [tag("Temperature", "processTemperature", "KEL"), tag("Speed", "rotationalSpeed", "RPM"), tag("Torque", "spindleTorque", "NU")], samples: { Temperature: "308.65", Speed: "1551", Torque: "40" },
      };
      const { record, errors } = await ask("/resonance/preview", mapping) as unknown as { record: typeof INPUT; errors: unknown[] };
      assert.deepEqual([errors, record.values, record.equipment, record.profile], [[], { processTemperature: 35.5, rotationalSpeed: 1551, spindleTorque: 40 }, PLACE, "next@1.0.0"]);
      const wrong = await ask("/resonance/preview", { ...mapping, tags: [tag("Torque", "spindleTorque", "CEL")] }) as { errors: { path: string; code: string }[] };
      assert.deepEqual(wrong.errors.map(({ path: place, code }) => [place, code]), [["tags/0/unit", "RESONANCE_UNIT_INCOMPATIBLE"]]);
      const unplaced = await ask("/resonance/preview", { ...mapping, equipment: { enterprise: "acme", area: "x" } }) as { errors: { path: string }[] };
      assert.deepEqual(unplaced.errors.map(({ path: place }) => place), ["site"]);
      assert.ok(Array.isArray((await ask("/resonance/preview", { ...mapping, tags: [null, {}, "x"] }))["errors"]), "what is no mapping is told, not thrown");
    });
  });

  const undeployable: readonly (readonly [what: string, node: TestNode, changes: object, code: string, config?: object])[] = [
    ["model-in without equipment", MODEL_IN, { equipment: "" }, "RESONANCE_CONFIG_MISSING"],
    ["model-in whose equipment has a gap in its place", MODEL_IN, {}, "RESONANCE_CONFIG_FAILED", { site: "" }],
    ["model-in whose equipment names no level", MODEL_IN, {}, "RESONANCE_CONFIG_FAILED", { enterprise: "", site: "", area: "", workCenter: "", workUnit: "" }],
    ["model-in with an interval of nothing", MODEL_IN, { trigger: "interval", interval: 0 }, "RESONANCE_CONFIG_INVALID"],
    ["model-in with a field the category does not have", MODEL_IN, { tags: [tag("Torque", "torgue", "NU")] }, "RESONANCE_FIELD_UNKNOWN"],
    ["model-in with a unit nobody knows", MODEL_IN, { tags: [tag("Torque", "torque", "Nm")] }, "RESONANCE_UNIT_UNKNOWN"],
    ["model-out without model", MODEL_OUT, { model: "" }, "RESONANCE_CONFIG_MISSING"],
    ["model-out with a rule on a field that is not there", MODEL_OUT, { rules: [{ field: "maintenanceRequired", source: "luck", operator: "<", value: 1, unit: "" }] }, "RESONANCE_FIELD_UNKNOWN"],
    ["validate without profile", VALIDATE, { profile: "" }, "RESONANCE_CONFIG_MISSING"],
    ["validate with a schema that is none", VALIDATE, { target: "schema", schema: "{" }, "RESONANCE_SCHEMA_INVALID"],
    ["validate by an XSD that is not there", VALIDATE, { target: "b2mml", b2mmlBy: "xsd", b2mmlSchema: "no-such-folder" }, "RESONANCE_B2MML_SCHEMA_INVALID"],
    ["validate by a JSON schema that is not there", VALIDATE, { target: "b2mml", b2mmlBy: "json", b2mmlSchema: "no-such-folder" }, "RESONANCE_B2MML_SCHEMA_INVALID"],
    ["isa95 without profile", ISA95, { profile: "equipment" }, "RESONANCE_CONFIG_MISSING"],
  ];
  for (const [what, node, changes, code, config] of undeployable) {
    it(`${what}: told at deploy, and at every message: ${code}`, async () => {
      const flow = await deploy([PROFILE, { ...EQUIPMENT, ...config }, MODEL, { ...node, ...changes }]);
      await until(() => flow.caught.length === 1, "the error at the Catch node");
      assert.deepEqual(flow.statuses("node").map(({ fill }) => fill), ["red"]);
      flow.receive("node", { payload: OUTPUT });
      await until(() => flow.caught.length === 2, "the message's error");
      assert.deepEqual(flow.caught.map(({ resonance }) => resonance?.error?.code), [code, code]);
      assert.deepEqual(flow.caught[1]?.payload, OUTPUT);
    });
  }
});
