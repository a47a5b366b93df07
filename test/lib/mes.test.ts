import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, test, type TestContext } from "node:test";
import { startMes, type DemoMes, type MesOptions } from "../../examples/demo/mes";
import { ResonanceError, textOf, type ErrorCode } from "../../nodes/lib/errors/resonance-error";
import { compileMessage } from "../../nodes/lib/isa95/compile-message";
import type { DocumentFormat } from "../../nodes/lib/isa95/document";
import { retryAfter } from "../../nodes/lib/http/retry-after";
import { waitBefore } from "../../nodes/lib/mes/back-off";
import { createMemoryBacklog, type Backlog } from "../../nodes/lib/mes/backlog";
import type { Envelope } from "../../nodes/lib/mes/delivery";
import { toEnvelope } from "../../nodes/lib/mes/envelope";
import { createMesClient, type MesClient, type MesClientOptions, type MesStatus } from "../../nodes/lib/mes/mes-client";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import type { InterfaceRecord } from "../../nodes/lib/record/interface-record";
import { authority, certificate } from "../support/certificates";
import { startScriptedServer, type Handler, type ScriptedServer } from "../support/mes-server";
import { findCommand, sharedData, skipWithout } from "../support/requirements";
import { freePort } from "../support/ports";
import { xsdFault } from "../support/xsd";

const profile = loadBuiltInProfile();
const RECORD: InterfaceRecord = {
  profile: `${profile.id}@${profile.version}`, category: "predictive-maintenance", direction: "output", id: "0193-record", timestamp: "2026-11-22T08:30:05.120Z",
  equipment: "acme/shanghai/machining/line-1/cnc-07", values: { remainingUsefulLife: 41.5, component: "<刀具>" }, nature: "prediction", inputId: "0193-input", model: { id: "tool-wear", version: "1.2.0" },
};
const NAMESPACE = "http://www.mesa.org/xml/B2MML";

type Message = "ProcessWorkSchedule" | "SyncPhysicalAsset";

function envelope(message: Message = "SyncPhysicalAsset", format: DocumentFormat = "xml", confirmation?: "Always" | "OnError"): Envelope {
  const written = compileMessage({ profile, message, format, options: confirmation ? { confirmation } : {} })(RECORD);
  return toEnvelope(written.document, format, written);
}

function client(t: TestContext, url: string, more: Partial<MesClientOptions> = {}): MesClient {
  const made = createMesClient({
    url, format: "xml", authentication: "none", credentials: {}, caFile: "", timeout: 5000, retries: 0, queueLimit: 100,
    backOff: { firstMs: 1, longestMs: 20 }, ...more,
  });
  t.after(() => made.close());
  return made;
}

async function server(t: TestContext, handler: Handler, tls?: { key: string; cert: string }): Promise<ScriptedServer> {
  const made = await startScriptedServer(handler, tls);
  t.after(() => made.close());
  return made;
}

async function demo(t: TestContext, options: MesOptions = {}): Promise<DemoMes> {
  const made = await startMes(options);
  t.after(() => made.close());
  return made;
}

const answers = (status: number, body = "", headers: Record<string, string> = {}): Handler => (_, response) => void response.writeHead(status, headers).end(body);
const acknowledge = (bodId: string, actionCode: string, reason = ""): string =>
  `<AcknowledgeWorkSchedule xmlns="${NAMESPACE}" releaseID="7.0.1"><ApplicationArea><CreationDateTime>2026-01-15T08:31:02Z</CreationDateTime></ApplicationArea><DataArea><Acknowledge>` +
  `<OriginalApplicationArea><CreationDateTime>2026-01-15T08:31:00Z</CreationDateTime><BODID>${bodId}</BODID></OriginalApplicationArea>` +
  `<ResponseCriteria><ResponseExpression actionCode="${actionCode}"/><ChangeStatus><Description>${reason}</Description></ChangeStatus></ResponseCriteria></Acknowledge></DataArea></AcknowledgeWorkSchedule>`;

async function fails(promise: Promise<unknown>, expected: ErrorCode, pattern?: RegExp): Promise<void> {
  await assert.rejects(promise, (thrown) => {
    assert.ok(thrown instanceof ResonanceError, String(thrown));
    assert.equal(thrown.code, expected, thrown.message);
    if (pattern) assert.match(thrown.message, pattern);
    return true;
  });
}

describe("a document and the demo MES", () => {
  for (const format of ["xml", "json"] as const) {
    test(`a maintenance request in ${format} is acknowledged and accepted`, async (t) => {
      const mes = await demo(t);
      const sent = envelope("ProcessWorkSchedule", format);
      const delivery = await client(t, mes.url, { format }).send(sent);
      assert.deepEqual({ ...delivery, durationMs: 0 }, { verdict: "accepted", acknowledged: true, message: "AcknowledgeWorkSchedule", statusCode: 200, bodId: sent.bodId, attempts: 1, durationMs: 0 });
      assert.equal(mes.received.length, 1);
      assert.deepEqual({ ...mes.received[0], time: "" }, {
        time: "", message: "ProcessWorkSchedule", bodId: sent.bodId, equipment: RECORD.equipment, values: ["remainingUsefulLife: 41.5 HUR", "component: <刀具>"], verdict: "accepted", format, document: sent.document,
      });
      assert.equal((await mes.firstAccepted).bodId, sent.bodId);
    });

    test(`a published document in ${format} is accepted by an empty answer, and confirmed where that is asked for`, async (t) => {
      const mes = await demo(t);
      const to = client(t, mes.url, { format });
      const { verdict, acknowledged, statusCode } = await to.send(envelope("SyncPhysicalAsset", format));
      assert.deepEqual([verdict, acknowledged, statusCode], ["accepted", false, 202]);
      const confirmed = await to.send(envelope("SyncPhysicalAsset", format, "Always"));
      assert.deepEqual([confirmed.verdict, confirmed.message], ["accepted", "ConfirmBOD"]);
    });

    test(`a rejection in ${format} reaches the sender with the MES's reason`, async (t) => {
      const mes = await demo(t, { decide: () => "no such machine" });
      const to = client(t, mes.url, { format });
      await fails(to.send(envelope("ProcessWorkSchedule", format)), "RESONANCE_MES_REJECTED", /ProcessWorkSchedule: no such machine/);
      await fails(to.send(envelope("SyncPhysicalAsset", format)), "RESONANCE_MES_REJECTED", /SyncPhysicalAsset: no such machine/);
      assert.deepEqual(mes.received.map(({ verdict }) => verdict), ["rejected", "rejected"]);
    });
  }

  test("an invalid document is rejected with the place of the fault, one that is no XML too", async (t) => {
    const mes = await demo(t);
    const to = client(t, mes.url);
    const { document, ...rest } = envelope("ProcessWorkSchedule");
    await fails(to.send({ ...rest, document: document.replace("<ID>WS-", "<Name>WS-").replace("</ID>", "</Name>") }), "RESONANCE_MES_REJECTED", /WorkSchedule\/Name/);
    await fails(to.send({ ...rest, document: "<broken" }), "RESONANCE_MES_REJECTED");
    assert.equal(mes.received.length, 2);
  });

  test("the same document again is answered the same and counted once", async (t) => {
    const mes = await demo(t);
    const to = client(t, mes.url);
    const sent = envelope("ProcessWorkSchedule");
    assert.equal((await to.send(sent)).verdict, "accepted");
    assert.equal((await to.send(sent)).verdict, "accepted");
    assert.deepEqual([mes.received.length, mes.duplicates], [1, 1]);
  });

  test("what the MES answers is valid by the official XSD", { skip: skipWithout("shared", sharedData) }, async (t) => {
    for (const decide of [() => undefined, () => "too <late> & too much"]) {
      const mes = await demo(t, { decide, validate: xsdFault });
      for (const sent of [envelope("ProcessWorkSchedule"), envelope("SyncPhysicalAsset", "xml", "Always"), { ...envelope(), document: "<broken" }]) {
        const text = await (await fetch(mes.url, { method: "POST", body: sent.document })).text();
        assert.equal(await xsdFault(text), undefined, text);
      }
    }
  });

  test("the page shows nothing from elsewhere and the list is JSON; other requests are refused", async (t) => {
    const mes = await demo(t);
    const page = await fetch(new URL("/", mes.url));
    const html = await page.text();
    assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    assert.doesNotMatch(html, /https?:\/\//);
    await client(t, mes.url).send(envelope());
    const list = (await (await fetch(new URL("/received", mes.url))).json()) as unknown[];
    assert.equal(list.length, 1);
    assert.deepEqual([(await fetch(new URL("/else", mes.url))).status, (await fetch(mes.url, { method: "PUT", body: "x" })).status], [404, 405]);
    assert.equal((await fetch(mes.url, { method: "POST", body: "x".repeat(5 * 1024 * 1024) })).status, 413);
  });
});

describe("what the MES answers", () => {
  const cases: readonly [string, Message, number, string, ErrorCode, RegExp?][] = [
    ["401", "SyncPhysicalAsset", 401, "", "RESONANCE_MES_UNAUTHORIZED", /401/],
    ["403", "SyncPhysicalAsset", 403, "", "RESONANCE_MES_UNAUTHORIZED", /403/],
    ["404 with a text", "SyncPhysicalAsset", 404, "no such\n path", "RESONANCE_MES_HTTP_STATUS", /404: no such path/],
    ["a redirect, which is not followed", "SyncPhysicalAsset", 302, "", "RESONANCE_MES_HTTP_STATUS", /redirect/],
    ["422 with a rejection in B2MML", "ProcessWorkSchedule", 422, acknowledge("", "Rejected", "no capacity"), "RESONANCE_MES_REJECTED", /no capacity/],
    ["a page instead of an answer", "SyncPhysicalAsset", 200, "<!doctype html><html>login</html>", "RESONANCE_MES_ANSWER_UNREADABLE"],
    ["broken JSON", "SyncPhysicalAsset", 200, '{"ConfirmBOD":', "RESONANCE_MES_ANSWER_UNREADABLE"],
    ["XML of its own", "SyncPhysicalAsset", 200, "<status>ok</status>", "RESONANCE_MES_ANSWER_UNREADABLE"],
    ["broken XML", "ProcessWorkSchedule", 200, "<AcknowledgeWorkSchedule>", "RESONANCE_MES_ANSWER_UNREADABLE"],
    ["an answer to another message", "ProcessWorkSchedule", 200, acknowledge("another", "Accepted"), "RESONANCE_MES_ANSWER_MISMATCH", /another/],
    ["more than an answer can be", "ProcessWorkSchedule", 200, "x".repeat(2 * 1024 * 1024), "RESONANCE_MES_ANSWER_UNREADABLE"],
  ];
  for (const [name, message, status, body, expected, pattern] of cases) {
    test(`${name}: ${expected}, sent once`, async (t) => {
      const mes = await server(t, answers(status, body, status === 302 ? { location: "http://127.0.0.1:9/elsewhere" } : {}));
      await fails(client(t, mes.url, { retries: 3 }).send(envelope(message)), expected, pattern);
      assert.equal(mes.requests.length, 1);
    });
  }

  test("an empty answer to a document that asks for one is no acceptance, and no error either", async (t) => {
    const mes = await server(t, answers(204));
    const { verdict, acknowledged } = await client(t, mes.url).send(envelope("ProcessWorkSchedule"));
    assert.deepEqual([verdict, acknowledged], ["none", false]);
  });

  for (const [body, what] of [["OK\n", "a plain text"], ['{"status":"stored","id":7}', "JSON of its own"], ["{}", "an empty object"]] as const) {
    test(`${what} with status 200 says no more than an empty answer, and is passed on as reason`, async (t) => {
      const mes = await server(t, answers(200, body));
      const published = await client(t, mes.url).send(envelope("SyncPhysicalAsset"));
      assert.deepEqual([published.verdict, published.acknowledged, published.reason], ["accepted", false, body.trim()]);
      const asked = await client(t, mes.url).send(envelope("ProcessWorkSchedule"));
      assert.deepEqual([asked.verdict, asked.acknowledged], ["none", false]);
    });
  }

  test("a modified acceptance is told with its reason", async (t) => {
    const sent = envelope("ProcessWorkSchedule");
    const mes = await server(t, answers(200, acknowledge(sent.bodId, "Modified", "moved to Monday")));
    const { verdict, reason } = await client(t, mes.url).send(sent);
    assert.deepEqual([verdict, reason], ["modified", "moved to Monday"]);
  });

  test("nothing within the time: time-out; the flow goes on by itself", async (t) => {
    const mes = await server(t, (_, response, count) => { if (count > 2) response.writeHead(202).end(); });
    const to = client(t, mes.url, { timeout: 100, retries: 1 });
    await fails(to.send(envelope()), "RESONANCE_MES_TIMEOUT", /100 ms/);
    assert.equal(mes.requests.length, 2);
    assert.equal((await to.send(envelope())).verdict, "accepted");
  });

  test("half an answer and then nothing: time-out", async (t) => {
    const mes = await server(t, (_, response) => { response.writeHead(200, { "content-length": "1000" }).write("<Ack"); });
    await fails(client(t, mes.url, { timeout: 100 }).send(envelope()), "RESONANCE_MES_TIMEOUT");
  });

  test("nobody there: unreachable; once somebody is, the next document arrives", async (t) => {
    const port = await freePort();
    const to = client(t, `http://127.0.0.1:${port}/b2mml`, { retries: 2 });
    await fails(to.send(envelope()), "RESONANCE_MES_UNREACHABLE", /ECONNREFUSED/);
    const mes = await startScriptedServer(answers(202), undefined, port);
    t.after(() => mes.close());
    assert.equal((await to.send(envelope())).attempts, 1);
  });
});

describe("sending again", () => {
  for (const status of [408, 429, 500, 502, 503]) {
    test(`HTTP ${status} is tried again with the same BODID until it works`, async (t) => {
      const sent = envelope("ProcessWorkSchedule");
      const mes = await server(t, (_, response, count) => {
        if (count < 3) response.writeHead(status).end("busy");
        else response.writeHead(200).end(acknowledge(sent.bodId, "Accepted"));
      });
      const { attempts, verdict } = await client(t, mes.url, { retries: 5 }).send(sent);
      assert.deepEqual([attempts, verdict, mes.requests.length], [3, "accepted", 3]);
      assert.equal(new Set(mes.requests.map(({ body }) => body)).size, 1);
    });
  }

  test("as often as allowed and not more; the last answer is told", async (t) => {
    const mes = await server(t, answers(503, "maintenance window"));
    await fails(client(t, mes.url, { retries: 4 }).send(envelope()), "RESONANCE_MES_HTTP_STATUS", /503: maintenance window/);
    assert.equal(mes.requests.length, 5);
  });

  test("a connection that breaks is tried again", async (t) => {
    const mes = await server(t, (_, response, count) => { if (count < 3) response.destroy(); else response.writeHead(202).end(); });
    assert.equal((await client(t, mes.url, { retries: 2 }).send(envelope())).attempts, 3);
  });

  test("the wait doubles, varies by half, is bounded, and heeds the server", () => {
    const backOff = { firstMs: 100, longestMs: 1000 };
    assert.deepEqual([1, 2, 3, 9].map((attempt) => waitBefore(backOff, attempt, undefined, () => 1)), [100, 200, 400, 1000]);
    assert.equal(waitBefore(backOff, 2, undefined, () => 0), 100);
    assert.equal(waitBefore(backOff, 1, 700), 700);
    assert.equal(waitBefore(backOff, 1, 3_600_000), 1000);
    const now = Date.parse("2026-11-22T08:30:00Z");
    assert.deepEqual(["7", "Sun, 22 Nov 2026 08:30:09 GMT", "Sun, 22 Nov 2026 08:00:00 GMT", "soon", "", undefined].map((header) => retryAfter(header, now)), [7000, 9000, 0, undefined, undefined, undefined]);
  });
});

describe("order and queue", () => {
  test("documents arrive one at a time in their order, also when one needs several attempts", async (t) => {
    const mes = await server(t, (_, response, count) => { response.writeHead(count % 3 === 0 ? 503 : 202).end(); });
    const to = client(t, mes.url, { retries: 3 });
    const sent = Array.from({ length: 30 }, () => envelope());
    await Promise.all(sent.map((one) => to.send(one)));
    const arrived = mes.requests.map(({ body }) => /<BODID>(.*?)</.exec(body)![1]);
    assert.deepEqual([...new Set(arrived)], sent.map(({ bodId }) => bodId));
    assert.equal(mes.peak, 1);
  });

  test("a full queue refuses and says its limit; nothing waiting is lost", async (t) => {
    const release: (() => void)[] = [];
    const mes = await server(t, (_, response) => void release.push(() => response.writeHead(202).end()));
    const to = client(t, mes.url, { queueLimit: 3 });
    const taken = [envelope(), envelope(), envelope()].map((one) => to.send(one));
    await fails(to.send(envelope()), "RESONANCE_MES_QUEUE_FULL", /3 documents/);
    assert.equal(to.status.pending, 3);
    const timer = setInterval(() => release.shift()?.(), 1);
    await Promise.all(taken);
    clearInterval(timer);
    assert.deepEqual([to.status, mes.requests.length], [{ state: "idle", pending: 0 }, 3]);
  });

  test("a document that is refused does not hold up the next", async (t) => {
    const mes = await server(t, (_, response, count) => void response.writeHead(count === 1 ? 404 : 202).end());
    const to = client(t, mes.url);
    const results = await Promise.allSettled([to.send(envelope()), to.send(envelope())]);
    assert.deepEqual(results.map(({ status }) => status), ["rejected", "fulfilled"]);
  });

  test("the status tells sending, retrying, failed and idle", async (t) => {
    const mes = await server(t, (_, response, count) => void response.writeHead(count < 3 ? 503 : 202).end());
    const to = client(t, mes.url, { retries: 1 });
    const seen: MesStatus["state"][] = [];
    const stop = to.onStatus(({ state }) => seen.push(state));
    await assert.rejects(to.send(envelope()));
    await to.send(envelope());
    await new Promise(setImmediate);
    stop();
    assert.deepEqual(seen, ["sending", "retrying", "sending", "failed", "sending", "idle"]);
  });

  test("a backlog of another kind keeps what was not delivered when the client closes", async (t) => {
    const mes = await server(t, () => undefined);
    const kept = new Set<Envelope>();
    const memory = createMemoryBacklog(10);
    const backlog: Backlog = {
      get size() { return memory.size; },
      async put(one) { await Promise.resolve(); kept.add(one); await memory.put(one); },
      take: () => memory.take(),
      settle(one) { kept.delete(one); return memory.settle(one); },
    };
    const to = client(t, mes.url, { backlog });
    const sent = [envelope(), envelope()].map((one) => fails(to.send(one), "RESONANCE_MES_CLOSED"));
    while (mes.requests.length === 0) await new Promise(setImmediate);
    await to.close();
    await Promise.all(sent);
    assert.equal(kept.size, 2);
  });
});

describe("closing", () => {
  test("ends what hangs, what waits and what would be tried again, at once", async (t) => {
    for (const handler of [(() => undefined) as Handler, answers(503)]) {
      const mes = await server(t, handler);
      const to = client(t, mes.url, { retries: 5, backOff: { firstMs: 60_000, longestMs: 60_000 }, timeout: 60_000 });
      const sent = [envelope(), envelope()].map((one) => fails(to.send(one), "RESONANCE_MES_CLOSED"));
      while (mes.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await to.close();
      await Promise.all(sent);
      assert.equal(mes.requests.length, 1);
      await fails(to.send(envelope()), "RESONANCE_MES_CLOSED");
    }
  });
});

describe("how the client talks", () => {
  test("posts to the URL as it stands, with content type and one connection", async (t) => {
    const mes = await server(t, answers(202));
    const to = client(t, `${mes.url}/in?line=1`);
    for (let count = 0; count < 5; count++) await to.send(envelope());
    assert.deepEqual([...new Set(mes.requests.map(({ url }) => url))], ["/b2mml/in?line=1"]);
    assert.equal(mes.requests[0]!.headers["content-type"], "application/xml; charset=utf-8");
    await client(t, mes.url, { format: "json" }).send(envelope("SyncPhysicalAsset", "json"));
    assert.equal(mes.requests.at(-1)!.headers["content-type"], "application/json; charset=utf-8");
    assert.ok("SyncPhysicalAsset" in (JSON.parse(mes.requests.at(-1)!.body) as object));
  });

  test("authenticates as it is told", async (t) => {
    const mes = await server(t, answers(202));
    const credentials = { user: "läufer", password: "p:w", token: "t0ken" };
    for (const authentication of ["none", "basic", "bearer"] as const) await client(t, mes.url, { authentication, credentials }).send(envelope());
    assert.deepEqual(mes.requests.map(({ headers }) => headers.authorization), [undefined, `Basic ${Buffer.from("läufer:p:w").toString("base64")}`, "Bearer t0ken"]);
  });

  test("settings that cannot work are refused at deploy", (t) => {
    const broken: readonly [string, Partial<MesClientOptions>][] = [
      ["url", { url: "mes.local/b2mml" }], ["url", { url: "ftp://mes" }], ["url", { url: "http://a:b@mes" }], ["timeout", { timeout: 0 }], ["timeout", { timeout: Number.NaN }],
      ["retries", { retries: -1 }], ["retries", { retries: 1.5 }], ["queueLimit", { queueLimit: 0 }], ["caFile", { caFile: "/nowhere.pem" }], ["token", { authentication: "bearer" }],
    ];
    for (const [setting, options] of broken) {
      assert.throws(() => client(t, "http://127.0.0.1:9", options), (thrown) => thrown instanceof ResonanceError && thrown.code === "RESONANCE_CONFIG_INVALID" && thrown.path === setting, JSON.stringify(options));
    }
  });

  test("every text of a MES error is short enough for the status and complete in each language", () => {
    for (const code of ["RESONANCE_MES_REJECTED", "RESONANCE_MES_TIMEOUT", "RESONANCE_MES_CERTIFICATE", "RESONANCE_MES_HTTP_STATUS", "RESONANCE_MES_ANSWER_MISMATCH"] as const) {
      for (const language of ["en-US", "zh-CN", "de"] as const) assert.ok(textOf(code, { status: 503 }, language).status.length < 20, `${code} ${language}`);
    }
  });
});

describe("over TLS", { skip: skipWithout("openssl", findCommand("openssl")) }, () => {
  test("a MES is trusted by the CA file given, and only by that", async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "mes-tls-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const ca = authority(folder, "ca");
    const other = authority(folder, "other");
    const good = await server(t, answers(202), certificate(folder, ca, "good", "IP:127.0.0.1", 30));
    assert.equal((await client(t, good.url, { caFile: ca.cert }).send(envelope())).verdict, "accepted");
    for (const caFile of ["", other.cert]) await fails(client(t, good.url, { caFile, retries: 3 }).send(envelope()), "RESONANCE_MES_CERTIFICATE");
    assert.equal(good.requests.length, 1);
    const elsewhere = await server(t, answers(202), certificate(folder, ca, "elsewhere", "DNS:mes.example", 30));
    await fails(client(t, elsewhere.url, { caFile: ca.cert }).send(envelope()), "RESONANCE_MES_CERTIFICATE");
    const expired = await server(t, answers(202), certificate(folder, ca, "expired", "IP:127.0.0.1", -1));
    await fails(client(t, expired.url, { caFile: ca.cert }).send(envelope()), "RESONANCE_MES_CERTIFICATE", /expired/);
  });
});

describe("a payload as document", () => {
  test("text or object, known or not, gives content type, message and BODID", () => {
    for (const format of ["xml", "json"] as const) {
      const written = compileMessage({ profile, message: "SyncPhysicalAsset", format })(RECORD);
      const known = toEnvelope(written.document, format, written);
      assert.deepEqual(toEnvelope(written.document, format), known);
      assert.deepEqual([known.message, known.bodId], ["SyncPhysicalAsset", written.bodId]);
    }
    const named = toEnvelope({ SyncX: { ApplicationArea: { BODID: { $: "b" } } } }, "json");
    assert.deepEqual([named.message, named.bodId], ["SyncX", "b"]);
  });

  test("what is none, or has the form the MES does not take, is refused", () => {
    const refuses = (payload: unknown, format: DocumentFormat, expected: ErrorCode): void =>
      assert.throws(() => toEnvelope(payload, format), (thrown) => thrown instanceof ResonanceError && thrown.code === expected);
    for (const payload of [undefined, null, 1, "", "  ", [], ["x"]]) refuses(payload, "xml", "RESONANCE_MES_DOCUMENT");
    refuses("<note/>", "xml", "RESONANCE_MES_DOCUMENT");
    refuses({ a: 1 }, "json", "RESONANCE_MES_DOCUMENT");
    refuses("hello", "json", "RESONANCE_ISA95_UNREADABLE");
    refuses({ SyncX: {} }, "xml", "RESONANCE_MES_FORMAT");
    refuses("<SyncX/>", "json", "RESONANCE_MES_FORMAT");
  });
});
