import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { DataType, nodesets, StatusCodes, Variant, VariantArrayType } from "node-opcua";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { PAGE, ROOT, type BrowsedNode } from "../../nodes/lib/opcua/browse";
import { describeNodes } from "../../nodes/lib/opcua/describe-nodes";
import { createEditorSessions, type EditorSession } from "../../nodes/lib/opcua/editor-sessions";
import { searchNodes } from "../../nodes/lib/opcua/search-nodes";
import type { OpcUaSettings } from "../../nodes/lib/opcua/settings";
import { closeConnections, connect, eventually } from "../support/opcua-client";
import { startLabServer, stopLab, type LabServer } from "../support/opcua-lab";

const PLANT = "urn:plant;100%";
const PLANT_NODE = "nsu=urn:plant%3B100%25;";
const MANY = 20_000;
let folder = "";
let server: LabServer;

const settings = (): OpcUaSettings => ({
  endpointUrl: server.endpointUrl, securityMode: "None", securityPolicy: "None", identity: { type: "anonymous" }, pkiFolder: folder, applicationName: "browser",
});

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "resonance-browse-"));
  server = await startLabServer({ nodeset_filename: [nodesets.standard, nodesets.cnc] });
  const { addressSpace } = server.server.engine;
  assert.ok(addressSpace);
  const namespace = addressSpace.registerNamespace(PLANT);
  const line = namespace.addFolder(addressSpace.rootFolder.objects, { browseName: "Line", nodeId: "s=Line" });
  const many = namespace.addFolder(line, { browseName: "Many", nodeId: "s=Many" });
  for (let index = 0; index < MANY; index += 1) namespace.addObject({ browseName: `Part ${index}`, nodeId: `i=${index + 1}`, organizedBy: many });
  const spindle = namespace.addObject({ browseName: "Spindle", displayName: [{ text: "Hauptspindel", locale: "de" }], nodeId: "s=Spindle", organizedBy: line });
  // Round in a circle, and the same node by two ways.
  spindle.addReference({ referenceType: "Organizes", nodeId: line.nodeId });
  line.addReference({ referenceType: "HasComponent", nodeId: spindle.nodeId });
  const torque = namespace.addAnalogDataItem({
    browseName: "Torque", nodeId: "s=Torque", componentOf: spindle, dataType: "Double", description: "at the tool", definition: "",
    engineeringUnitsRange: { low: -5, high: 120 }, engineeringUnits: { namespaceUri: "http://www.opcfoundation.org/UA/units/un/cefact", unitId: 0x4e55, displayName: { text: "N·m" }, description: { text: "newton metre" } },
  });
  torque.setValueFromSource(new Variant({ dataType: DataType.Double, value: 12.5 }), StatusCodes.UncertainLastUsableValue, new Date("2026-03-04T05:06:07.008Z"));
  namespace.addVariable({
    browseName: "Samples", nodeId: "s=Samples", componentOf: spindle, dataType: "Int64", valueRank: 1, userAccessLevel: "CurrentRead",
    value: { dataType: DataType.Int64, arrayType: VariantArrayType.Array, value: Array.from({ length: 1_000 }, () => [0x7fffffff, 0xffffffff]) },
  });
  namespace.addVariable({ browseName: '<img src=x onerror="alert(1)">', displayName: '"><script>alert(2)</script>', nodeId: 's="><b>', componentOf: spindle, dataType: "String" });
});
after(async () => {
  await closeConnections();
  await stopLab();
  await rm(folder, { recursive: true, force: true });
});

const inSession = async <T>(work: (session: EditorSession) => Promise<T>): Promise<T> => {
  const sessions = createEditorSessions();
  // What a test finds wrong must not turn into a failure of the connection.
  const outcome = await sessions.use(settings(), undefined, (session) => work(session).then((value) => ({ value }), (thrown: unknown) => ({ thrown })));
  await sessions.close();
  if ("thrown" in outcome) throw outcome.thrown;
  return outcome.value;
};
const named = (nodes: readonly BrowsedNode[], name: string): BrowsedNode => {
  const found = nodes.find((node) => node.name === name);
  assert.ok(found, `no ${name} among ${nodes.map((node) => node.name).join()}`);
  return found;
};

describe("browsing", () => {
  test("names nodes by namespace URI, each once, with both names", () => inSession(async ({ browser }) => {
    const objects = await browser.children(ROOT);
    assert.equal(named(objects.nodes, "Server").nodeId, "i=2253");
    const line = named(objects.nodes, "Line");
    assert.deepEqual(line, { nodeId: `${PLANT_NODE}s=Line`, browseName: `${PLANT_NODE}Line`, name: "Line", nodeClass: "Object" });
    const { nodes } = await browser.children(line.nodeId);
    assert.deepEqual(nodes.map(({ name }) => name).sort(), ["Hauptspindel", "Many"]);
    const spindle = await browser.children(named(nodes, "Hauptspindel").nodeId);
    assert.ok(spindle.nodes.some(({ name }) => name === "Line"), "the circle is shown, and nothing follows it unasked");
    assert.ok(spindle.nodes.some(({ name, nodeId }) => name === '"><script>alert(2)</script>' && nodeId === `${PLANT_NODE}s="><b>`), "a hostile name stays a plain text");
  }));

  test("reads 20,000 children page by page, each exactly once, also when pages of other nodes come between and points run out", () => inSession(async ({ browser }) => {
    const seen = new Set<string>();
    let next: number | undefined = 0;
    let pages = 0;
    while (next !== undefined) {
      // A user asked for an early page of the same node again and again: the server has ten points, we keep four.
      if (pages % 25 === 0) for (let again = 0; again < 6; again += 1) await browser.children(`${PLANT_NODE}s=Many`, 0);
      const page: Awaited<ReturnType<typeof browser.children>> = await browser.children(`${PLANT_NODE}s=Many`, next);
      assert.ok(page.nodes.length <= PAGE);
      for (const { nodeId } of page.nodes) seen.add(nodeId);
      next = page.next;
      pages += 1;
    }
    assert.equal(seen.size, MANY);
    assert.equal(pages, MANY / PAGE);
  }));

  test("refuses what is no NodeId, not there, or behind the end", () => inSession(async ({ browser }) => {
    const fails = (code: string) => (thrown: unknown): boolean => thrown instanceof ResonanceError && thrown.code === code;
    await assert.rejects(browser.children("Line"), fails("RESONANCE_OPCUA_NODE_ID_INVALID"));
    await assert.rejects(browser.children(`${PLANT_NODE}s=Nothing`), fails("RESONANCE_OPCUA_BROWSE_REFUSED"));
    await assert.rejects(browser.children("nsu=urn:elsewhere;s=Line"), fails("RESONANCE_OPCUA_BROWSE_REFUSED"));
    await assert.rejects(browser.children(`${PLANT_NODE}s=Many`, 12_345), fails("RESONANCE_OPCUA_BROWSE_REFUSED"));
  }));
});

describe("searching", () => {
  const never = new AbortController().signal;
  test("finds by display and browse name whatever the case, tells the way, and ends in a circle", () => inSession(async ({ session, namespaceArray }) => {
    for (const text of ["hauptSPINDEL", " spindle "]) {
      const { hits, ended } = await searchNodes(session, namespaceArray, text, never);
      assert.deepEqual(hits.filter(({ nodeId }) => nodeId.startsWith(PLANT_NODE)).map(({ path: way }) => way), [[`${PLANT_NODE}Line`, `${PLANT_NODE}Spindle`]], text);
      assert.equal(ended, undefined);
    }
    const { hits, visited } = await searchNodes(session, namespaceArray, "Part 19999", never);
    assert.deepEqual(hits.map(({ nodeId }) => nodeId), [`${PLANT_NODE}i=20000`]);
    assert.ok(visited > MANY);
  }));

  test("ends at its limits and says at which, and at once when it is cancelled; no continuation point stays behind", () => inSession(async ({ session, namespaceArray, browser }) => {
    const search = (text: string, limits: Partial<{ hits: number; nodes: number; ms: number }>, signal = never) =>
      searchNodes(session, namespaceArray, text, signal, { hits: 200, nodes: 50_000, ms: 15_000, ...limits });
    for (let round = 0; round < 12; round += 1) {
      const { hits, ended } = await search("part", { hits: 50 });
      assert.deepEqual([hits.length, ended], [50, "hits"]);
    }
    assert.equal((await search("nowhere", { nodes: 3_000 })).ended, "nodes");
    assert.equal((await search("nowhere", { ms: 0 })).ended, "time");
    const gone = new AbortController();
    gone.abort(new Error("the dialog was closed"));
    await assert.rejects(search("part", {}, gone.signal), /dialog was closed/);
    assert.equal((await browser.children(`${PLANT_NODE}s=Many`)).next, PAGE);
  }));
});

describe("describing", () => {
  test("value with quality and time, type, unit, range, access and description, for many nodes in one go", () => inSession(async ({ session, namespaceArray }) => {
    const [torque, samples, hostile, line, nothing] = await describeNodes(session, namespaceArray,
      [`${PLANT_NODE}s=Torque`, `${PLANT_NODE}s=Samples`, `${PLANT_NODE}s="><b>`, `${PLANT_NODE}s=Line`, `${PLANT_NODE}s=Nothing`]);
    assert.deepEqual(torque, {
      nodeId: `${PLANT_NODE}s=Torque`, name: "Torque", browseName: "Torque", nodeClass: "Variable", description: "at the tool", dataType: "Double",
      unit: { symbol: "N·m", code: "NU" }, range: { low: -5, high: 120 }, access: { read: true, write: true, history: false },
      value: { text: "12.5", quality: "Uncertain", status: "UncertainLastUsableValue", timestamp: "2026-03-04T05:06:07.008Z" },
    });
    assert.equal(samples?.dataType, "Int64[]");
    assert.deepEqual(samples.access, { read: true, write: false, history: false });
    assert.match(samples.value?.text ?? "", /^\["9223372036854775807",.*…$/);
    assert.ok((samples.value?.text.length ?? 0) <= 501);
    assert.equal(hostile?.browseName, '<img src=x onerror="alert(1)">');
    assert.deepEqual([line?.nodeClass, line?.value, line?.dataType], ["Object", undefined, undefined]);
    assert.deepEqual(nothing, { nodeId: `${PLANT_NODE}s=Nothing`, error: "BadNodeIdUnknown" });
  }));

  test("every part of a companion specification's type can be described", () => inSession(async ({ session, namespaceArray, browser }) => {
    const { nodes } = await browser.children("nsu=http://opcfoundation.org/UA/CNC;i=1004");
    assert.ok(nodes.length > 5);
    const facts = await describeNodes(session, namespaceArray, nodes.map(({ nodeId }) => nodeId));
    for (const { error, name, nodeClass, dataType } of facts) assert.ok(error === undefined && name && (nodeClass !== "Variable" || dataType), name);
  }));
});

describe("the editor's sessions", () => {
  test("are one a server for all clicks, end when idle, and use the deployed connection where there is one", async () => {
    const sessions = createEditorSessions(100);
    const before = server.server.engine.cumulatedSessionCount;
    const open = (): number => server.server.engine.currentSessionCount;
    await Promise.all([1, 2, 3].map(() => sessions.use(settings(), undefined, ({ browser }) => browser.children(ROOT))));
    assert.equal(server.server.engine.cumulatedSessionCount - before, 1);
    await eventually(() => open() === 0, "the idle session ends");
    const standing = connect(server.endpointUrl, folder);
    const letGo = standing.hold();
    await standing.use(() => Promise.resolve());
    await sessions.use(settings(), standing, ({ browser }) => browser.children(ROOT));
    assert.equal(server.server.engine.cumulatedSessionCount - before, 2, "the deployed one alone");
    letGo();
    await standing.close();
    await sessions.close();
    assert.equal(open(), 0);
  });

  test("20 dialogs, each with its own session, leave none at the server", async () => {
    const before = server.server.engine.cumulatedSessionCount;
    for (let round = 1; round <= 20; round += 1) {
      const sessions = createEditorSessions();
      const look = sessions.use(settings(), undefined, async ({ browser, session, namespaceArray }) => {
        await browser.children(ROOT);
        await describeNodes(session, namespaceArray, [`${PLANT_NODE}s=Torque`]);
      });
      // Every other dialog is closed while it still waits for the server.
      if (round % 2 === 0) await Promise.all([look.catch(() => undefined), sessions.close()]);
      else await look;
      await sessions.close();
      await eventually(() => server.server.engine.currentSessionCount === 0, `no session after dialog ${round}`, 2_000);
    }
    assert.ok(server.server.engine.cumulatedSessionCount - before >= 10, "sessions were opened");
  });
});
