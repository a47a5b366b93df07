import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { SecurityFile } from "../../nodes/lib/vdi2182/security-file";
import { deploy, startHelper, stopHelper, undeploy, type Deployment, type Seen, type TestNode } from "../support/node-helper";
import { until } from "../support/node-red-runtime";
import { startReplayServer, stopServers } from "../support/opcua-server";
import { freePort } from "../support/ports";
import { OPERATOR, PLACE, withClient } from "../support/scada";

const [enterprise = "", site = "", area = "", workCenter = "", workUnit = ""] = PLACE.split("/");
const CONFIG: readonly TestNode[] = [
  { id: "profile", type: "resonance-profile", version: 1, source: "built-in" },
  { id: "equipment", type: "resonance-equipment", version: 1, enterprise, site, area, workCenter, workUnit, physicalAsset: "" },
];
const SECRET = "correct horse battery staple";

const node = (changes: object = {}): TestNode => ({
  id: "node", type: "resonance-vdi2182", version: 1, wires: [[], []], area: "instance", format: "json", language: "en", atDeploy: true, checkEvery: 1, certificateDays: 30,
  goals: ["confidentiality", "integrity", "availability", "safety"], manufacturer: "", integrator: "", operator: "", knownClients: [], ratings: [], audits: [], ...changes,
});
const files = (flow: Deployment): readonly SecurityFile[] => flow.sent("node").map(({ payload }) => payload as SecurityFile);
const events = (flow: Deployment): readonly Seen[] => flow.sent("node", 1);
const topics = (flow: Deployment): readonly (string | undefined)[] => events(flow).map(({ topic }) => topic);
const codes = (flow: Deployment): (string | undefined)[] => flow.caught.map(({ resonance }) => resonance?.error?.code);

describe("the security file node", () => {
  let userDir: string;
  before(async () => {
    await startHelper();
    userDir = mkdtempSync(path.join(tmpdir(), "resonance-vdi2182-"));
  });
  after(async () => {
    await stopHelper();
    rmSync(userDir, { recursive: true, force: true });
  });
  afterEach(async () => {
    await undeploy();
    await stopServers();
  });

  it("makes the file at deploy, keeps versions over deploys, and no secret gets into it", async () => {
    const mes = (url: string): TestNode => ({ id: "mes", type: "resonance-mes", version: 1, name: "MES", url, format: "xml", authentication: "basic", caFile: "", timeout: 1000, retries: 0, queueLimit: 10 });
    const out: TestNode = { id: "out", type: "resonance-mes-out", version: 1, mes: "mes", wires: [[], []] };
    process.env["RESONANCE_TEST_MES"] = "192.0.2.15";
    const flow = await deploy([node(), out, mes("http://${RESONANCE_TEST_MES}:8080/b2mml")], {
      settings: { userDir }, credentials: { mes: { user: "u-secret", password: SECRET } },
    });
    await until(() => files(flow).length === 1, "the file of the deploy");
    const [first] = files(flow);
    assert.equal(first?.version, 1);
    assert.deepEqual(first.structure.interfaces.find(({ id }) => id === "mes:write")?.address, "http://192.0.2.15:8080/b2mml", "variables in addresses are filled in");
    assert.equal(first.measures.find(({ id }) => id === "secret-protection@mes:write")?.state, "open");
    await flow.redeploy([node({ ratings: [{ target: "stolen-access-data@mes:write", accepted: true, reason: "moves next week", by: "A. Li", date: "2026-11-20" }] }), out, mes("https://192.0.2.15/b2mml")]);
    await until(() => files(flow).length === 2, "the file of the second deploy");
    const second = files(flow)[1];
    assert.equal(second?.version, 2);
    assert.deepEqual(second.changes.filter(({ what, kind }) => what === "interface" && kind === "changed").map(({ id }) => id), ["mes:write"]);
    assert.ok(second.changes.some(({ what, id, from, to }) => what === "measure" && id === "secret-protection@mes:write" && from === "open" && to === "met"));
    assert.equal(second.risks.find(({ id }) => id === "stolen-access-data@mes:write")?.accepted?.by, "A. Li");
    const kept = readFileSync(path.join(userDir, "resonance", "vdi2182", "node.json"), "utf8");
    for (const text of [JSON.stringify(files(flow)), kept]) assert.ok(!text.includes(SECRET) && !text.includes("u-secret"));
    assert.deepEqual(codes(flow), []);
  });

  it("answers a message with the file, or with a document in its language", async () => {
    const flow = await deploy([node({ atDeploy: false, area: "flow" }), { id: "other", type: "resonance-profile", version: 1, source: "built-in" }], { settings: { userDir } });
    flow.receive("node", { payload: { occasion: "yearly review" }, topic: "kept", resonance: { mine: 1 } });
    flow.receive("node", { payload: { format: "markdown", language: "de" } });
    await flow.settled(2);
    const [json, document] = flow.sent("node");
    assert.equal((json?.payload as SecurityFile).occasion, "yearly review");
    assert.deepEqual([json?.topic, json?.resonance?.["mine"], (json?.payload as SecurityFile).scope.kind], ["kept", 1, "flow"]);
    assert.match(String(document?.payload), /^# Sicherheitsakte nach dem Vorgehensmodell der VDI\/VDE 2182/);
  });

  it("a rating without a name is refused at deploy, with its place", async () => {
    const flow = await deploy([node({ ratings: [{ target: "x", accepted: true, reason: "r", by: "", date: "2026-11-20" }] })], { settings: { userDir } });
    await until(() => flow.caught.length > 0, "the error");
    assert.deepEqual([flow.caught[0]?.resonance?.error?.code, flow.caught[0]?.resonance?.error?.path], ["RESONANCE_CONFIG_INVALID", "ratings/0/by"]);
  });

  it("its file goes with the node, and only then", async () => {
    const flow = await deploy([node({ id: "gone" })], { settings: { userDir } });
    const folder = path.join(userDir, "resonance", "vdi2182");
    await until(() => existsSync(path.join(folder, "gone.json")), "what is kept");
    await flow.redeploy([]);
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("gone")), []);
  });

  it("tells once that a real server offers less security than wanted, and what the session really has", async () => {
    const server = await startReplayServer({ variables: [{ name: "Torque", initial: 1 }], secure: true });
    const endpoint = (changes: object): TestNode => ({
      id: "machine", type: "resonance-opcua-endpoint", version: 1, name: "CNC 7", endpointUrl: server.endpointUrl, securityMode: "SignAndEncrypt", securityPolicy: "Basic256Sha256",
      authentication: "anonymous", trustedThumbprint: "", ...changes,
    });
    const input: TestNode = {
      id: "in", type: "resonance-opcua-in", version: 2, endpoint: "machine", mode: "values", items: [{ tag: "Torque", nodeId: "nsu=urn:model-data-resonance:cnc;s=Torque" }], rate: "custom",
      publishingInterval: 100, samplingInterval: "", queueSize: 10, discard: "oldest", report: "value", deadbandType: "none", deadband: 0, deadbandRefused: "error", notifier: "", eventType: "",
      severity: 1, fields: "", output: "batch", units: false, wires: [[]],
    };
    const { X509Certificate } = await import("node:crypto");
    const certificate = new X509Certificate(server.raw().getCertificate());
    const trusted = endpoint({ trustedThumbprint: certificate.fingerprint256 });
    const flow = await deploy([node({ id: "policy", certificateDays: 1 }), trusted, input], { settings: { userDir } });
    await until(() => flow.sent("in").length > 0, "values over the secured session", 30);
    flow.receive("policy", { payload: "now" });
    await until(() => flow.sent("policy").length === 2, "a file while it is connected");
    const file = flow.sent("policy")[1]?.payload as SecurityFile;
    const found = file.structure.interfaces.find(({ id }) => id === "machine:read");
    assert.deepEqual(found?.encryption, { mode: "SignAndEncrypt", policy: "Basic256Sha256" });
    assert.equal(found.certificate?.expires, new Date(certificate.validTo).toISOString(), "the certificate of the live session");
    assert.deepEqual(flow.sent("policy", 1), [], "nothing is violated yet");

    await server.restart({ secure: false });
    await until(() => flow.sent("policy", 1).length > 0, "the downgrade", 40);
    const [event] = flow.sent("policy", 1);
    assert.equal(event?.topic, "policy-downgraded");
    const { node: where, name, goals, text } = event.payload as { node: string; name: string; goals: readonly string[]; text: string };
    assert.deepEqual([where, name, goals], ["machine", "CNC 7", ["confidentiality", "integrity"]]);
    assert.match(text, /SignAndEncrypt Basic256Sha256/);
    const looked = flow.statuses("policy").length;
    flow.receive("policy", { payload: "again" });
    await until(() => flow.sent("policy").length === 3 && flow.statuses("policy").length >= looked, "another look");
    await flow.redeploy([node({ id: "policy", certificateDays: 1 }), trusted, input]);
    await until(() => flow.sent("policy").length === 4, "the next deploy");
    assert.equal(flow.sent("policy", 1).filter(({ topic }) => topic === "policy-downgraded").length, 1, "one cause, one event");

    await flow.redeploy([node({ id: "policy", certificateDays: 1 }), endpoint({ securityMode: "None", securityPolicy: "None" }), input]);
    await until(() => flow.sent("policy", 1).some(({ payload }) => (payload as { text: string }).text.endsWith("→ None.")), "the setting that was taken back");
  });

  it("tells a client at the SCADA node that is on no list, once, and a certificate near its end", async () => {
    const port = await freePort();
    const scada: TestNode = {
      id: "scada", type: "resonance-scada", version: 1, name: "station", wires: [[]], profile: "profile", equipment: "equipment", categories: [{ category: "soft-sensor" }], port, host: "127.0.0.1",
      publicHost: "", unprotected: true, anonymous: true, maxSessions: 10, pkiFolder: "resonance/scada-pki", accounts: [{ name: OPERATOR.name, operate: true, slot: 1 }],
      namespaceUri: "urn:model-data-resonance:scada", language: "en", historyValues: 10, historyHours: 1, maxEquipment: 5, byModel: false, jobOrders: false, companions: false,
    };
    const watching = node({ id: "watch", certificateDays: 3650 });
    const flow = await deploy([watching, scada, ...CONFIG], { settings: { userDir }, credentials: { scada: { password1: OPERATOR.password } } });
    const seen = (): readonly Seen[] => flow.sent("watch", 1);
    await until(() => flow.statuses("scada").at(-1)?.text === "listening", "the server");
    await until(() => seen().some(({ topic }) => topic === "certificate-expiring"), "the own certificate, which lasts ten years");
    await withClient(port, { user: OPERATOR }, async () => {
      await until(() => seen().some(({ topic }) => topic === "unknown-client"), "the client");
    });
    const [client] = seen().filter(({ topic }) => topic === "unknown-client");
    const { evidence, node: where } = client?.payload as { evidence: readonly { value: string }[]; node: string };
    assert.equal(where, "scada");
    assert.ok(evidence[0]?.value.includes(OPERATOR.name), JSON.stringify(evidence));
    assert.ok(!JSON.stringify(seen()).includes(OPERATOR.password));
    assert.deepEqual(seen().map(({ topic }) => topic).sort(), ["certificate-expiring", "unknown-client"]);
    assert.deepEqual([codes(flow), topics(flow)], [[], []]);
  });

  it("tells a write past the guard at deploy, with what makes it", async () => {
    const endpoint: TestNode = { id: "machine", type: "resonance-opcua-endpoint", version: 1, name: "CNC", endpointUrl: "opc.tcp://127.0.0.1:1", securityMode: "None", securityPolicy: "None", authentication: "anonymous" };
    const write: TestNode = {
      id: "write", type: "resonance-opcua-out", version: 1, name: "override", endpoint: "machine", mode: "write", items: [{ tag: "a", nodeId: "ns=1;s=a", unit: "", targetUnit: "" }], confirmWithin: 0,
      checkRange: true, together: "command", repeat: false, objectId: "", methodId: "", historySpan: 60, historyLimit: 10, timeout: 1000, queueLimit: 0, wires: [[], []],
    };
    const flow = await deploy([node({ id: "guarding" }), endpoint, write, { id: "hand", type: "by-hand", name: "by hand", wires: [["write"]] }], {
      settings: { userDir }, types: [(RED) => { RED.nodes.registerType("by-hand", function (def) { RED.nodes.createNode(this, def); }); }],
    });
    await until(() => flow.sent("guarding", 1).length > 0, "the event");
    const [event] = flow.sent("guarding", 1).map(({ payload }) => payload as { event: string; node: string; goals: readonly string[]; text: string });
    assert.deepEqual([event?.event, event?.node, event?.goals], ["write-outside-guard", "write", ["safety", "integrity"]]);
    assert.match(event?.text ?? "", /by hand/);
  });
});
