import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { canonicalJson } from "../../nodes/lib/interop/canonical-json";
import { CHAIN_START, openLine, sealEntry } from "../../nodes/lib/interop/chain";
import type { InteropLog } from "../../nodes/lib/interop/log";
import { createInteropLog } from "../../nodes/lib/interop/log";
import type { LogSettings } from "../../nodes/lib/interop/log-writer";
import { observe, type TapSettings } from "../../nodes/lib/interop/observe";
import { redact, redactAddress } from "../../nodes/lib/interop/redact";
import { verifyLog } from "../../nodes/lib/interop/verify";
import { interopDraft, interopEntries, interopFiles, INTEROP_SETTINGS } from "../support/interop";

function folderOf(t: TestContext): string {
  const folder = fs.mkdtempSync(path.join(tmpdir(), "resonance-interop-"));
  t.after(() => { fs.rmSync(folder, { recursive: true, force: true }); });
  return folder;
}

function logOf(t: TestContext, folder: string, settings: Partial<LogSettings> = {}): InteropLog {
  const log = createInteropLog(folder, { ...INTEROP_SETTINGS, ...settings });
  t.after(() => log.close());
  return log;
}

async function written(t: TestContext, count: number, settings: Partial<LogSettings> = {}): Promise<string> {
  const folder = folderOf(t);
  const log = logOf(t, folder, settings);
  for (let number = 1; number <= count; number += 1) await log.record(interopDraft(number));
  await log.close();
  return folder;
}

async function textOf(parts: AsyncGenerator<string>): Promise<string> {
  let text = "";
  for await (const part of parts) text += part;
  return text;
}

const tap = (settings: Partial<TapSettings> = {}): TapSettings => ({ from: "", to: "", protocol: "", checked: false, fields: [], self: { name: "Node-RED", product: "Node-RED", version: "4.1.0" }, ...settings });
const NOW = new Date("2026-01-02T03:04:05.678Z");

describe("canonical JSON", () => {
  it("is the text of the examples in RFC 8785", () => {
    assert.equal(canonicalJson({ numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001], string: "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/", literals: [null, true, false] }),
      "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    const sorted = { "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis" };
    assert.deepEqual(Object.values(JSON.parse(canonicalJson(sorted)) as object).sort(), Object.values(sorted).sort());
    assert.deepEqual([...canonicalJson(sorted).matchAll(/:"([^"]+)"/g)].map(([, value]) => value),
      ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh"]);
  });

  it("refuses what JSON cannot say instead of saying something else", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    for (const value of [NaN, { a: Infinity }, 1n, "\ud800", { "\udc00": 1 }, cycle, undefined]) assert.throws(() => canonicalJson(value), TypeError);
  });
});

describe("the hash chain", () => {
  it("an entry's hash is the SHA-256 of its canonical JSON without hash, and prev the hash before", () => {
    const { line, link } = sealEntry(interopDraft(1), CHAIN_START);
    const second = JSON.parse(sealEntry(interopDraft(2), link).line) as Record<string, unknown>;
    const { hash, ...body } = JSON.parse(line) as Record<string, unknown>;
    assert.equal(hash, createHash("sha256").update(canonicalJson(body)).digest("hex"));
    assert.deepEqual([body["seq"], body["prev"], second["seq"], second["prev"]], [1, "0".repeat(64), 2, hash]);
  });

  it("a change of any byte of a log is found at its line, whatever the byte becomes", async (t) => {
    const folder = await written(t, 3);
    const [file = ""] = interopFiles(folder);
    const whole = fs.readFileSync(file);
    const { head } = await verifyLog(folder);
    let missed = 0;
    for (let at = 0; at < whole.length; at += 1) {
      const line = whole.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
      for (const flip of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ flip;
        fs.writeFileSync(file, changed);
        const { intact, problem } = await verifyLog(folder, { anchor: head });
        if (intact || problem?.line !== line) missed += 1;
      }
    }
    assert.equal(missed, 0, `of ${whole.length * 3} changes`);
  });

  it("removed, repeated, reordered and cut lines are found, and what follows the first bad place is not called good", async (t) => {
    const folder = await written(t, 6);
    const [file = ""] = interopFiles(folder);
    const lines = fs.readFileSync(file, "utf8").split("\n").slice(0, -1).map((line) => `${line}\n`);
    const { head } = await verifyLog(folder);
    const faultOf = async (changed: readonly string[], anchor?: typeof head): Promise<unknown> => {
      fs.writeFileSync(file, changed.join(""));
      const { problem, entries } = await verifyLog(folder, { anchor });
      return problem && [problem.fault, problem.line, entries];
    };
    const [a = "", b = "", c = "", d = "", e = "", f = ""] = lines;
    assert.deepEqual(await faultOf([a, b, d, e, f]), ["order", 3, 2]);
    assert.deepEqual(await faultOf([a, b, b, c, d, e, f]), ["order", 3, 2]);
    assert.deepEqual(await faultOf([a, c, b, d, e, f]), ["order", 2, 1]);
    assert.deepEqual(await faultOf([b, c, d, e, f]), ["front", 1, 5]);
    assert.deepEqual(await faultOf([a, b, "garbage\n", c]), ["unreadable", 3, 2]);
    assert.deepEqual(await faultOf([a, b, "\n", c]), ["unreadable", 3, 2]);
    assert.deepEqual(await faultOf([a, b.trimEnd()]), ["cut", 2, 1]);
    assert.equal(await faultOf([a, b, c]), undefined, "a chain alone does not show that its end was cut");
    assert.deepEqual(await faultOf([a, b, c], head), ["end", 0, 3]);
    assert.equal(await faultOf(lines, head), undefined);
  });

  it("without a key a log can be written anew; with a key that shows, and so does an entry without seal", async (t) => {
    const key = "plant key";
    const folder = await written(t, 3, { key });
    assert.deepEqual(await verifyLog(folder, { key }).then(({ intact, sealed }) => [intact, sealed]), [true, true]);
    assert.equal((await verifyLog(folder)).sealed, false);
    assert.equal((await verifyLog(folder, { key: "another" })).problem?.fault, "seal");
    const [file = ""] = interopFiles(folder);
    let end = CHAIN_START;
    const forged = [9, 8, 7].map((number) => {
      const { line, link } = sealEntry(interopDraft(number), end, "guessed");
      end = link;
      return line;
    });
    fs.writeFileSync(file, forged.join(""));
    assert.equal((await verifyLog(folder)).intact, true);
    assert.deepEqual((await verifyLog(folder, { key })).problem, { fault: "seal", file: path.basename(file), line: 1, seq: 1 });
    assert.equal(openLine(Buffer.from(sealEntry(interopDraft(1), CHAIN_START).line.trim()), key), "seal");
  });
});

describe("the log's files", () => {
  it("the chain goes over files and restarts; a file that is gone is found wherever it was", async (t) => {
    const folder = await written(t, 20, { fileBytes: 2000 });
    const again = logOf(t, folder, { fileBytes: 2000 });
    for (let number = 21; number <= 30; number += 1) await again.record(interopDraft(number));
    const found = await again.verify();
    await again.close();
    assert.deepEqual([found.intact, found.entries, found.head.seq, found.recoveries], [true, 30, 30, 0]);
    const files = interopFiles(folder);
    assert.ok(files.length >= 6 && files.every((file) => fs.statSync(file).size <= 2000));
    const faults: unknown[] = [];
    for (const file of files) {
      fs.renameSync(file, `${file}.away`);
      faults.push((await verifyLog(folder, { anchor: found.head })).problem?.fault);
      fs.renameSync(`${file}.away`, file);
    }
    assert.deepEqual(faults, ["front", ...files.slice(2).map(() => "order"), "end"]);
  });

  it("a new file begins by age, too", async (t) => {
    const folder = folderOf(t);
    const log = logOf(t, folder, { fileAgeMs: 1 });
    await log.record(interopDraft(1));
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    await log.record(interopDraft(2));
    assert.equal(interopFiles(folder).length, 2);
    assert.equal((await log.verify()).intact, true);
  });

  it("at the total size the log stops with an error, and goes on with what waited when there is room", async (t) => {
    const folder = folderOf(t);
    const log = logOf(t, folder, { fileBytes: 2000, totalBytes: 4000 });
    const problems: unknown[] = [];
    log.onNews((news) => { if ("problem" in news) problems.push(news.problem?.code); });
    let refused: unknown;
    for (let number = 1; !refused; number += 1) await log.record(interopDraft(number)).catch((thrown: unknown) => { refused = thrown; });
    assert.equal((refused as { code?: string }).code, "RESONANCE_INTEROP_FULL");
    const before = (await log.verify()).entries;
    log.note(interopDraft(100));
    log.configure({ ...INTEROP_SETTINGS, fileBytes: 2000 });
    await log.record(interopDraft(101));
    const after = await log.verify();
    assert.deepEqual([after.intact, after.entries, problems], [true, before + 2, ["RESONANCE_INTEROP_FULL", undefined]]);
    assert.deepEqual(interopEntries(folder).slice(-2).map(({ ids }) => ids["bodId"]), ["bod-100", "bod-101"]);
  });

  it("where it may drop, the oldest file goes, the log says which entries, and verification believes that only of the log", async (t) => {
    const folder = await written(t, 60, { fileBytes: 3000, totalBytes: 9000, atLimit: "drop" });
    const found = await verifyLog(folder);
    assert.equal(found.intact, true);
    assert.ok((found.droppedUntil ?? 0) > 20 && found.first?.seq === (found.droppedUntil ?? 0) + 1, JSON.stringify(found));
    assert.ok(interopFiles(folder).reduce((sum, file) => sum + fs.statSync(file).size, 0) <= 9000 + 3000);
    fs.rmSync(interopFiles(folder)[0] ?? "");
    assert.equal((await verifyLog(folder)).problem?.fault, "front");
  });

  it("an end torn by a crash is kept aside and said; entries before it stay, garbage included", async (t) => {
    for (const torn of ["{\"seq\":4,\"ki", "\u0000\u0000\u0000", "garbage\nmore garbage\n", "x"]) {
      const folder = await written(t, 3);
      const [file = ""] = interopFiles(folder);
      fs.appendFileSync(file, torn);
      const log = logOf(t, folder);
      const news: unknown[] = [];
      log.onNews((told) => { if ("torn" in told) news.push(told.torn.bytes); });
      await log.record(interopDraft(4));
      const found = await log.verify();
      await log.close();
      assert.deepEqual([found.intact, found.entries, found.recoveries, news], [true, 5, 1, [torn.length]], JSON.stringify(torn));
      const [aside = ""] = fs.readdirSync(path.join(folder, "damaged"));
      assert.equal(fs.readFileSync(path.join(folder, "damaged", aside), "utf8"), torn);
    }
  });

  it("two processes cannot write one log", async (t) => {
    const folder = folderOf(t);
    await logOf(t, folder).record(interopDraft(1));
    await assert.rejects(logOf(t, folder).record(interopDraft(2)), { code: "RESONANCE_INTEROP_LOCKED" });
    assert.equal((await verifyLog(folder)).entries, 1);
  });

  it("export: JSON lines are the log's own bytes, a table quotes its cells and holds no formula", async (t) => {
    const folder = folderOf(t);
    const log = logOf(t, folder);
    await log.record(interopDraft(1));
    await log.record({ ...interopDraft(2), time: "2026-02-01T00:00:00.000Z", summary: "=HYPERLINK(\"x\"), said" , verdict: { valid: false, errors: [{ path: "/values/a", code: "RESONANCE_VALUE_RANGE" }] } });
    assert.equal(await textOf(log.export("jsonl")), fs.readFileSync(interopFiles(folder)[0] ?? "", "utf8"));
    const [head = "", first = "", second = "", end] = (await textOf(log.export("csv"))).split("\r\n");
    assert.match(head, /^seq,time,from,/);
    assert.match(first, /^1,2026-01-02T03:04:05\.678Z,MES Werkstück 工件,,Node-RED,,HTTP,SyncJobResponse,number 1,bod-1,/);
    assert.ok(second.includes("\"'=HYPERLINK(\"\"x\"\"), said\"") && second.includes(",false,RESONANCE_VALUE_RANGE /values/a,"), second);
    assert.equal(end, "");
    assert.equal((await textOf(log.export("csv", { since: "2026-01-31" }))).split("\r\n").length, 3);
  });

  it("an entry costs little", async (t) => {
    const log = logOf(t, folderOf(t), { fileBytes: 10_000_000 });
    const record = { direction: "input", category: "adaptive-control", equipment: "a/b/c/d/e", id: "1", values: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`field${index}`, index / 7])) };
    const begin = process.hrtime.bigint();
    for (let number = 0; number < 5000; number += 1) log.note(observe({ payload: record }, tap(), NOW));
    const { entries } = await log.verify();
    t.diagnostic(`${Number(process.hrtime.bigint() - begin) / 5000 / 1000} µs an entry, observed, written and verified`);
    assert.equal(entries, 5000);
  });
});

describe("what is recorded of a message", () => {
  it("an output record names the model and its version as the server tells, its numbers, and no values", () => {
    const payload = { direction: "output", category: "soft-sensor", nature: "prediction", equipment: "acme/site/area/line/cell", profile: "p@1", id: "out-1", inputId: "in-1", model: { id: "visco", version: "1.0" }, values: { viscosity: 81.25 } };
    const entry = observe({ payload, resonance: { answer: { servedVersion: "7", milliseconds: 12.5, model: payload.model }, job: { id: "JO-1" }, errors: [{ path: "/values/viscosity", code: "RESONANCE_VALUE_RANGE", message: "81.25 of Mrs Li" }] } }, tap(), NOW);
    assert.deepEqual(entry.from, { name: "visco", product: "visco", version: "7" });
    assert.deepEqual([entry.kind, entry.ids, entry.milliseconds], ["output record", { recordId: "out-1", inputId: "in-1", jobId: "JO-1" }, 12.5]);
    assert.deepEqual(entry.verdict, { valid: false, errors: [{ path: "/values/viscosity", code: "RESONANCE_VALUE_RANGE" }] });
    assert.equal(entry.sha256, createHash("sha256").update(canonicalJson(payload)).digest("hex"));
    assert.doesNotMatch(JSON.stringify(entry), /81\.25|Mrs Li/);
  });

  it("B2MML: who sent it by its application area, and what is written here goes to the MES; its answer comes back", () => {
    const received = observe({ payload: {}, resonance: { http: { from: "10.0.0.7" }, isa95: { message: "ProcessJobOrder", verb: "Process", version: "V0701", format: "xml", bodId: "b-1", sender: { logicalId: "MES-1", componentId: "Planner", authorizationId: "li" } } } }, tap(), NOW);
    assert.deepEqual([received.from, received.to.name, received.protocol, received.kind, received.ids], [{ name: "MES-1", product: "Planner", address: "10.0.0.7" }, "Node-RED", "HTTP", "ProcessJobOrder", { bodId: "b-1" }]);
    const sent = observe({ payload: "<SyncJobResponse/>", resonance: { isa95: { message: "SyncJobResponse", version: "V0701", bodId: "b-2", format: "xml" } } }, tap({ to: "MES-1", checked: true }), NOW);
    assert.deepEqual([sent.from.version, sent.to, sent.size, sent.verdict], ["4.1.0", { name: "MES-1" }, 18, { valid: true, errors: [] }]);
    const answered = observe({ payload: {}, resonance: { isa95: { message: "SyncJobResponse", bodId: "b-2" }, delivery: { verdict: "accepted", statusCode: 200, bodId: "b-2", durationMs: 8 } } }, tap({ from: "MES-1" }), NOW);
    assert.deepEqual([answered.from, answered.kind, answered.summary, answered.ids, answered.milliseconds], [{ name: "MES-1" }, "MES answer", "accepted, HTTP 200", { bodId: "b-2" }, 8]);
  });

  it("samples and MQTT messages name their protocol; an address loses user, password and query", () => {
    const samples = observe({ payload: [{}, {}], resonance: { endpoint: "opc.tcp://li:geheim@cnc:4840/x?token=1" } }, tap(), NOW);
    assert.deepEqual([samples.protocol, samples.from, samples.summary], ["OPC UA", { name: "OPC UA server", address: "opc.tcp://***@cnc:4840/x" }, "2 samples"]);
    assert.deepEqual(observe({ payload: "x", resonance: { mqtt: { topic: "a/b", qos: 1, userProperties: { user: "li" } } } }, tap(), NOW).summary, "a/b, QoS 1");
  });

  it("chosen fields only, never those of secrets or people, and never more than single values", () => {
    const payload = { direction: "input", category: "c", values: { speed: 3, operatorId: "li", list: [1], note: "Bearer abcdefghij" }, password: "geheim" };
    assert.deepEqual(observe({ payload }, tap({ fields: ["values.speed", "values.operatorId", "values.list", "values.note", "password", "values.constructor", "values.list.0", "none"] }), NOW).fields,
      { "values.speed": 3, "values.note": "Bearer ***", "values.list.0": 1 });
  });

  it("credentials are taken out of every text", () => {
    const secrets = [
      "https://li:geheim@host/path", "see token=geheim&x=1", "Authorization: Bearer geheimgeheim", "password: \"geheim\"", "Basic Z2VoZWltZ2VoZWlt", "{\"apiKey\":\"geheim\"}",
      "eyJhbGciOi.geheim.geheim", "-----BEGIN PRIVATE KEY-----\ngeheim\n-----END PRIVATE KEY-----", "geheim@plant.example", "mqtt://geheim@broker", "client_secret=geheim", "user=geheim",
    ];
    for (const secret of secrets) assert.doesNotMatch(redact(secret), /geheim|Z2VoZWlt/, secret);
    assert.equal(redactAddress("https://host:8443/a?key=geheim#x"), "https://host:8443/a");
    assert.equal(redact("x".repeat(5000)).length, 200);
    assert.equal(redact("acme/shanghai/line-1, prediction"), "acme/shanghai/line-1, prediction");
  });

  it("what JSON cannot say is recorded without size and hash, and hostile messages do no harm", () => {
    const cycle: Record<string, unknown> = { direction: "input", category: "c" };
    cycle["self"] = cycle;
    assert.deepEqual(Object.keys(observe({ payload: cycle }, tap(), NOW)).filter((name) => name === "size" || name === "sha256"), []);
    for (const resonance of [null, 1, [], { isa95: { message: {} } }, { errors: [null, 3, { path: {} }] }, { answer: { model: null } }, { delivery: { durationMs: NaN } }, { endpoint: "\ud800" }]) {
      const { line } = sealEntry(observe({ payload: undefined, resonance }, tap({ from: "\ud800" }), NOW), CHAIN_START);
      assert.equal(typeof openLine(Buffer.from(line.trim())), "object");
    }
  });
});
