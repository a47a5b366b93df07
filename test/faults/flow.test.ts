import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { startMes, type DemoMes } from "../../examples/demo/mes";
import { startModelServer } from "../../examples/demo/model-server";
import { replyWith, startFaultProxy, type FaultProxy } from "../support/fault-proxy";
import { readExample, startRuntime, until, type EmbeddedRuntime, type FlowNode } from "../support/node-red-runtime";
import { startReplayServer, stopServers, type ReplayServer, type ReplayVariable } from "../support/opcua-server";
import { freePort } from "../support/ports";

/** What can go wrong on a plant's floor, in the example flow: it is told by code and status, and the flow goes on when it is over. */

const EXAMPLE = readExample("CNC machining", "01 Predictive maintenance.json");
const GOOD = { AirTemperature: 298.9, ProcessTemperature: 308.7, RotationalSpeed: 1550, Torque: 41.2, ToolWear: 12 };
const VARIABLES: readonly ReplayVariable[] = Object.entries(GOOD).map(([name, initial]) => ({ name, initial, dataType: "Variant" }));
const CATCH = "Any failure";
const REJECTED = "Predictive maintenance in";

/** The example with settings changed by node type: short time-outs, few retries, and no outbox that hides what a MES does. */
function example(changes: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {}): FlowNode[] {
  const quick: typeof changes = { "resonance-model": { timeout: 400 }, "resonance-mes": { keep: "none", timeout: 400, retries: 1 } };
  return EXAMPLE.map((node) => ({ ...node, ...quick[node.type], ...changes[node.type] }));
}

describe("faults in the running flow", () => {
  let runtime: EmbeddedRuntime;
  let machine: ReplayServer;
  let demoModel: Awaited<ReturnType<typeof startModelServer>>;
  let demoMes: DemoMes;
  let model: FaultProxy;
  let mes: FaultProxy;
  let wear = 0;

  before(async () => {
    [machine, demoModel, demoMes] = await Promise.all([startReplayServer({ variables: VARIABLES }), startModelServer({}), startMes({})]);
    runtime = await startRuntime();
    // The first start of all is slower than the short time-outs allow.
    Object.assign(process.env, { OPCUA_ENDPOINT: machine.endpointUrl, MODEL_SERVER_URL: demoModel.url, MES_URL: demoMes.url });
    await running({ "resonance-model": { timeout: 10_000 } });
    await runtime.deploy([]);
  });
  beforeEach(async () => {
    machine.write(GOOD);
    [model, mes] = await Promise.all([startFaultProxy(demoModel.url), startFaultProxy(demoMes.url)]);
    Object.assign(process.env, { OPCUA_ENDPOINT: machine.endpointUrl, MODEL_SERVER_URL: model.url, MES_URL: mes.url });
  });
  afterEach(async () => {
    await runtime.deploy([]);
    await Promise.all([model.close(), mes.close()]);
    assert.equal(machine.sessionCount(), 0, "no session is left at the machine");
  });
  after(async () => {
    await runtime.close();
    await Promise.all([stopServers(), demoModel.close(), demoMes.close()]);
  });

  // Never the initial value: what stays the same is no change, and a server does not report it.
  const step = (change: Readonly<Record<string, unknown>> = {}): void => { machine.write({ ToolWear: 20 + (++wear % 100), ...change }); };
  const codes = (): (string | undefined)[] => runtime.sent(CATCH).map(({ error }) => error?.code);
  const accepted = (): number => runtime.sent("MES").length;

  async function running(changes: Parameters<typeof example>[0] = {}): Promise<void> {
    await runtime.deploy(example(changes));
    await until(() => accepted() > 0, "the first accepted document");
  }

  async function goesOn(): Promise<void> {
    const before = accepted();
    await until(() => {
      step();
      return accepted() > before;
    }, "the flow to go on by itself");
  }

  /** A message made under the fault ends at the Catch node, once, with this code; the status of `node` tells; later messages pass. */
  async function failsAndRecovers(code: string, node: string, cure: () => void | Promise<void>): Promise<void> {
    const known = codes().length;
    step();
    await until(() => codes().length > known, `${code} at the Catch node`);
    assert.deepEqual(codes().slice(known), [code], "exactly one error for one message");
    const { error, resonance } = runtime.sent(CATCH).at(-1) ?? {};
    const told = resonance?.["error"] as { code: string; hint: string };
    assert.equal(told.code, code);
    assert.ok(told.hint.length > 10, "it says what to do");
    assert.equal(error?.source.name, node);
    await until(() => runtime.status(node)?.fill === "red", "a red status");
    const text = runtime.status(node)?.text ?? "";
    assert.ok(text.length > 0 && text.length <= 24, `a short status: ${text}`);
    await cure();
    await goesOn();
    await until(() => runtime.status(node)?.fill === "green", "a green status");
  }

  const MODEL_FAULTS: readonly (readonly [title: string, code: string, fault: NonNullable<FaultProxy["fault"]>])[] = [
    ["is slow", "RESONANCE_MODEL_TIMEOUT", () => undefined],
    ["answers garbage", "RESONANCE_MODEL_ANSWER_INVALID", replyWith(200, "\u0000<html>nonsense", "application/json")],
    ["fails and says why", "RESONANCE_MODEL_SERVER_ERROR", replyWith(500, JSON.stringify({ error: "out of memory" }), "application/json")],
    ["answers with a wrong shape", "RESONANCE_MODEL_TENSOR_MISMATCH", replyWith(200, JSON.stringify({ model_name: "tool-failure", outputs: [
      { name: "failureProbability", datatype: "FP32", shape: [1, 2], data: [0.1, 0.2] }, { name: "remainingUsefulLife", datatype: "FP32", shape: [1, 1], data: [5] }] }), "application/json")],
    ["asks for a log-in", "RESONANCE_MODEL_UNAUTHORIZED", replyWith(401, JSON.stringify({ error: "no token" }), "application/json")],
  ];
  for (const [title, code, fault] of MODEL_FAULTS) {
    it(`the model server ${title}: ${code}`, async () => {
      await running();
      model.fault = fault;
      await failsAndRecovers(code, "Ask the model", () => { model.fault = undefined; });
    });
  }

  it("the model server is down: RESONANCE_MODEL_UNREACHABLE", async () => {
    await running();
    await model.down();
    await failsAndRecovers("RESONANCE_MODEL_UNREACHABLE", "Ask the model", () => model.up());
  });

  it("the server does not know the model: RESONANCE_MODEL_UNKNOWN with its name", async () => {
    await runtime.deploy(example({ "resonance-model": { serverModel: "no-such-model" } }));
    await until(() => codes().length > 0, "the error");
    assert.equal(codes()[0], "RESONANCE_MODEL_UNKNOWN");
    assert.match(runtime.sent(CATCH)[0]?.error?.message ?? "", /no-such-model/);
  });

  it("the MES asks for a log-in: RESONANCE_MES_UNAUTHORIZED, not tried again", async () => {
    await running();
    mes.fault = replyWith(401, "who are you?");
    await failsAndRecovers("RESONANCE_MES_UNAUTHORIZED", "MES", () => { mes.fault = undefined; });
    assert.equal(mes.faults, 1);
  });

  it("the MES fails: RESONANCE_MES_HTTP_STATUS after its retries", async () => {
    await running();
    mes.fault = replyWith(500, "database is down");
    await failsAndRecovers("RESONANCE_MES_HTTP_STATUS", "MES", () => { mes.fault = undefined; });
    assert.equal(mes.faults, 2, "one try and one retry");
  });

  it("the MES says nothing: RESONANCE_MES_TIMEOUT", async () => {
    await running();
    mes.fault = () => undefined;
    await failsAndRecovers("RESONANCE_MES_TIMEOUT", "MES", () => { mes.fault = undefined; });
  });

  it("the MES is down: RESONANCE_MES_UNREACHABLE", async () => {
    await running();
    await mes.down();
    await failsAndRecovers("RESONANCE_MES_UNREACHABLE", "MES", () => mes.up());
  });

  it("the MES is down for less than the retries take: the document arrives, once", async () => {
    await running({ "resonance-mes": { retries: 8 } });
    const documents = demoMes.received.length;
    await mes.down();
    step();
    await until(() => /retry|try/i.test(runtime.status("MES")?.text ?? ""), "the status to say that it tries again");
    await mes.up();
    await until(() => demoMes.received.length > documents, "the document");
    assert.equal(demoMes.received.length, documents + 1);
    assert.deepEqual(codes(), []);
  });

  it("the MES rejects the document: RESONANCE_MES_REJECTED with its reason", async () => {
    await running();
    mes.fault = replyWith(200, `<?xml version="1.0"?><ConfirmBOD xmlns="http://www.mesa.org/xml/B2MML"><ApplicationArea><CreationDateTime>2026-01-15T08:30:05Z</CreationDateTime></ApplicationArea>
      <DataArea><Confirm><ResponseCriteria><ResponseExpression actionCode="Rejected"/><ChangeStatus><Reason>asset SN-4711 is not known</Reason></ChangeStatus></ResponseCriteria></Confirm><BOD/></DataArea></ConfirmBOD>`, "application/xml");
    await failsAndRecovers("RESONANCE_MES_REJECTED", "MES", () => { mes.fault = undefined; });
    assert.match(runtime.sent(CATCH)[0]?.error?.message ?? "", /SN-4711 is not known/);
  });

  const BAD_VALUES: readonly (readonly [title: string, code: string, spoil: () => void])[] = [
    ["NaN", "RESONANCE_VALUE_NOT_FINITE", () => machine.write({ Torque: NaN })],
    ["a value of the wrong type", "RESONANCE_VALUE_TYPE", () => machine.writeStamped({ Torque: { value: "forty", dataType: "String" } })],
    ["a value out of the profile's range", "RESONANCE_VALUE_RANGE", () => machine.write({ Torque: 1e9 })],
    ["bad quality", "RESONANCE_QUALITY_BAD", () => { machine.setBad("Torque"); }],
  ];
  for (const [title, code, spoil] of BAD_VALUES) {
    it(`the machine sends ${title}: ${code} at the second port, no record until it is good again`, async () => {
      await running();
      const records = runtime.sent(REJECTED).length;
      spoil();
      await until(() => runtime.sent(REJECTED, 1).length > 0, "the rejection");
      const errors = runtime.sent(REJECTED, 1)[0]?.resonance?.["errors"] as { path: string; code: string; message: string }[];
      assert.deepEqual(errors.map((error) => [error.path, error.code]), [["values/torque", code]]);
      assert.equal(runtime.sent(REJECTED).length, records);
      step({ Torque: 40 + (wear % 7) });
      await goesOn();
      assert.equal(runtime.sent(REJECTED, 1).length, 1);
    });
  }

  it("the machine is not there yet, then comes, goes and comes again", async () => {
    await machine.stop();
    const port = await freePort();
    process.env["OPCUA_ENDPOINT"] = `opc.tcp://127.0.0.1:${port}`;
    await runtime.deploy(example());
    await until(() => codes().length > 0, "the report that nobody answers");
    assert.deepEqual(codes(), ["RESONANCE_OPCUA_UNREACHABLE"], "told once, not at every try");
    assert.notEqual(runtime.status("CNC spindle and tool")?.fill, "green");
    machine = await startReplayServer({ port, variables: VARIABLES });
    await until(() => accepted() > 0, "the first document", 60);
    await until(() => runtime.status("CNC spindle and tool")?.fill === "green", "a green status");
    await machine.restart();
    await until(() => runtime.sent(REJECTED, 1).length > 0, "the gap to be told as bad quality");
    await goesOn();
    assert.equal(machine.sessionCount(), 1);
  });

  it("an unknown NodeId is told by name while the other tags flow", async () => {
    const items = [...Object.keys(GOOD), "Typo"].map((tag) => ({ tag, nodeId: `nsu=urn:model-data-resonance:cnc;s=${tag}` }));
    await runtime.deploy(example({ "resonance-opcua-in": { items } }));
    await until(() => codes().length > 0, "the error");
    assert.equal(codes()[0], "RESONANCE_OPCUA_NODE_UNKNOWN");
    assert.match(runtime.sent(CATCH)[0]?.error?.message ?? "", /Typo/);
    await until(() => accepted() > 0, "documents all the same");
  });

  const MISCONFIGURED: readonly (readonly [title: string, code: string, node: string, changes: Parameters<typeof example>[0]])[] = [
    ["a wrong endpoint URL", "RESONANCE_CONFIG_FAILED", "CNC spindle and tool", { "resonance-opcua-endpoint": { endpointUrl: "http://machine" } }],
    ["a NodeId that is none", "RESONANCE_OPCUA_NODE_ID_INVALID", "CNC spindle and tool", { "resonance-opcua-in": { items: [{ tag: "Torque", nodeId: "Torque!" }] } }],
    ["a unit that does not fit", "RESONANCE_UNIT_INCOMPATIBLE", REJECTED, { "resonance-model-in": { tags: [
      { tag: "ProcessTemperature", field: "processTemperature", unit: "BAR", maxAge: 0, optional: false }] } }],
    ["a category that does not exist", "RESONANCE_CATEGORY_UNKNOWN", REJECTED, { "resonance-model-in": { category: "fortune-telling" } }],
    ["an environment variable that is not set", "RESONANCE_CONFIG_FAILED", "MES", { "resonance-mes": { url: "${NO_SUCH_VARIABLE}" } }],
  ];
  for (const [title, code, node, changes] of MISCONFIGURED) {
    it(`${title} is refused at deploy: ${code}`, async () => {
      await runtime.deploy(example(changes));
      await until(() => runtime.status(node)?.fill === "red", "a red status");
      await until(() => codes().includes(code), "the error at the Catch node");
    });
  }
});
