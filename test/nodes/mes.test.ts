import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { withOwnAddress } from "../../nodes/lib/node-red/own-address";
import type { OutboxCounts } from "../../nodes/lib/outbox/outbox";
import { startScriptedServer } from "../support/mes-server";
import { numberedDocument, startMesStore, type MesStore } from "../support/mes-store";
import { deploy, startHelper, stopHelper, undeploy, type Deployment, type TestNode } from "../support/node-helper";
import { until } from "../support/node-red-runtime";
import { freePort } from "../support/ports";

/** mes-out with documents on the disk: done, answers, dead letters and commands, also across a deployment. */

describe("mes-out by way of the disk", () => {
  let userDir = "";
  before(startHelper);
  after(stopHelper);
  afterEach(async () => {
    await undeploy();
    rmSync(userDir, { recursive: true, force: true });
  });
  const flowTo = (url: string, changes: object = {}): TestNode[] => [
    { id: "mes", type: "resonance-mes", name: "MES", version: 2, url, format: "xml", authentication: "none", tokenUrl: "", clientId: "", scope: "", clientAuthentication: "basic", caFile: "", certFile: "", keyFile: "", proxy: "none",
      keep: "disk", retryFor: "ever", order: "equipment", policy: "refuse", timeout: 5000, retries: 0, queueLimit: "100", diskLimit: 10, ageLimit: 0, lanes: 2, ...changes },
    { id: "node", type: "resonance-mes-out", version: 1, mes: "mes", wires: [[], []] },
  ];
  const start = (flow: readonly TestNode[]) => {
    userDir = mkdtempSync(path.join(tmpdir(), "mes-out-"));
    return deploy(flow, { settings: { userDir } });
  };
  const document = (number: number): string => numberedDocument("cnc-07", number);

  it("a message is done once it is on the disk; the answer comes after a deployment, with the message's own properties", async () => {
    const port = await freePort();
    const flow = await start(flowTo(`http://127.0.0.1:${port}/`));
    flow.receive("node", { payload: document(1), topic: "kept", order: { id: 7 }, res: { end: () => undefined } });
    await flow.settled(1);
    assert.deepEqual([flow.caught.length, flow.sent("node").length], [0, 0]);
    await flow.redeploy(flowTo(`http://127.0.0.1:${port}/`));
    const mes = await startMesStore({ port });
    await until(() => flow.sent("node").length === 1, "the answer");
    const [msg] = flow.sent("node");
    assert.deepEqual([msg?.payload, msg?.topic, msg?.["order"], "res" in (msg ?? {})], [{ verdict: "accepted", acknowledged: false }, "kept", { id: 7 }, false]);
    assert.equal((msg?.resonance?.["delivery"] as { bodId: string }).bodId, "cnc-07-1");
    assert.deepEqual([...mes.store.keys()], ["cnc-07-1"]);
    await mes.close();
  });

  it("what the MES refuses is caught with its document, listed with the reason, sent again and deleted on command", async () => {
    let status = 422;
    const mes = await startScriptedServer((_, response) => void response.writeHead(status).end("no such order"));
    const flow = await start(flowTo(mes.url));
    flow.receive("node", { payload: document(1) });
    flow.receive("node", { payload: document(2) });
    await until(() => flow.caught.length === 2, "both dead letters");
    assert.deepEqual(flow.caught.map(({ payload, resonance }) => [payload, resonance?.error?.code]), [1, 2].map((number) => [document(number), "RESONANCE_MES_HTTP_STATUS"]));
    flow.receive("node", { topic: "outbox/list", payload: "" });
    await until(() => flow.sent("node", 1).length === 1, "the list");
    const { deadLetters } = flow.sent("node", 1)[0]?.payload as { deadLetters: { sequence: number; equipment: string; bodId: string; reason: string }[] };
    assert.deepEqual(deadLetters.map(({ bodId, equipment }) => [bodId, equipment]), [["cnc-07-1", "acme/cnc-07"], ["cnc-07-2", "acme/cnc-07"]]);
    assert.match(deadLetters[0]?.reason ?? "", /422: no such order/);
    status = 202;
    flow.receive("node", { topic: "outbox/replay", payload: deadLetters[0]?.sequence });
    await until(() => flow.sent("node").length === 1, "the answer to the one sent again");
    flow.receive("node", { topic: "outbox/purge", payload: "all" });
    await until(() => flow.sent("node", 1).length === 3, "the deletion");
    assert.deepEqual((({ purged, counts }) => [purged, counts.dead])(flow.sent("node", 1)[2]?.payload as { purged: number; counts: { dead: number } }), [1, 0]);
    flow.receive("node", { topic: "outbox/purge", payload: "everything" });
    await until(() => flow.caught.length === 3, "the refusal");
    assert.equal(flow.caught[2]?.resonance?.error?.code, "RESONANCE_MES_COMMAND");
    await mes.close();
  });

  const status = (flow: Deployment): string => flow.statuses("node").at(-1)?.text ?? "";
  const counts = async (flow: Deployment): Promise<OutboxCounts & { readonly problem?: string; readonly reason?: string }> => {
    const before = flow.sent("node", 1).length;
    flow.receive("node", { topic: "outbox/status" });
    await until(() => flow.sent("node", 1).length > before, "the outbox's status");
    const { counts: found, problem, reason } = flow.sent("node", 1).at(-1)?.payload as { counts: OutboxCounts; problem?: string; reason?: string };
    return { ...found, ...(problem !== undefined && { problem }), ...(reason !== undefined && { reason }) };
  };
  /** Messages that were done, without commands. */
  const done = (flow: Deployment): unknown[] => flow.completed.filter(({ topic }) => topic === undefined).map((msg) => msg["number"]);
  const send = (flow: Deployment, from: number, to: number): void => { for (let number = from; number <= to; number += 1) flow.receive("node", { number, payload: document(number) }); };
  const arrived = (mes: MesStore): number[] => [...mes.store.values()].map(({ number }) => number);
  const FIVE = [1, 2, 3, 4, 5];

  it("full, and new documents are refused: each is caught with its document, the others arrive", async () => {
    const port = await freePort();
    const flow = await start(flowTo(`http://127.0.0.1:${port}/`, { queueLimit: 5 }));
    send(flow, 1, 8);
    await flow.settled(8);
    assert.deepEqual([done(flow), flow.caught.map(({ payload, resonance }) => [payload, resonance?.error?.code])], [FIVE, [6, 7, 8].map((number) => [document(number), "RESONANCE_OUTBOX_FULL"])]);
    await until(() => status(flow) === "MES unreachable, 5", "the reason under the node");
    const { waiting, refused, dropped, problem, reason } = await counts(flow);
    assert.deepEqual([waiting, refused, dropped, problem], [5, 3, 0, "RESONANCE_MES_UNREACHABLE"]);
    assert.match(reason ?? "", /ECONNREFUSED/);
    const mes = await startMesStore({ port });
    await until(() => flow.sent("node").length === 5, "the answers");
    assert.deepEqual(arrived(mes), FIVE);
    await mes.close();
  });

  it("full, and the oldest are dropped: all are done, what was dropped is counted, the newest arrive", async () => {
    const port = await freePort();
    const flow = await start(flowTo(`http://127.0.0.1:${port}/`, { queueLimit: 5, policy: "drop-oldest" }));
    send(flow, 1, 8);
    await flow.settled(8);
    await until(() => flow.statuses("node").some(({ text }) => text?.includes("dropped") === true), "the dropped under the node");
    const { waiting, refused, dropped } = await counts(flow);
    assert.deepEqual([done(flow), flow.caught.length, waiting, refused, dropped], [[1, 2, 3, 4, 5, 6, 7, 8], 0, 5, 0, 3]);
    const mes = await startMesStore({ port });
    await until(() => flow.sent("node").length === 5, "the answers");
    // The one under way was not dropped.
    const numbers = arrived(mes);
    assert.deepEqual([numbers.length, numbers.at(-1), [...numbers].sort((one, other) => one - other)], [5, 8, numbers]);
    await until(() => /3 dropped/.test(status(flow)), "what was dropped to stand under the node");
    await mes.close();
  });

  it("full, and new documents wait: they are not done before there is room, and none is lost", async () => {
    const port = await freePort();
    const flow = await start(flowTo(`http://127.0.0.1:${port}/`, { queueLimit: 5, policy: "block" }));
    send(flow, 1, 8);
    await flow.settled(5);
    await until(() => status(flow) === "full, 3 held", "the ones that wait under the node");
    const { waiting, blocked, refused, dropped } = await counts(flow);
    assert.deepEqual([done(flow), flow.caught.length, waiting, blocked, refused, dropped], [FIVE, 0, 5, 3, 0, 0]);
    const mes = await startMesStore({ port });
    await until(() => flow.sent("node").length === 8, "the answers");
    assert.deepEqual([done(flow), arrived(mes), flow.caught.length], [[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8], 0]);
    assert.equal((await counts(flow)).blocked, 0);
    await mes.close();
  });

  it("a deployment while documents wait for room: they go to the disk after all, and everything arrives in order", async () => {
    const port = await freePort();
    const nodes = flowTo(`http://127.0.0.1:${port}/`, { queueLimit: 5, policy: "block" });
    const flow = await start(nodes);
    send(flow, 1, 8);
    await flow.settled(5);
    await until(() => status(flow) === "full, 3 held", "three to wait");
    await flow.redeploy(nodes);
    send(flow, 9, 9);
    await until(() => status(flow) === "full, 1 held", "one more to wait");
    const { waiting, blocked } = await counts(flow);
    assert.deepEqual([waiting, blocked], [8, 1]);
    const mes = await startMesStore({ port });
    await until(() => flow.sent("node").length === 9, "the answers");
    assert.deepEqual([arrived(mes), flow.caught.length], [[1, 2, 3, 4, 5, 6, 7, 8, 9], 0]);
    assert.deepEqual(flow.sent("node").map((msg) => msg["number"]), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await mes.close();
  });

  it("a limit in bytes holds too, and what alone is larger is refused whatever the choice", async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    const size = document(10).length;
    const limit = 6 * size;
    for (const policy of ["refuse", "drop-oldest", "block"]) {
      const flow = await start(flowTo(url, { policy, diskLimit: limit / 1e6 }));
      send(flow, 10, 19);
      await until(() => flow.statuses("node").length > 0 && done(flow).length + flow.caught.length >= (policy === "block" ? 3 : 10), "what has room");
      const found = await counts(flow);
      assert.ok(found.bytes <= limit && found.bytes > limit / 2, `${found.bytes} of ${limit}`);
      assert.equal(found.waiting + found.blocked + found.refused + found.dropped, 10, policy);
      const large = document(20).replace("</DataArea>", `<!--${"x".repeat(limit)}--></DataArea>`);
      const before = flow.caught.length;
      flow.receive("node", { payload: large });
      await until(() => flow.caught.length > before, "the refusal");
      assert.deepEqual([flow.caught.at(-1)?.payload, flow.caught.at(-1)?.resonance?.error?.code], [large, "RESONANCE_OUTBOX_FULL"]);
      await undeploy();
      rmSync(userDir, { recursive: true, force: true });
    }
  });

  it("what is too old is dropped and counted, and is not sent when the MES is back", async () => {
    const port = await freePort();
    const flow = await start(flowTo(`http://127.0.0.1:${port}/`, { ageLimit: 0.3 / 3600 }));
    send(flow, 1, 3);
    await until(() => /3 dropped/.test(status(flow)), "all three to be too old");
    assert.deepEqual((({ expired, waiting }) => [expired, waiting])(await counts(flow)), [3, 0]);
    const mes = await startMesStore({ port });
    send(flow, 4, 4);
    await until(() => flow.sent("node").length === 1, "the answer");
    assert.deepEqual(arrived(mes), [4]);
    await mes.close();
  });

  it("limits that cannot hold anything are told at deploy", async () => {
    for (const [setting, value] of [["queueLimit", "0"], ["diskLimit", "much"], ["diskLimit", 0], ["ageLimit", -1], ["lanes", 0]] as const) {
      const flow = await start(flowTo("http://127.0.0.1:9/", { [setting]: value }));
      flow.receive("node", { payload: document(1) });
      await until(() => flow.caught.length >= 1, setting);
      assert.match(flow.caught[0]?.error?.message ?? "", new RegExp(setting));
      await undeploy();
      rmSync(userDir, { recursive: true, force: true });
    }
  });

  it("two MES and one of them silent: all documents of the other arrive before the silent one has let go of its first", async () => {
    const silent = await startMesStore({ conduct: () => "hang" });
    const good = await startMesStore();
    const [one, node] = flowTo(good.url, { queueLimit: 10_000 });
    const [other, second] = flowTo(silent.url, { timeout: 600_000 });
    const flow = await start([one, node, { ...other, id: "silent" }, { ...second, id: "second", mes: "silent" }] as TestNode[]);
    for (let number = 1; number <= 60; number += 1) {
      flow.receive("second", { number, payload: numberedDocument(`mill-${number % 3}`, number) });
      flow.receive("node", { number, payload: numberedDocument(`cnc-${number % 3}`, number) });
    }
    await until(() => flow.sent("node").length === 60, "the answers of the good one");
    assert.deepEqual([flow.sent("second").length, silent.counts.requests, good.counts.requests, flow.caught.length], [0, 2, 60, 0]);
    // A flow with a request that hangs is closed all the same.
    await flow.redeploy([one, node] as TestNode[]);
    await Promise.all([silent.close(), good.close()]);
  });

  it("a MES saved by version 1 keeps its way: in memory, done with the answer, no outbox", async () => {
    const release: (() => void)[] = [];
    const mes = await startScriptedServer((_, response) => void release.push(() => response.writeHead(202).end()));
    const [, node] = flowTo(mes.url);
    const flow = await start([{ id: "mes", type: "resonance-mes", name: "", version: 1, url: mes.url, format: "xml", authentication: "none", caFile: "", timeout: 10000, retries: 3, queueLimit: 1000 }, node as TestNode]);
    send(flow, 1, 2);
    await until(() => release.length === 1, "the first request");
    assert.deepEqual([done(flow), existsSync(path.join(userDir, "resonance", "outbox"))], [[], false]);
    release.shift()?.();
    await until(() => release.length === 1, "the second request");
    assert.deepEqual([done(flow), flow.sent("node").map(({ payload }) => payload)], [[1], [{ verdict: "accepted", acknowledged: false }]]);
    flow.receive("node", { topic: "outbox/list" });
    await until(() => flow.caught.length === 1, "the refusal of the command");
    assert.equal(flow.caught[0]?.resonance?.error?.code, "RESONANCE_MES_NO_OUTBOX");
    release.shift()?.();
    await until(() => done(flow).length === 2, "the second to be done");
    await mes.close();
  });
});

it("a path alone is this Node-RED's own address, at whatever port, host and root it listens", () => {
  const at = (settings: object, url = "/mes/b2mml"): string => withOwnAddress({ settings } as Parameters<typeof withOwnAddress>[0], url);
  assert.equal(at({ uiPort: 1990 }), "http://127.0.0.1:1990/mes/b2mml");
  assert.equal(at({ uiPort: "8443", uiHost: "0.0.0.0", https: {}, httpNodeRoot: "/nodes/" }), "https://127.0.0.1:8443/nodes/mes/b2mml");
  assert.equal(at({ uiPort: 1880, uiHost: "::1", httpNodeRoot: "api" }), "http://[::1]:1880/api/mes/b2mml");
  assert.equal(at({}, "https://mes.example/b2mml"), "https://mes.example/b2mml");
  for (const settings of [{}, { uiPort: 1880, httpNodeRoot: false }]) assert.throws(() => at(settings), { code: "RESONANCE_CONFIG_INVALID" });
});
