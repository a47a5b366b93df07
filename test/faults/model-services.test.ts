import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { connectAsync, type IPublishPacket, type MqttClient } from "mqtt";
import type { ErrorCode, ResonanceError } from "../../nodes/lib/errors/resonance-error";
import type { Question } from "../../nodes/lib/inference/model";
import { createMqttRunner, type MqttRunner, type MqttRunnerOptions } from "../../nodes/lib/inference/mqtt/mqtt-runner";
import { documentExchange, tensorExchange } from "../../nodes/lib/inference/request/exchange-form";
import { createRestRunner, type RestRunnerOptions } from "../../nodes/lib/inference/rest/rest-runner";
import type { InputRecord } from "../../nodes/lib/record/interface-record";
import { mosquitto, startBroker, stopBrokers, type Broker } from "../support/mosquitto";
import { closeConnections, connect, connected, outsider } from "../support/mqtt-client";
import { until } from "../support/node-red-runtime";
import { skipWithout } from "../support/requirements";

/** Models behind services of their own: real HTTP and MQTT, and everything a service may do wrong. */

const JSON_ANSWER = { format: "json", errorPath: "", versionPath: "" } as const;
const closers: (() => Promise<unknown>)[] = [];
const unhandled: unknown[] = [];
const note = (reason: unknown): void => { unhandled.push(reason); };
before(() => { process.on("unhandledRejection", note).on("uncaughtExceptionMonitor", note); });
afterEach(async () => { await Promise.all(closers.splice(0).map((close) => close())); });
after(() => {
  process.off("unhandledRejection", note).off("uncaughtExceptionMonitor", note);
  assert.deepEqual(unhandled, [], "no error went unhandled");
});

let asked = 0;
const question = (document: unknown = { a: 1, b: 2 }): Question => ({ id: `q-${++asked}`, record: {} as InputRecord, tensors: [], document });

function fails(code: ErrorCode, words: RegExp = /./, place?: string) {
  return (error: ResonanceError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    if (place !== undefined) assert.equal(error.path, place);
    return true;
  };
}

describe("a model behind REST", () => {
  interface Seen { readonly method: string; readonly url: string; readonly headers: IncomingMessage["headers"]; readonly body: string }
  type Answer = (seen: Seen, response: ServerResponse) => void;
  const says = (status: number, body: unknown, type = "application/json"): Answer => (_, response) => {
    response.writeHead(status, { "content-type": type }).end(typeof body === "string" ? body : JSON.stringify(body));
  };
  const adds: Answer = ({ body }, response) => {
    const { a, b } = JSON.parse(body) as { a: number; b: number };
    says(200, { result: { sum: a + b }, error: null, model: { version: "7" } })({} as Seen, response);
  };
  const serve = async (answer: Answer = adds): Promise<{ url: string; seen: Seen[]; answer: Answer }> => {
    const service = { url: "", seen: [] as Seen[], answer };
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part)).on("end", () => {
        const seen = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body: Buffer.concat(parts).toString() };
        service.seen.push(seen);
        service.answer(seen, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
    service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/predict`;
    return service;
  };
  const runner = (url: string, options: Partial<RestRunnerOptions> = {}) => {
    const made = createRestRunner({
      url, method: "POST", headers: [], timeout: 5000, healthPath: "", repeatable: false, model: "adder", exchange: documentExchange(JSON_ANSWER), ...options,
    });
    closers.push(() => made.close());
    return made;
  };

  it("gets the document and its own headers; the answer comes as it is, with the version where the service tells it", async () => {
    const service = await serve();
    const answer = await runner(service.url, { headers: [{ name: "X-Tenant", value: "line-1" }], exchange: documentExchange({ ...JSON_ANSWER, errorPath: "/error", versionPath: "/model/version" }) }).ask(question());
    assert.deepEqual(answer, { body: { result: { sum: 3 }, error: null, model: { version: "7" } }, version: "7" });
    const [{ method, url, headers, body }] = service.seen as [Seen];
    assert.deepEqual([method, url, headers["content-type"], headers["x-tenant"], body], ["POST", "/predict", "application/json", "line-1", '{"a":1,"b":2}']);
  });

  it("with GET the document's members are parameters, behind those of the address", async () => {
    const service = await serve(says(200, { ok: true }));
    await runner(`${service.url}?key=1`, { method: "GET" }).ask(question({ a: 1.5, name: "ü&", list: [1] }));
    assert.equal(service.seen[0]?.url, "/predict?key=1&a=1.5&name=%C3%BC%26&list=%5B1%5D");
    await assert.rejects(runner(service.url, { method: "GET" }).ask(question([1])), fails("RESONANCE_CONFIG_INVALID", /./, "method"));
  });

  it("a text is taken as it stands, a web page is not", async () => {
    const service = await serve(says(201, "worn, 0.93", "text/plain"));
    const text = runner(service.url, { exchange: documentExchange({ ...JSON_ANSWER, format: "text" }) });
    assert.deepEqual(await text.ask(question()), { body: "worn, 0.93" });
    for (const page of [says(200, "<html>login</html>", "text/html"), says(200, "<!DOCTYPE html><p>x", "text/plain"), says(200, " ")]) {
      service.answer = page;
      await assert.rejects(text.ask(question()), fails("RESONANCE_MODEL_ANSWER_INVALID"));
    }
  });

  it("tensors in the protocol's JSON at an address of the service's own", async () => {
    const spec = { datatype: "FP32", shape: [1, 2], elements: [{ field: "x", unit: "" }, { field: "x", unit: "" }] } as const;
    const service = await serve(says(200, { outputs: [{ name: "sum", datatype: "FP32", shape: [1], data: [3] }] }));
    const asking = runner(service.url, { exchange: tensorExchange("adder", [{ ...spec, name: "in" }], [{ name: "sum", datatype: "FP32", shape: [1], elements: [] }]) });
    const answer = await asking.ask({ ...question(), tensors: [{ name: "in", datatype: "FP32", shape: [1, 2], data: [1, 2] }] });
    assert.deepEqual(answer.body, { modelName: "adder", outputs: [{ name: "sum", datatype: "FP32", shape: [1], data: [3] }] });
    assert.deepEqual((JSON.parse(service.seen[0]?.body ?? "") as { inputs: unknown }).inputs, [{ name: "in", shape: [1, 2], datatype: "FP32", data: [1, 2] }]);
    service.answer = says(200, { error: "no model" });
    await assert.rejects(asking.ask(question()), fails("RESONANCE_MODEL_SERVER_ERROR", /no model/));
  });

  const refusals: readonly (readonly [string, Answer, ErrorCode, RegExp])[] = [
    ["404", says(404, { error: "no such route" }), "RESONANCE_MODEL_UNKNOWN", /no such route/],
    ["401", says(401, ""), "RESONANCE_MODEL_UNAUTHORIZED", /401/],
    ["503", says(503, { message: "warming up" }), "RESONANCE_MODEL_NOT_READY", /warming up/],
    ["422 of a framework", says(422, { detail: [{ msg: "field required" }] }), "RESONANCE_MODEL_SERVER_ERROR", /field required/],
    ["500 with a page", says(500, "<html><h1>Oops</h1></html>", "text/html"), "RESONANCE_MODEL_SERVER_ERROR", /Oops/],
    ["a redirect", (_, response) => { response.writeHead(302, { location: "/login" }).end(); }, "RESONANCE_MODEL_SERVER_ERROR", /redirect to \/login/],
    ["an error in an answer of 200", says(200, { error: { code: 7, text: "sensor range" } }), "RESONANCE_MODEL_SERVER_ERROR", /sensor range/],
    ["no JSON", says(200, "sum=3"), "RESONANCE_MODEL_ANSWER_INVALID", /not JSON/],
    ["a web page", says(200, "<html>login</html>", "text/html; charset=utf-8"), "RESONANCE_MODEL_ANSWER_INVALID", /web page/],
    ["nothing", (_, response) => { response.writeHead(204).end(); }, "RESONANCE_MODEL_ANSWER_INVALID", /empty/],
    ["null", says(200, "null"), "RESONANCE_MODEL_ANSWER_INVALID", /null/],
    ["a prototype key", says(200, '{"a":{"__proto__":{"x":1}}}'), "RESONANCE_MODEL_ANSWER_INVALID", /__proto__/],
    ["more than the bound", says(200, `{"a":"${"x".repeat(100_000)}"}`), "RESONANCE_MODEL_ANSWER_INVALID", /max size/],
    ["a broken connection", (_, response) => { response.socket?.resetAndDestroy(); }, "RESONANCE_MODEL_UNREACHABLE", /./],
    ["no answer", () => undefined, "RESONANCE_MODEL_TIMEOUT", /./],
  ];
  for (const [what, answer, code, words] of refusals) {
    it(`${what}: ${code}, and the next question is answered`, async () => {
      const service = await serve(answer);
      const asking = runner(service.url, { timeout: code === "RESONANCE_MODEL_TIMEOUT" ? 300 : 5000, maxBytes: 10_000, exchange: documentExchange({ ...JSON_ANSWER, errorPath: "/error" }) });
      await assert.rejects(asking.ask(question()), fails(code, words));
      // What is not repeatable is asked once.
      assert.equal(service.seen.length, 1);
      service.answer = adds;
      assert.deepEqual(((await asking.ask(question())).body as { result: unknown }).result, { sum: 3 });
    });
  }

  it("what may be repeated is asked again over a connection that broke", async () => {
    const service = await serve((_, response) => {
      service.answer = adds;
      response.socket?.resetAndDestroy();
    });
    await runner(service.url, { repeatable: true }).ask(question());
    assert.equal(service.seen.length, 2);
  });

  it("says whether it is ready where it has a path for that", async () => {
    const service = await serve(says(200, ""));
    assert.equal(await runner(service.url).ready(), true);
    assert.equal(service.seen.length, 0);
    const asking = runner(service.url, { healthPath: "/health" });
    assert.equal(await asking.ready(), true);
    assert.deepEqual([service.seen[0]?.method, service.seen[0]?.url], ["GET", "/health"]);
    service.answer = says(503, "");
    assert.equal(await asking.ready(), false);
    service.answer = says(404, "");
    await assert.rejects(asking.ready(), fails("RESONANCE_MODEL_UNKNOWN"));
  });

  it("a cancelled question ends at once, and so does every one when the runner closes", async () => {
    const service = await serve(() => undefined);
    const asking = runner(service.url, { timeout: 600_000 });
    const cancel = new AbortController();
    const cancelled = assert.rejects(asking.ask(question(), { signal: cancel.signal }), fails("RESONANCE_MODEL_CLOSED"));
    const hanging = assert.rejects(asking.ask(question()), fails("RESONANCE_MODEL_CLOSED"));
    await until(() => service.seen.length === 2, "two questions");
    cancel.abort();
    await cancelled;
    await asking.close();
    await hanging;
  });

  it("what cannot work is refused at deploy, at the place of the setting", () => {
    const refused: readonly (readonly [Partial<RestRunnerOptions>, string])[] = [
      [{ url: "predict" }, "url"], [{ method: "PATCH" as "PUT" }, "method"], [{ healthPath: "health" }, "healthPath"],
      [{ headers: [{ name: "a b", value: "" }] }, "headers/0/name"], [{ headers: [{ name: "Host", value: "x" }] }, "headers/0/name"],
      [{ headers: [{ name: "a", value: "x\r\nb: c" }] }, "headers/0/value"], [{ headers: [{ name: "a", value: "1" }, { name: "A", value: "2" }] }, "headers/1/name"],
    ];
    for (const [options, place] of refused) assert.throws(() => runner("http://127.0.0.1:1/x", options), fails("RESONANCE_CONFIG_INVALID", /./, place));
    for (const [form, place] of [[{ errorPath: "error" }, "errorPath"], [{ versionPath: "/~" }, "versionPath"], [{ format: "xml" as "text" }, "answerFormat"]] as const) {
      assert.throws(() => documentExchange({ ...JSON_ANSWER, ...form }), fails("RESONANCE_CONFIG_INVALID", /./, place));
    }
  });
});

describe("a model behind MQTT", { skip: skipWithout("mosquitto", mosquitto) }, () => {
  let broker: Broker;
  beforeEach(async () => { broker = await startBroker(); });
  afterEach(async () => {
    await closeConnections();
    await stopBrokers();
  });

  interface Request { readonly packet: IPublishPacket; readonly document: { a: number; b: number } }
  type Service = (request: Request, answer: (text: string | Buffer, changes?: { topic?: string; correlationData?: Buffer | undefined }) => void) => void;
  const adds: Service = ({ document: { a, b } }, answer) => { answer(JSON.stringify({ sum: a + b })); };
  /** A service written with nothing of the product. */
  const serve = async (first: Service = adds, topic = "models/adder"): Promise<{ behaviour: Service; requests: Request[]; client: MqttClient }> => {
    const client = await connectAsync(broker.url, { protocolVersion: 5 });
    client.on("error", () => undefined);
    closers.push(() => client.endAsync(true));
    const service = { behaviour: first, requests: [] as Request[], client };
    client.on("message", (_, payload, packet) => {
      const request = { packet, document: JSON.parse(payload.toString()) as Request["document"] };
      service.requests.push(request);
      service.behaviour(request, (text, changes = {}) => {
        const correlationData = "correlationData" in changes ? changes.correlationData : packet.properties?.correlationData;
        client.publish(changes.topic ?? packet.properties?.responseTopic ?? "?", text, { qos: 1, properties: correlationData ? { correlationData } : {} });
      });
    });
    await client.subscribeAsync(topic, { qos: 1 });
    return service;
  };
  const runner = (options: Partial<MqttRunnerOptions> = {}): MqttRunner => {
    const made = createMqttRunner({
      connection: connect(broker.url), requestTopic: "models/adder", responseBase: "", userProperties: [], timeout: 5000, maxBytes: 10_000,
      repeatable: true, model: "adder", exchange: documentExchange({ ...JSON_ANSWER, errorPath: "/error" }), ...options,
    });
    closers.push(() => made.close());
    return made;
  };
  const sum = async (asking: MqttRunner, a = 1, b = 2): Promise<unknown> => ((await asking.ask(question({ a, b }))).body as { sum?: unknown }).sum;

  it("is asked with a response topic of the runner's own, correlation data, properties and an expiry, from the first question on", async () => {
    const service = await serve();
    const asking = runner({ userProperties: [{ name: "line", value: "1" }], timeout: 4000 });
    assert.equal(await sum(asking), 3);
    const { properties, qos, retain } = service.requests[0]!.packet;
    assert.equal(properties?.responseTopic, asking.responseTopic);
    assert.match(asking.responseTopic, /^models\/adder\/answer\/test-[^/]+\/[0-9a-f-]{36}$/);
    assert.equal(properties.correlationData?.length, 16);
    assert.deepEqual([{ ...properties.userProperties }, properties.contentType, properties.messageExpiryInterval, qos, retain], [{ line: "1" }, "application/json", 4, 1, false]);
  });

  it("many questions at once get each its own answer, in whatever order the service answers, also of two runners on one connection", async () => {
    const held: (() => void)[] = [];
    await serve((request, answer) => {
      held.push(() => { adds(request, answer); });
      if (held.length === 40) for (const release of held.reverse()) release();
    });
    const connection = connect(broker.url);
    const [one, other] = [runner({ connection }), runner({ connection })];
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => sum(index % 2 ? one : other, index, 1000)));
    assert.deepEqual(answers, Array.from({ length: 40 }, (_, index) => index + 1000));
    assert.deepEqual([one.strays(), other.strays()], Array.from({ length: 2 }, () => ({ late: 0, duplicate: 0, foreign: 0, garbage: 0 })));
  });

  it("late, duplicate, foreign and unreadable answers are counted and told once, and harm no question", async () => {
    const remarks: unknown[] = [];
    let late = (): void => undefined;
    const service = await serve((_, answer) => { late = () => { answer('{"sum":9}'); }; });
    const asking = runner({ timeout: 300, notice: ({ code, params }) => { remarks.push([code, params["kind"]]); } });
    await assert.rejects(sum(asking), fails("RESONANCE_MODEL_TIMEOUT", /300 ms/));
    late();
    await until(() => asking.strays().late === 1, "the late answer");
    service.behaviour = (_, answer) => { answer('{"sum":3}'); answer('{"sum":4}'); answer('{"sum":5}'); };
    const patient = runner({ notice: ({ params }) => { remarks.push(["…", params["kind"]]); } });
    assert.equal(await sum(patient), 3);
    await until(() => patient.strays().duplicate === 2, "the duplicates");
    service.behaviour = (request, answer) => {
      answer("?", { correlationData: Buffer.from("nobody") });
      answer("?", { correlationData: undefined });
      adds(request, answer);
    };
    assert.equal(await sum(patient), 3);
    assert.equal(patient.strays().foreign, 2);
    for (const [text, code] of [["{", "RESONANCE_MODEL_ANSWER_INVALID"], ["", "RESONANCE_MODEL_ANSWER_INVALID"], ["x".repeat(20_000), "RESONANCE_MODEL_ANSWER_INVALID"], ['{"error":"no range"}', "RESONANCE_MODEL_SERVER_ERROR"]] as const) {
      service.behaviour = (_, answer) => { answer(text); };
      await assert.rejects(sum(patient), fails(code));
    }
    assert.deepEqual(patient.strays(), { late: 0, duplicate: 2, foreign: 2, garbage: 3 });
    service.behaviour = adds;
    assert.equal(await sum(patient), 3);
    assert.deepEqual(remarks, [["RESONANCE_MODEL_STRAY_ANSWER", "late"], ["…", "duplicate"], ["…", "foreign"], ["…", "garbage"]]);
  });

  it("a broker that goes away fails what is open and what comes, with RESONANCE_MODEL_UNREACHABLE, and answers go on when it is back", async () => {
    const service = await serve(() => undefined);
    const connection = connect(broker.url);
    const asking = runner({ connection, timeout: 600_000 });
    const open = assert.rejects(sum(asking), fails("RESONANCE_MODEL_UNREACHABLE"));
    await until(() => service.requests.length === 1, "the question");
    await broker.kill();
    await open;
    await assert.rejects(sum(asking), fails("RESONANCE_MODEL_UNREACHABLE"));
    assert.equal(await asking.ready(), false);
    await broker.start();
    service.behaviour = adds;
    await until(() => service.client.connected, "the service's own connection");
    await connected(connection);
    assert.equal(await asking.ready(), true);
    assert.equal(await sum(asking), 3);
  });

  it("a broker that is not there at the first question: RESONANCE_MODEL_UNREACHABLE, without waiting for the time-out", async () => {
    await broker.kill();
    await assert.rejects(sum(runner({ timeout: 600_000 })), fails("RESONANCE_MODEL_UNREACHABLE", /ECONNREFUSED/));
  });

  it("a broker that does not allow the topics: RESONANCE_MODEL_UNAUTHORIZED", async () => {
    const strict = await startBroker();
    writeFileSync(`${strict.folder}/acl`, "topic readwrite elsewhere/#\n");
    await strict.stop();
    await strict.start(["allow_anonymous true", `acl_file ${strict.folder}/acl`]);
    await assert.rejects(sum(runner({ connection: connect(strict.url), timeout: 20_000 })), fails("RESONANCE_MODEL_UNAUTHORIZED"));
  });

  it("MQTT 3.1.1 has no response topics: RESONANCE_CONFIG_INVALID says that MQTT 5 is needed", async () => {
    const asking = runner({ connection: connect(broker.url, { protocol: "3.1.1" }) });
    await assert.rejects(sum(asking), fails("RESONANCE_CONFIG_INVALID", /needs MQTT 5/, "broker"));
    assert.equal(await asking.ready(), false);
  });

  it("closing and cancelling end questions at once", async () => {
    const service = await serve(() => undefined);
    const asking = runner({ timeout: 600_000 });
    const cancel = new AbortController();
    const cancelled = assert.rejects(asking.ask(question(), { signal: cancel.signal }), fails("RESONANCE_MODEL_CLOSED"));
    const hanging = assert.rejects(asking.ask(question()), fails("RESONANCE_MODEL_CLOSED"));
    await until(() => service.requests.length === 2, "two questions");
    cancel.abort();
    await cancelled;
    await asking.close();
    await hanging;
    await assert.rejects(asking.ask(question()), fails("RESONANCE_MODEL_CLOSED"));
  });

  it("a stranger who reads along sees requests expire with the time-out, so that no service answers yesterday's question", async () => {
    const asking = runner({ timeout: 1000 });
    const keeper = await outsider(broker.url, { clientId: "keeper", clean: false, properties: { sessionExpiryInterval: 60 } });
    await keeper.subscribe("models/adder");
    await keeper.close();
    await assert.rejects(sum(asking), fails("RESONANCE_MODEL_TIMEOUT"));
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const again = await outsider(broker.url, { clientId: "keeper", clean: false, properties: { sessionExpiryInterval: 60 } });
    await again.subscribe("marker");
    await again.publish("marker", "end");
    await until(() => again.texts().includes("end"), "the marker");
    assert.deepEqual(again.texts(), ["end"]);
    await again.close();
  });

  it("topics that cannot be and properties without a name are refused at deploy", () => {
    const connection = connect(broker.url);
    assert.throws(() => runner({ connection, requestTopic: "models/#" }), fails("RESONANCE_MQTT_TOPIC_INVALID"));
    assert.throws(() => runner({ connection, responseBase: "a/+" }), fails("RESONANCE_MQTT_TOPIC_INVALID"));
    assert.throws(() => runner({ connection, timeout: 0 }), fails("RESONANCE_CONFIG_INVALID", /./, "timeout"));
    assert.throws(() => runner({ connection, userProperties: [{ name: "", value: "x" }] }), fails("RESONANCE_CONFIG_INVALID", /./, "userProperties/0/name"));
  });
});

