import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { once } from "node:events";
import { createServer, request, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { readAnswer } from "../../nodes/lib/isa95/answer";
import { codeOf, MES_IN, schedule, send, type Answered } from "../support/mes-in";
import { deploy, startHelper, stopHelper, undeploy, type DeployOptions, type Deployment, type TestNode } from "../support/node-helper";
import { until } from "../support/node-red-runtime";
import { skipWithout } from "../support/requirements";
import { xsdFault, xsdFolder } from "../support/xsd";

interface Layered { readonly _router?: { readonly stack: readonly unknown[] } }

describe("mes-in", () => {
  let server: Server;
  let app: (RequestListener & Layered) | undefined;
  let url = "";
  let userDir = "";
  before(async () => {
    await startHelper();
    server = createServer((incoming, response) => { app?.(incoming, response); });
    await once(server.listen(0, "127.0.0.1"), "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/b2mml`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await stopHelper();
  });
  beforeEach(() => { userDir = mkdtempSync(path.join(tmpdir(), "resonance-mes-in-")); });
  afterEach(async () => {
    await undeploy();
    rmSync(userDir, { recursive: true, force: true });
  });

  const run = (changes: Readonly<Record<string, unknown>> = {}, options: DeployOptions = {}, more: readonly TestNode[] = []): Promise<Deployment> =>
    deploy([{ ...MES_IN, ...changes }, ...more], {
      ...options, settings: { userDir, ...options.settings },
      types: [(RED) => { app = RED.httpNode; }],
    });
  const decide = (flow: Deployment, index: number, payload: unknown): void => {
    flow.receive("node", { payload, resonance: { reply: flow.sent("node")[index]?.resonance?.["reply"] } });
  };
  const failures = (flow: Deployment): readonly (string | undefined)[] => flow.caught.map(({ resonance }) => resonance?.error?.code);

  it("gives a valid document to the flow with its job, and acknowledges it in its own form", async () => {
    const flow = await run();
    const answer = await send(url, schedule("B-1"));
    assert.deepEqual([answer.status, answer.headers["content-type"]], [200, "application/xml; charset=utf-8"]);
    assert.deepEqual(readAnswer(answer.text), { message: "AcknowledgeWorkSchedule", verdict: "accepted", originalBodId: "B-1" });
    assert.match(answer.text, /<LogicalID>EDGE<\/LogicalID>/);
    const json = { ProcessJobList: { "@releaseID": "7.0.1", ApplicationArea: { CreationDateTime: "2026-01-15T08:31:00Z", BODID: "B-2" }, DataArea: { Process: { "@acknowledgeCode": "Always" }, JobList: [{ ID: "JL-1", JobOrder: [{ ID: "JO-2" }, { ID: "JO-3" }] }] } } };
    const second = await send(url, JSON.stringify(json), { headers: { "content-type": "application/json" } });
    assert.deepEqual([second.status, second.headers["content-type"], readAnswer(second.text).verdict], [200, "application/json; charset=utf-8", "accepted"]);
    await until(() => flow.sent("node").length === 2, "both messages");
    const [one, two] = flow.sent("node");
    const facts = one?.resonance as unknown as { isa95: { message: string; bodId: string }; job: { id: string; parameters: Record<string, { value: number }> }; jobs: unknown[]; reply?: string };
    assert.deepEqual([facts.isa95.message, facts.isa95.bodId, facts.job.id, facts.job.parameters["quantity"]?.value, facts.reply], ["ProcessWorkSchedule", "B-1", "JO-1", 25, undefined]);
    assert.equal((one?.payload as { id: string }[])[0]?.id, "WS-1");
    assert.deepEqual([(two?.resonance?.["jobs"] as { id: string }[]).map(({ id }) => id), two?.resonance?.["job"]], [["JO-2", "JO-3"], undefined], "of several jobs none is the one");
    assert.deepEqual(failures(flow), []);
  });

  it("takes a document in a SOAP envelope and answers in one of the same version, also the second time", async () => {
    const flow = await run();
    for (const [version, namespace, type] of [["1.1", "http://schemas.xmlsoap.org/soap/envelope/", "text/xml"], ["1.2", "http://www.w3.org/2003/05/soap-envelope", "application/soap+xml"]] as const) {
      const enveloped = `<S:Envelope xmlns:S="${namespace}"><S:Header/><S:Body>${schedule(`S-${version}`).replace(/^<.*?>\s*/, "")}</S:Body></S:Envelope>`;
      for (let time = 0; time < 2; time += 1) {
        const answer = await send(url, enveloped, { headers: { "content-type": `${type}; charset=utf-8`, soapaction: "\"\"" } });
        assert.deepEqual([answer.status, answer.headers["content-type"]], [200, `${type}; charset=utf-8`]);
        assert.ok(answer.text.includes(`<soap:Envelope xmlns:soap="${namespace}">`), answer.text);
        assert.deepEqual([readAnswer(answer.text).verdict, readAnswer(answer.text).originalBodId], ["accepted", `S-${version}`]);
      }
    }
    const facts = flow.sent("node").map(({ resonance }) => (resonance?.["isa95"] as { bodId: string }).bodId);
    assert.deepEqual([facts, failures(flow)], [["S-1.1", "S-1.2"], []]);
  });

  it("answers are valid for the official schema, whatever was asked and decided", { skip: skipWithout("shared", xsdFolder) }, async () => {
    const flow = await run({ answer: "flow" });
    const asked = [schedule("V-1"), schedule("V-2"), schedule("V-3", { verb: "Change", asks: "responseCode=\"Always\"" }), schedule("V-4", { asks: "", confirm: "Always" }), schedule("V-5", { verb: "Sync", asks: "", confirm: "OnError" })];
    const answers = Promise.all(asked.map((document) => send(url, document)));
    await until(() => flow.sent("node").length === asked.length, "all documents");
    flow.sent("node").forEach((_, index) => { decide(flow, index, index % 2 === 0 ? { decision: "reject", reason: "no <material> & no \u0001 time" } : { decision: "modify", content: [{ id: "WS-9", workRequest: [{ id: "WR-9", jobOrder: [{ id: "JO-9" }] }] }] }); });
    for (const { status, text } of await answers) {
      assert.equal(status, 200);
      assert.equal(await xsdFault(text), undefined, text);
    }
    const invalid = await send(url, schedule("V-6", { state: "Unheard" }));
    assert.equal(await xsdFault(invalid.text), undefined);
    assert.deepEqual(failures(flow), []);
  });

  it("says nothing but 202 to who asks for nothing, and confirms where it is asked", async () => {
    await run();
    const quiet = await send(url, schedule("B-1", { asks: "" }));
    assert.deepEqual([quiet.status, quiet.text], [202, ""]);
    const error = await send(url, schedule("B-2", { asks: "acknowledgeCode=\"OnError\"" }));
    assert.deepEqual([error.status, error.text], [202, ""]);
    const confirmed = await send(url, schedule("B-3", { verb: "Sync", asks: "", confirm: "Always" }));
    assert.deepEqual([confirmed.status, readAnswer(confirmed.text).message, readAnswer(confirmed.text).verdict], [200, "ConfirmBOD", "accepted"]);
  });

  it("refuses what does not fit, says where, and keeps it from the flow", async () => {
    const flow = await run();
    const rejected = await send(url, schedule("B-1", { state: "Unheard", asks: "acknowledgeCode=\"OnError\"" }));
    const verdict = readAnswer(rejected.text);
    assert.deepEqual([rejected.status, verdict.message, verdict.verdict, verdict.originalBodId], [422, "AcknowledgeWorkSchedule", "rejected", "B-1"]);
    assert.match(verdict.reason ?? "", /\/ProcessWorkSchedule\/DataArea\/WorkSchedule\/ScheduleState/);
    const plain = await send(url, schedule("B-2", { state: "Unheard", asks: "" }));
    assert.deepEqual([plain.status, codeOf(plain)], [422, "RESONANCE_ISA95_NOT_VALID"]);
    const unreadable = await send(url, "<a><b></a>");
    assert.deepEqual([unreadable.status, codeOf(unreadable)], [400, "RESONANCE_ISA95_UNREADABLE"]);
    const foreign = await send(url, "<a xmlns='urn:x'/>");
    assert.deepEqual([foreign.status, codeOf(foreign)], [422, "RESONANCE_ISA95_NAMESPACE"]);
    const got = await send(url, schedule("B-3", { verb: "Get", asks: "" }));
    assert.equal(got.status, 422);
    await until(() => flow.sent("node", 1).length === 5, "the refused documents");
    assert.deepEqual(flow.sent("node"), []);
    assert.equal(flow.sent("node", 1)[0]?.resonance?.errors?.[0]?.code, "RESONANCE_ISA95_NOT_VALID");
    assert.equal(flow.sent("node", 1)[2]?.payload, "<a><b></a>");
    await flow.redeploy([{ ...MES_IN, problems: "pass" }]);
    assert.equal((await send(url, schedule("B-1", { state: "Unheard" }))).status, 200, "a refused document was not remembered");
    const { problems } = flow.sent("node")[0]?.resonance?.["isa95"] as { problems: readonly { path: string }[] };
    assert.equal(problems.length, 1);
  });

  it("lets in who has the credentials, by Basic and by Bearer", async () => {
    const status = async (authorization: string | undefined): Promise<Answered> => send(url, schedule(undefined), { headers: { "content-type": "text/xml", ...(authorization !== undefined && { authorization }) } });
    const basic = (text: string): string => `Basic ${Buffer.from(text, "utf8").toString("base64")}`;
    const flow = await run({ authentication: "basic" }, { credentials: { node: { user: "mes", password: "größe:1" } } });
    const refused = await status(undefined);
    assert.deepEqual([refused.status, refused.headers["www-authenticate"], codeOf(refused)], [401, "Basic realm=\"MES\", charset=\"UTF-8\"", "RESONANCE_MES_IN_UNAUTHORIZED"]);
    for (const wrong of [basic("mes:"), basic("mes:größe"), basic("MES:größe:1"), basic(""), "Basic", "Bearer größe:1", "x".repeat(5000)]) assert.equal((await status(wrong).catch(() => ({ status: 401 }))).status, 401, wrong);
    assert.equal((await status(basic("mes:größe:1"))).status, 200);
    assert.equal((await status(basic("mes:größe:1").replace("Basic", "bASIC").replace(/=+$/, ""))).status, 200);
    assert.equal(flow.sent("node").length, 2);
    await undeploy();
    await run({ authentication: "bearer" }, { credentials: { node: { token: "s3cret" } } });
    assert.deepEqual([(await status("Bearer s3cret")).status, (await status("bearer s3cret")).status, (await status("Bearer s3cre")).status, (await status(basic("s3cret"))).status], [200, 200, 401, 401]);
  });

  for (const [title, changes, credentials] of [["no user", { authentication: "basic" }, {}], ["no password", { authentication: "basic" }, { user: "mes" }], ["no token", { authentication: "bearer" }, {}], ["no choice", { authentication: "" }, {}]] as const) {
    it(`with ${title} it does not start`, async () => {
      const flow = await run(changes, { credentials: { node: credentials } });
      await until(() => failures(flow).includes("RESONANCE_CONFIG_INVALID"), "the failure");
      assert.equal((await send(url, schedule("B-1"))).status, 404);
    });
  }

  it("turns away other methods, types, charsets, compressed and large bodies, with the right status", async () => {
    const flow = await run({ methods: "POST,PUT", sizeLimit: 100 });
    const outcome = async (body: string | Buffer, options: Parameters<typeof send>[2]): Promise<readonly unknown[]> => {
      const answer = await send(url, body, options);
      return [answer.status, codeOf(answer)];
    };
    const wrong = await send(url, "", { method: "DELETE" });
    assert.deepEqual([wrong.status, wrong.headers.allow, codeOf(wrong)], [405, "POST, PUT", "RESONANCE_MES_IN_METHOD"]);
    const type = [415, "RESONANCE_MES_IN_TYPE"];
    assert.deepEqual(await outcome("<a/>", { headers: { "content-type": "text/plain" } }), type);
    assert.deepEqual(await outcome("<a/>", { headers: { "content-type": "application/xml; charset=klingon" } }), type);
    assert.deepEqual(await outcome(gzipSync("<a/>"), { headers: { "content-type": "application/xml", "content-encoding": "gzip" } }), type);
    const large = [413, "RESONANCE_MES_IN_TOO_LARGE"];
    assert.deepEqual(await outcome("x".repeat(100_001), {}), large);
    assert.deepEqual(await outcome("x".repeat(100_001), { headers: { "content-type": "text/xml", "transfer-encoding": "chunked" } }), large);
    assert.deepEqual(await outcome("", {}), [400, "RESONANCE_ISA95_UNREADABLE"]);
    const utf16 = Buffer.from(`\uFEFF${schedule("B-16").replace("encoding=\"UTF-8\"", "encoding=\"UTF-16\"")}`, "utf16le");
    assert.equal((await send(`${url}/?from=mes`, utf16, { method: "PUT", headers: { "content-type": "application/b2mml+xml; charset=\"utf-16\"" } })).status, 200);
    const latin = Buffer.from(schedule("B-17", { jobs: ["Größe"] }).replace("UTF-8", "ISO-8859-1"), "latin1");
    assert.equal((await send(url, latin, { headers: {} })).status, 200);
    assert.equal((flow.sent("node")[1]?.resonance?.["job"] as { id: string }).id, "Größe");
  });

  it("answers as the flow decides, and reports decisions that are late, twice or none", async () => {
    const flow = await run({ answer: "flow" });
    const answers = [schedule("B-1"), schedule("B-2", { asks: "" }), schedule("B-3", { asks: "" }), schedule("B-4", { verb: "Get", asks: "" })].map((document) => send(url, document));
    await until(() => flow.sent("node").length === 4, "the documents");
    const order = flow.sent("node").map(({ resonance }) => (resonance?.["isa95"] as { bodId: string }).bodId);
    const at = (bodId: string): number => order.indexOf(bodId);
    decide(flow, at("B-1"), { decision: "reject", reason: "no material" });
    decide(flow, at("B-1"), { decision: "accept" });
    decide(flow, at("B-2"), { decision: "accept" });
    decide(flow, at("B-3"), { decision: "perhaps" });
    decide(flow, at("B-3"), { decision: "reject", reason: "full" });
    decide(flow, at("B-4"), { decision: "accept", content: [{ id: "WS-77", workRequest: [{ id: "WR-77", jobOrder: [{ id: "JO-77" }] }] }] });
    const [one, two, three, four] = await Promise.all(answers) as [Answered, Answered, Answered, Answered];
    assert.deepEqual([one.status, readAnswer(one.text).verdict, readAnswer(one.text).reason], [200, "rejected", "no material"]);
    assert.deepEqual([two.status, two.text, three.status, codeOf(three)], [202, "", 422, "RESONANCE_MES_IN_REJECTED"]);
    assert.equal(four.status, 200);
    assert.match(four.text, /^[\s\S]*<ShowWorkSchedule[\s\S]*JO-77/);
    await flow.settled(6);
    assert.deepEqual(failures(flow), ["RESONANCE_MES_IN_LATE", "RESONANCE_MES_IN_DECISION"]);
  });

  for (const [undecided, verdict] of [["reject", "rejected"], ["accept", "accepted"]] as const) {
    it(`${undecided}s by itself when the flow does not decide in time`, async () => {
      const flow = await run({ answer: "flow", decisionTime: 0.1, undecided });
      const answer = await send(url, schedule("B-1"));
      assert.deepEqual([answer.status, readAnswer(answer.text).verdict], [200, verdict]);
      decide(flow, 0, { decision: "accept" });
      await flow.settled(2);
      assert.deepEqual(failures(flow), ["RESONANCE_MES_IN_UNDECIDED", "RESONANCE_MES_IN_LATE"]);
    });
  }

  it("a BODID that comes again gets its answer again, also at the same time and after a restart, and the flow has it once", async () => {
    const flow = await run({ answer: "flow" });
    const together = Array.from({ length: 10 }, () => send(url, schedule("B-1")));
    await until(() => flow.sent("node").length > 0, "the document");
    decide(flow, 0, { decision: "reject", reason: "once" });
    const texts = (await Promise.all(together)).map(({ text }) => text);
    assert.equal(new Set(texts).size, 1);
    assert.deepEqual([(await send(url, schedule("B-1"))).text, flow.sent("node").length], [texts[0], 1]);
    const other = send(url, schedule("B-1", { sender: "MES-2" }));
    await until(() => flow.sent("node").length === 2, "another sender's document");
    decide(flow, 1, { decision: "accept" });
    assert.notEqual((await other).text, texts[0]);
    await undeploy();
    const again = await run({ answer: "flow" });
    const after = await send(url, schedule("B-1"));
    assert.deepEqual([after.text, after.status, again.sent("node")], [texts[0], 200, []]);
  });

  it("keeps the last answers only, in a file that does not grow, and reads it with a line cut off", async () => {
    const flow = await run({ remember: 3 });
    for (let index = 0; index < 6; index += 1) await send(url, schedule(`B-${index}`));
    const known = await send(url, schedule("B-5"));
    await send(url, schedule("B-0"));
    assert.equal(flow.sent("node").length, 7, "the oldest is forgotten");
    await undeploy();
    const folder = path.join(userDir, "resonance", "mes-in");
    const file = path.join(folder, readdirSync(folder)[0] ?? "");
    appendFileSync(file, "[\"half a li");
    const again = await run({ remember: 3 });
    assert.equal((await send(url, schedule("B-5"))).text, known.text);
    assert.deepEqual([again.sent("node"), failures(again)], [[], []]);
    assert.equal(readFileSync(file, "utf8").split("\n").length, 4, "three answers, written anew");
  });

  it("a path belongs to one node, and a deploy frees it without leaving anything in the server", async () => {
    const twin = { ...MES_IN, id: "twin", name: "twin", path: "b2mml/" };
    const flow = await run({}, {}, [twin]);
    await until(() => failures(flow).includes("RESONANCE_MES_IN_PATH_TAKEN"), "the refusal");
    assert.equal((await send(url, schedule("B-1"))).status, 200);
    const layers = app?._router?.stack.length;
    for (let index = 0; index < 20; index += 1) await flow.redeploy([{ ...MES_IN, path: index % 2 === 0 ? "/other" : "/b2mml" }]);
    assert.equal(app?._router?.stack.length, layers);
    assert.equal((await send(url, schedule("B-2"))).status, 200);
    assert.equal((await send(url.replace("b2mml", "other"), schedule("B-3"))).status, 503, "the node may come back to it");
    await flow.redeploy([{ ...MES_IN, id: "twin", path: "/other" }]);
    assert.deepEqual([(await send(url.replace("b2mml", "other"), schedule("B-3"))).status, (await send(url, schedule("B-4"))).status], [200, 404], "a node that is gone leaves at once");
  });

  it("sends who waits away to come again when it is deployed, and takes it then", async () => {
    const flow = await run({ answer: "flow" });
    const waiting = Array.from({ length: 5 }, (_, index) => send(url, schedule(`B-${index}`)));
    await until(() => flow.sent("node").length === 5, "the documents");
    await flow.redeploy([MES_IN]);
    for (const { status, headers, text } of await Promise.all(waiting)) assert.deepEqual([status, headers["retry-after"], text.includes("RESONANCE_MES_IN_BUSY")], [503, "2", true]);
    assert.equal((await send(url, schedule("B-0"))).status, 200);
    assert.equal(flow.sent("node").length, 6, "it was not taken for known");
  });

  it("bounds what waits, and cuts off who sends too slowly", async () => {
    const limited = { answer: "flow", queueLimit: 2, transferTime: 0.2 };
    const flow = await run(limited);
    const slow = new Promise<Answered>((resolve, reject) => {
      const sent = request(url, { method: "POST", headers: { "content-type": "application/xml", "content-length": 1000 } }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => { text += part; }).on("end", () => { resolve({ status: response.statusCode ?? 0, headers: response.headers, text }); });
      });
      sent.on("error", reject).write("<Process");
    });
    const late = await slow;
    assert.deepEqual([late.status, late.headers.connection, codeOf(late)], [408, "close", "RESONANCE_MES_IN_SLOW"]);
    await flow.redeploy([{ ...MES_IN, ...limited, transferTime: 30 }]);
    const waiting = [send(url, schedule("B-1")), send(url, schedule("B-2"))];
    await until(() => flow.sent("node").length === 2, "two documents");
    const third = await send(url, schedule("B-3"));
    assert.deepEqual([third.status, codeOf(third)], [503, "RESONANCE_MES_IN_BUSY"]);
    decide(flow, 0, { decision: "accept" });
    decide(flow, 1, { decision: "accept" });
    assert.deepEqual((await Promise.all(waiting)).map(({ status }) => status), [200, 200]);
    assert.deepEqual(flow.sent("node", 1), [], "who shall come again was not refused");
  });

  it("takes documents from messages too, and answers them at its third output", async () => {
    const flow = await run({ transport: "message", authentication: "", answer: "flow" });
    flow.receive("node", { topic: "mes/orders", payload: Buffer.from(schedule("B-1")), cell: 7, resonance: { mqtt: { responseTopic: "mes/answers" } } });
    await until(() => flow.sent("node").length === 1, "the document");
    assert.equal(flow.sent("node")[0]?.["cell"], 7);
    decide(flow, 0, { decision: "accept" });
    flow.receive("node", { topic: "mes/orders", payload: schedule("B-1") });
    flow.receive("node", { topic: "mes/orders", payload: "nonsense" });
    flow.receive("node", { topic: "mes/orders", payload: { ProcessJobList: 1 } });
    await flow.settled(5);
    const answers = flow.sent("node", 2);
    const [first, again] = ["mes/answers", "mes/orders"].map((name) => answers.find(({ topic, payload }) => topic === name && String(payload).startsWith("<")));
    const bad = answers.filter(({ payload }) => String(payload).startsWith("{")).map(({ payload }) => codeOf({ text: String(payload) }));
    assert.deepEqual([first?.topic, first?.["cell"], readAnswer(String(first?.payload)).verdict], ["mes/answers", 7, "accepted"]);
    assert.deepEqual([again?.topic, again?.payload, again?.resonance?.["answer"]], ["mes/orders", first?.payload, { verdict: "accepted", duplicate: true }]);
    assert.deepEqual([flow.sent("node").length, bad, flow.sent("node", 1).map(({ payload }) => payload)], [1, ["RESONANCE_ISA95_UNREADABLE", "RESONANCE_ISA95_NOT_VALID"], ["nonsense", { ProcessJobList: 1 }]]);
    assert.equal((await send(url, schedule("B-9"))).status, 404, "no endpoint");
    assert.deepEqual(failures(flow), []);
  });

  it("tells when Node-RED has no HTTP endpoints, and applies the middleware of its settings", async () => {
    const off = await run({}, { settings: { httpNodeRoot: false } });
    await until(() => failures(off).includes("RESONANCE_MES_IN_NO_HTTP"), "the failure");
    await undeploy();
    await run({}, { settings: { httpNodeRoot: "/", httpNodeMiddleware: (incoming: { headers: object }, response: { writeHead(status: number): { end(): void } }, next: () => void) => { if ("x-pass" in incoming.headers) next(); else response.writeHead(403).end(); } } });
    assert.deepEqual([(await send(url, schedule("B-1"))).status, (await send(url, schedule("B-1"), { headers: { "x-pass": "1" } })).status], [403, 200]);
  });

  it("takes a body that another parser has read before it, within its limit", async () => {
    const flow = await run({ sizeLimit: 2 });
    const json = { ProcessJobList: { "@releaseID": "7.0.1", ApplicationArea: { CreationDateTime: "2026-01-15T08:31:00Z" }, DataArea: { Process: { "@acknowledgeCode": "Always" }, JobList: [{ ID: "JL-1", JobOrder: [{ ID: "JO-2" }] }] } } };
    let body: unknown;
    const site = createServer((incoming, response) => { incoming.resume().on("end", () => { setImmediate(() => { app?.(Object.assign(incoming, { body }), response); }); }); });
    await once(site.listen(0, "127.0.0.1"), "listening");
    const there = `http://127.0.0.1:${(site.address() as AddressInfo).port}/b2mml`;
    try {
      for (body of [json, JSON.stringify(json), Buffer.from(schedule(undefined))]) assert.equal((await send(there, "read before")).status, 200);
      body = { ...json, more: "x".repeat(3000) };
      assert.equal(codeOf(await send(there, "read before")), "RESONANCE_MES_IN_TOO_LARGE");
      body = undefined;
      assert.equal(codeOf(await send(there, "read before")), "RESONANCE_ISA95_UNREADABLE");
    } finally {
      site.close();
    }
    assert.deepEqual(flow.sent("node").map(({ payload }) => (payload as { id: string }[])[0]?.id), ["JL-1", "JL-1", "WS-1"]);
  });

  it("refuses a path that Node-RED's admin API answers, unless the two have roots of their own", async () => {
    const flow = await run({ path: "/flow/orders" }, { settings: { httpNodeRoot: "/", httpAdminRoot: "/" } });
    await until(() => failures(flow).includes("RESONANCE_MES_IN_PATH_ADMIN"), "the failure");
    await undeploy();
    const apart = await run({ path: "/flow/orders" }, { settings: { httpNodeRoot: "/", httpAdminRoot: "/admin" } });
    assert.equal((await send(url.replace("b2mml", "flow/orders"), schedule("B-1"))).status, 200);
    assert.deepEqual(failures(apart), []);
  });
});
