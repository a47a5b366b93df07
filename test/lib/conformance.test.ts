import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { createFlowDesk, flowSuite, type FlowAnswer } from "../../nodes/lib/conformance/flow-suite";
import { modelSuite } from "../../nodes/lib/conformance/model-suite";
import { runCases, type TestReport } from "../../nodes/lib/conformance/test-report";
import type { TensorSpec } from "../../nodes/lib/inference/tensor";
import { createOipRunner } from "../../nodes/lib/inference/oip/oip-runner";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { compileRecordValidator } from "../../nodes/lib/validation/record-validator";
import { answers, replies, startFaultyServer, type Behaviour, type FaultyServerOptions } from "../support/model-server";

const profile = loadBuiltInProfile();
const INPUTS: readonly TensorSpec[] = [{ name: "input", datatype: "FP32", shape: [1, 1], elements: [{ field: "paintTemperature", unit: "CEL" }] }];
const OUTPUTS: readonly TensorSpec[] = [{ name: "sum", datatype: "FP32", shape: [1, 1], elements: [{ field: "viscosity", unit: "C24" }] }];
const METADATA = { name: "pair", versions: ["1"], platform: "test", inputs: [{ name: "input", datatype: "FP32", shape: [-1, 1] }], outputs: [{ name: "sum", datatype: "FP32", shape: [-1, 1] }] };

/** What an endpoint without a fault does: one value within its range, and nothing for a tensor that is no tensor. */
const good: Behaviour = (request, response) => {
  const { inputs } = JSON.parse(request.body) as { inputs: { data: unknown[] }[] };
  return inputs[0]?.data.length === 1 ? answers({ data: [85] })(request, response) : replies(400, { error: "shape and data differ" })(request, response);
};
/** A fault in answers to questions that are right. */
const wrongly = (fault: Behaviour): Behaviour => (request, response) => {
  const { inputs } = JSON.parse(request.body) as { inputs: { data: unknown[] }[] };
  return (inputs[0]?.data.length === 1 ? fault : good)(request, response);
};

async function testOf(t: TestContext, behaviour: FaultyServerOptions, limitMs = 2000): Promise<TestReport> {
  const server = await startFaultyServer({ metadata: replies(200, METADATA), infer: good, ...behaviour });
  const runner = createOipRunner({ url: server.url, model: "pair", timeout: 10_000, inputs: INPUTS, outputs: OUTPUTS });
  t.after(async () => {
    await runner.close();
    await server.close();
  });
  const cases = modelSuite({ profile, model: { lineage: { id: "m", version: "1", category: "soft-sensor" }, inputs: INPUTS, outputs: OUTPUTS }, runner, limitMs });
  return runCases({ suite: "model", target: { name: "m" }, environment: {} }, cases, AbortSignal.timeout(60_000), () => undefined);
}
const failedOf = ({ cases }: TestReport): string[] => cases.filter(({ verdict }) => verdict === "fail").map(({ id, actual }) => `${id}: ${actual}`);
const kinds = (report: TestReport): string[] => [...new Set(failedOf(report).map((line) => line.replace(/\/\d+:/, ":")))];

describe("a model endpoint under test", () => {
  it("without a fault passes every case: none is invented", async (t) => {
    const report = await testOf(t, {});
    assert.deepEqual(failedOf(report), []);
    assert.deepEqual([report.totals.inconclusive, report.totals.skipped, report.totals.passed], [0, 0, report.cases.length]);
    assert.ok(report.cases.length > 25);
  });

  const flips = (): Behaviour => {
    let turn = 0;
    return (request, response) => answers({ data: [80 + (turn++ % 7)] })(request, response);
  };
  const faults: readonly (readonly [title: string, behaviour: FaultyServerOptions, kinds: RegExp, limit?: number])[] = [
    ["is not ready", { ready: replies(503, {}) }, /^model\/ready: /],
    ["answers out of the profile's range", { infer: wrongly(answers({ data: [-5] })) }, /^model\/valid: RESONANCE_VALUE_RANGE/],
    ["answers null where a number belongs", { infer: wrongly(answers({ data: [null] })) }, /^model\/valid: RESONANCE_/],
    ["answers with another shape", { infer: wrongly(answers({ shape: [1, 2], data: [1, 2] })) }, /^model\/valid: RESONANCE_/],
    ["answers with too few values for its shape", { infer: wrongly(answers({ data: [] })) }, /^model\/valid: RESONANCE_/],
    ["answers with another tensor", { infer: wrongly(answers({ name: "other" })) }, /^model\/valid: RESONANCE_/],
    ["answers with no JSON", { infer: wrongly(replies(200, "<html>")) }, /^model\/valid: RESONANCE_MODEL_ANSWER_INVALID/],
    ["refuses what is valid", { infer: wrongly(replies(400, { error: "no" })) }, /^model\/valid: RESONANCE_MODEL_/],
    ["fails", { infer: wrongly(replies(500, { error: "cuda" })) }, /^model\/valid: RESONANCE_MODEL_SERVER_ERROR/],
    ["answers the same question differently", { infer: wrongly(flips()) }, /^model\/repeat: two answers/],
    ["never answers in time", { infer: wrongly(() => undefined) }, /^model\/valid: no answer within 80 ms$/, 80],
  ];
  for (const [title, behaviour, expected, limit] of faults) {
    it(`${title}: found, and nothing else is said of it`, async (t) => {
      const report = await testOf(t, behaviour, limit);
      const found = kinds(report);
      assert.ok(found.some((kind) => expected.test(kind)), found.join(", "));
      const own = expected.source.startsWith("^model\\/valid") ? /^model\/(valid|repeat)/ : expected;
      assert.deepEqual(found.filter((kind) => !own.test(kind)), [], "invented");
      assert.equal(report.totals.failed + report.totals.passed + report.totals.inconclusive, report.cases.length);
    });
  }
});

describe("a flow under test", () => {
  // Time limits keep no process alive; Node-RED does.
  let alive: NodeJS.Timeout;
  before(() => { alive = setInterval(() => undefined, 1000); });
  after(() => { clearInterval(alive); });
  const check = compileRecordValidator(profile);
  const run = (answer: (record: unknown) => FlowAnswer | undefined, signal = AbortSignal.timeout(60_000), limit = 10_000): Promise<TestReport> => {
    const desk = createFlowDesk((id, record) => {
      const found = answer(record);
      if (found) setImmediate(() => { desk.answer(id, found); });
    });
    return runCases({ suite: "flow", target: { name: "f" }, environment: {} }, flowSuite(profile, "soft-sensor", desk, limit), signal, () => undefined);
  };
  const honest = (record: unknown): FlowAnswer => {
    const [error] = check(record);
    return error ? { code: error.code } : {};
  };

  it("that checks by the profile passes; one that lets all pass, refuses all or says nothing fails each case it should", async () => {
    const right = await run(honest);
    assert.deepEqual([right.totals.failed, right.totals.passed], [0, right.cases.length]);
    const valid = right.cases.filter(({ expected }) => expected === "valid").length;
    assert.equal((await run(() => ({}))).totals.passed, valid);
    assert.equal((await run(() => ({ code: "RESONANCE_INTERNAL" }))).totals.passed, 0);
    const silent = await run((record) => (honest(record).code === "RESONANCE_VALUE_ENUM" ? undefined : honest(record)), undefined, 300);
    assert.deepEqual([...new Set(silent.cases.filter(({ verdict }) => verdict === "fail").map(({ expected, actual }) => `${expected}, ${actual}`))], ["invalid: RESONANCE_VALUE_ENUM, nothing came back within 300 ms"]);
  });

  it("that is stopped ends with the rest skipped", async () => {
    const stop = new AbortController();
    let asked = 0;
    const report = await run((record) => {
      asked += 1;
      if (asked < 6) return honest(record);
      stop.abort();
      return undefined;
    }, stop.signal);
    assert.deepEqual([report.totals.passed, report.totals.failed, report.totals.skipped], [5, 0, report.cases.length - 5]);
  });

  it("there are no test records for other categories", () => {
    assert.throws(() => flowSuite(profile, "own-category", createFlowDesk(() => undefined), 10), { code: "RESONANCE_CONFORMANCE_NO_VECTORS" });
  });
});
