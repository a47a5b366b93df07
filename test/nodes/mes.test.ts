import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { withOwnAddress } from "../../nodes/lib/node-red/own-address";
import { startScriptedServer } from "../support/mes-server";
import { numberedDocument, startMesStore } from "../support/mes-store";
import { deploy, startHelper, stopHelper, undeploy, type TestNode } from "../support/node-helper";
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
});

it("a path alone is this Node-RED's own address, at whatever port, host and root it listens", () => {
  const at = (settings: object, url = "/mes/b2mml"): string => withOwnAddress({ settings } as Parameters<typeof withOwnAddress>[0], url);
  assert.equal(at({ uiPort: 1990 }), "http://127.0.0.1:1990/mes/b2mml");
  assert.equal(at({ uiPort: "8443", uiHost: "0.0.0.0", https: {}, httpNodeRoot: "/nodes/" }), "https://127.0.0.1:8443/nodes/mes/b2mml");
  assert.equal(at({ uiPort: 1880, uiHost: "::1", httpNodeRoot: "api" }), "http://[::1]:1880/api/mes/b2mml");
  assert.equal(at({}, "https://mes.example/b2mml"), "https://mes.example/b2mml");
  for (const settings of [{}, { uiPort: 1880, httpNodeRoot: false }]) assert.throws(() => at(settings), { code: "RESONANCE_CONFIG_INVALID" });
});
