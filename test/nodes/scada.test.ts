import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { AttributeIds, DataType, Variant } from "node-opcua";
import { deploy, startHelper, stopHelper, undeploy, type Deployment, type TestNode } from "../support/node-helper";
import { until } from "../support/node-red-runtime";
import { freePort } from "../support/ports";
import { OPERATOR, outputRecord, PLACE, readValue, withClient } from "../support/scada";

const [enterprise = "", site = "", area = "", workCenter = "", workUnit = ""] = PLACE.split("/");
const CONFIG: readonly TestNode[] = [
  { id: "profile", type: "resonance-profile", version: 1, source: "built-in" },
  { id: "equipment", type: "resonance-equipment", version: 1, enterprise, site, area, workCenter, workUnit, physicalAsset: "" },
];
const codes = (flow: Deployment): (string | undefined)[] => flow.caught.map(({ resonance }) => resonance?.error?.code);
const lastStatus = (flow: Deployment): string => flow.statuses("node").at(-1)?.text ?? "";

describe("the SCADA node", () => {
  let userDir: string;
  let port = 0;
  before(async () => {
    await startHelper();
    userDir = mkdtempSync(path.join(tmpdir(), "resonance-nodes-"));
  });
  after(async () => {
    await stopHelper();
    rmSync(userDir, { recursive: true, force: true });
  });
  afterEach(undeploy);

  const node = (changes: object = {}): TestNode => ({
    id: "node", type: "resonance-scada", version: 1, wires: [[]], profile: "profile", equipment: "equipment", categories: [{ category: "soft-sensor" }],
    port: String(port), host: "127.0.0.1", publicHost: "", unprotected: true, anonymous: true, maxSessions: 10, pkiFolder: "resonance/scada-pki",
    accounts: [], namespaceUri: "urn:model-data-resonance:scada", language: "en", historyValues: "100", historyHours: 1, maxEquipment: 5, byModel: false, jobOrders: false, companions: false, ...changes,
  });
  const run = async (changes: object = {}, users: readonly (typeof OPERATOR)[] = [OPERATOR]): Promise<Deployment> => {
    port = await freePort();
    const saved = users.map(({ name, operate }, index) => ({ name, operate, slot: index + 1 }));
    return deploy([node({ accounts: saved, ...changes }), ...CONFIG], { settings: { userDir }, credentials: { node: Object.fromEntries(users.map(({ password }, index) => [`password${index + 1}`, password])) } });
  };
  const proposal = outputRecord({ category: "adaptive-control", id: "proposal-1", nature: "proposal", values: { feedOverrideSetpoint: 85 } });

  it("listens after the deploy, shows records, counts clients and gives an operator's approval to the flow", async () => {
    const flow = await run();
    await until(() => lastStatus(flow) === "listening", "the server");
    flow.receive("node", { payload: proposal });
    await flow.settled(1);
    await withClient(port, { user: OPERATOR }, async (session) => {
      await until(() => lastStatus(flow) === "1 clients", "the client in the status");
      const base = `ns=2;s=${PLACE}#adaptive-control`;
      assert.equal((await readValue(session, `${base}/output/feedOverrideSetpoint`)).value.value, 85);
      const status = await session.write({ nodeId: `${base}/approval/Approve`, attributeId: AttributeIds.Value, value: { value: new Variant({ dataType: DataType.String, value: "proposal-1" }) } });
      assert.equal(status.name, "Good");
      flow.receive("node", { payload: { decision: "limited", proposalId: "proposal-1", reason: "ramp" } });
      await flow.settled(2);
      assert.equal((await readValue(session, `${base}/approval/State`)).value.value, "limited", "what the guard made of it");
    });
    await until(() => flow.sent("node").length === 1, "the approval");
    const [{ topic, payload } = {}] = flow.sent("node");
    assert.deepEqual({ topic, payload }, { topic: "approve", payload: { id: "proposal-1", by: "operator" } });
    assert.deepEqual(codes(flow), []);
    await until(() => lastStatus(flow) === "listening", "no client any more");
    assert.ok(!flow.exported().includes(OPERATOR.password), "no password in the flow");
  });

  it("a payload that is no record is caught, and the next good one brings the status back", async () => {
    const flow = await run();
    await until(() => lastStatus(flow) === "listening", "the server");
    flow.receive("node", { payload: { viscosity: 3 } });
    flow.receive("node", { payload: { ...proposal, profile: "other@1" } });
    await flow.settled(2);
    assert.deepEqual(codes(flow), ["RESONANCE_RECORD_INVALID", "RESONANCE_RECORD_INVALID"]);
    await until(() => flow.statuses("node").at(-1)?.fill === "red", "the error in the status");
    flow.receive("node", { payload: proposal });
    await until(() => lastStatus(flow) === "listening", "the server's status again");
  });

  it("a taken port is caught with its code and told in the status; the server comes once it is free", async () => {
    const other = createServer();
    port = await freePort();
    other.listen(port, "127.0.0.1");
    await once(other, "listening");
    const flow = await deploy([node({ port }), ...CONFIG], { settings: { userDir } });
    await until(() => codes(flow).includes("RESONANCE_SCADA_PORT_IN_USE"), "the error");
    await until(() => lastStatus(flow) === "port in use", "the status");
    other.close();
    await until(() => lastStatus(flow) === "listening", "the server");
  });

  it("settings that cannot work are told at deploy", async () => {
    const flow = await run({ anonymous: false }, []);
    flow.receive("node", { payload: proposal });
    await until(() => codes(flow).length > 0, "the error");
    assert.equal(codes(flow)[0], "RESONANCE_CONFIG_INVALID");
    assert.equal(flow.statuses("node").at(-1)?.fill, "red");
  });

  it("a redeploy of the same port hands it over without an error", async () => {
    const flow = await run();
    await until(() => lastStatus(flow) === "listening", "the server");
    for (let round = 0; round < 3; round += 1) {
      await flow.redeploy([node({ historyValues: 10 + round, accounts: [{ name: OPERATOR.name, operate: true, slot: 1 }], credentials: { password1: OPERATOR.password } }), ...CONFIG]);
      await until(() => lastStatus(flow) === "listening", "the server after the redeploy");
    }
    assert.deepEqual(codes(flow), []);
    await withClient(port, {}, async (session) => { assert.equal((await readValue(session, "ns=0;i=2259")).value.value, 0); });
  });
});
