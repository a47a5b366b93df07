import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once as ready } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import type { MqttConnection } from "../../nodes/lib/mqtt/connection";
import { createOutgoing, type Outgoing } from "../../nodes/lib/mqtt/outgoing";
import { openOutbox } from "../../nodes/lib/outbox/open-outbox";
import type { OutboxLimits, OutboxPolicy } from "../../nodes/lib/outbox/outbox";
import { authority, certificate } from "../support/certificates";
import { brokerFolder, mosquitto, startBroker, stopBrokers } from "../support/mosquitto";
import { closeConnections, connect, connected, outsider, publishText, QUICK, record } from "../support/mqtt-client";
import { startSender } from "../support/mqtt-sender-process";
import { until } from "../support/node-red-runtime";
import { startOldBroker } from "../support/old-broker";
import { freePort } from "../support/ports";
import { findCommand, skipWithout } from "../support/requirements";
import { startProxy } from "../support/tcp-proxy";
import { startGateway } from "../support/websocket-gateway";

/** Brokers that die, freeze, are full or refuse; counted is what was sent and what arrived. */

const CLOSE_BOUND_MS = 5_000;
const OPEN = ["allow_anonymous true"];
const ROOMY: OutboxLimits = { entries: 100_000, bytes: 100_000_000, ageMs: 0 };

let folder = "";
const unhandled: unknown[] = [];
const note = (reason: unknown): void => { unhandled.push(reason); };
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mqtt-faults-"));
  process.on("unhandledRejection", note);
  process.on("uncaughtExceptionMonitor", note);
});
afterEach(async () => {
  await closeConnections();
  await stopBrokers();
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
  process.off("unhandledRejection", note);
  process.off("uncaughtExceptionMonitor", note);
  assert.deepEqual(unhandled, [], "no error went unhandled");
});

let outboxes = 0;
const durable = (connection: MqttConnection, { place = path.join(folder, `outbox-${++outboxes}`), limits = ROOMY, policy = "refuse" }: { place?: string; limits?: OutboxLimits; policy?: OutboxPolicy } = {}): Outgoing =>
  createOutgoing(connection, { limit: 10_000, openOutbox: () => openOutbox({ folder: place, limits, policy }) });
const sendNumbers = (outgoing: Outgoing, from: number, to: number, topic = "line"): Promise<string>[] =>
  Array.from({ length: to - from }, (_, index) => outgoing.send({ topic, payload: Buffer.from(String(from + index)), qos: 1, retain: false }));
const numbers = (count: number): string[] => Array.from({ length: count }, (_, number) => String(number));
/** Each text at its first arrival. */
const once = (texts: readonly string[]): string[] => [...new Set(texts)];
const code = (connection: MqttConnection): string | undefined => connection.status().error?.code;
const closesInTime = async (close: () => Promise<void>): Promise<void> => {
  const started = performance.now();
  await close();
  const took = performance.now() - started;
  assert.ok(took < CLOSE_BOUND_MS, `close took ${Math.round(took)} ms`);
};

describe("MQTT under faults", { skip: skipWithout("mosquitto", mosquitto) }, () => {
  test("a broker ended by kill -9 and started again: messages wait on the disk, arrive in order, each once", async () => {
    const broker = await startBroker();
    const connection = connect(broker.url);
    const heard = record(connection, "line");
    const outgoing = durable(connection);
    await until(() => heard.active.at(-1) === true, "the subscription");
    await Promise.all(sendNumbers(outgoing, 0, 100));
    await until(() => heard.texts.length === 100, "the first hundred");
    await broker.kill();
    await until(() => connection.status().state === "reconnecting", "the loss");
    const away = await Promise.all(sendNumbers(outgoing, 100, 400));
    assert.deepEqual(once(away), ["kept"]);
    assert.equal(outgoing.counts().waiting, 300);
    await broker.start();
    const back = sendNumbers(outgoing, 400, 500);
    await until(() => heard.texts.length >= 500, "everything");
    await Promise.all(back);
    await until(() => outgoing.counts().waiting === 0, "an empty disk");
    assert.deepEqual(heard.texts, numbers(500));
    assert.equal(heard.problems.filter(({ code: found }) => found === "RESONANCE_MQTT_CONNECTION_LOST").length, 1);
    await outgoing.finish();
    await connection.close();
    await outgoing.close();
  });

  test("a broker killed again and again in the middle of a burst: nothing is lost, the order of each topic is kept", async () => {
    const broker = await startBroker(["allow_anonymous true", "max_queued_messages 0"]);
    const connection = connect(broker.url);
    const heard = [record(connection, "line/a"), record(connection, "line/b")];
    const outgoing = durable(connection);
    await until(() => heard.every(({ active }) => active.at(-1)), "the subscriptions");
    const sent: Promise<string>[] = [];
    for (let round = 0; round < 4; round += 1) {
      for (const topic of ["line/a", "line/b"]) sent.push(...sendNumbers(outgoing, round * 500, round * 500 + 500, topic));
      await until(() => (heard[0]?.texts.length ?? 0) > round * 500, "the burst to begin");
      await broker.kill();
      await broker.start();
    }
    await Promise.all(sent);
    await until(() => heard.every(({ texts }) => once(texts).length === 2000), "everything");
    for (const { texts } of heard) assert.deepEqual(once(texts), numbers(2000));
    await outgoing.close();
  });

  test("a process ended by kill -9 while the broker is away: what it was told is safe arrives after its next start", async () => {
    const port = await freePort();
    const place = path.join(folder, "killed");
    const sender = startSender(`mqtt://127.0.0.1:${port}`, place, 600);
    await until(() => sender.kept.length >= 300, "three hundred safe messages");
    await sender.kill();
    const safe = [...sender.kept];
    const broker = await startBroker();
    const watcher = await outsider(broker.url);
    await watcher.subscribe("line/#");
    const connection = connect(broker.url);
    const outgoing = durable(connection, { place });
    await until(() => outgoing.counts().waiting === 0 && watcher.packets.length >= safe.length, "everything safe");
    const arrived = watcher.texts();
    assert.deepEqual(safe.filter((number) => !arrived.includes(String(number))), [], "nothing that was safe is missing");
    assert.equal(once(arrived).length, arrived.length, "nothing twice");
    for (const lane of [0, 1, 2]) {
      const own = watcher.packets.filter(({ topic }) => topic === `line/${lane}`).map(({ payload }) => Number(String(payload)));
      assert.deepEqual(own, [...own].sort((a, b) => a - b), "the order of the topic");
    }
    await watcher.close();
    await connection.close();
    await outgoing.close();
  });

  test("a full disk queue drops the oldest or refuses the newest, as chosen, and counts; what is over is not sent", async () => {
    const port = await freePort();
    const limits = { ...ROOMY, entries: 10 };
    for (const policy of ["drop-oldest", "refuse"] as const) {
      const connection = connect(`mqtt://127.0.0.1:${port}`);
      const outgoing = durable(connection, { limits, policy });
      const outcomes = await Promise.allSettled(sendNumbers(outgoing, 0, 25));
      const kept = outcomes.filter(({ status }) => status === "fulfilled").length;
      const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [(outcome.reason as { code: string }).code] : []));
      if (policy === "refuse") assert.deepEqual([kept, once(refused), outgoing.counts().dropped], [10, ["RESONANCE_OUTBOX_FULL"], 0]);
      else assert.deepEqual([kept, refused.length, outgoing.counts().dropped], [25, 0, 15]);
      assert.equal(outgoing.counts().waiting, 10);
      await connection.close();
      await outgoing.close();
    }
    const connection = connect(`mqtt://127.0.0.1:${port}`, {}, QUICK);
    const outgoing = durable(connection);
    await outgoing.send({ topic: "a", payload: Buffer.from("short"), qos: 1, retain: false, expiresAt: Date.now() + 300 });
    await outgoing.send({ topic: "b", payload: Buffer.from("long"), qos: 1, retain: false, expiresAt: Date.now() + 60_000 });
    await assert.rejects(outgoing.send({ topic: "a", payload: Buffer.from("over"), qos: 1, retain: false, expiresAt: Date.now() - 1 }), { code: "RESONANCE_MQTT_EXPIRED" });
    await new Promise((resolve) => setTimeout(resolve, 350));
    const broker = await startBroker(OPEN);
    const proxy = await startProxy(broker.port, port);
    const watcher = await outsider(broker.url);
    await watcher.subscribe("#");
    await until(() => outgoing.counts().waiting === 0, "an empty disk");
    await until(() => watcher.packets.length > 0, "what is valid");
    assert.deepEqual([watcher.texts(), outgoing.counts().expired], [["long"], 2]);
    await watcher.close();
    await connection.close();
    await outgoing.close();
    await proxy.close();
  });

  test("without a disk a message to a broker that is not there fails at once and says so", async () => {
    const connection = connect(`mqtt://127.0.0.1:${await freePort()}`);
    connection.hold();
    const outgoing = createOutgoing(connection, { limit: 10 });
    await until(() => code(connection) === "RESONANCE_MQTT_UNREACHABLE", "the reason");
    await assert.rejects(outgoing.send({ topic: "a", payload: Buffer.from("x"), qos: 1, retain: false }), { code: "RESONANCE_MQTT_NOT_CONNECTED" });
    await outgoing.close();
  });

  test("a half-open connection is noticed by keep alive, close() ends in time, and messages go on when the wire is back", async () => {
    const broker = await startBroker();
    const proxy = await startProxy(broker.port);
    const connection = connect(`mqtt://127.0.0.1:${proxy.port}`, { keepAlive: 1 }, { ...QUICK, connect: 1_000 });
    const heard = record(connection, "line");
    const outgoing = durable(connection);
    await until(() => heard.active.at(-1) === true, "the subscription");
    proxy.swallow(true);
    const swallowed = sendNumbers(outgoing, 0, 20);
    await until(() => connection.status().state === "reconnecting", "the loss");
    await until(() => code(connection) === "RESONANCE_MQTT_TIMEOUT", "an attempt that times out");
    proxy.swallow(false);
    await Promise.all(swallowed);
    await until(() => heard.texts.length >= 20, "everything");
    assert.deepEqual(once(heard.texts), numbers(20));
    proxy.swallow(true);
    const last = sendNumbers(outgoing, 20, 25);
    await closesInTime(async () => {
      await outgoing.finish();
      await connection.close();
      await outgoing.close();
    });
    assert.deepEqual(once(await Promise.all(last)), ["kept"]);
    await proxy.close();
  });

  test("close() ends in time with the usual times: connected to a frozen broker, and while connecting to one", async () => {
    const broker = await startBroker();
    const one = connect(broker.url, { stateTopic: "state" }, {});
    one.hold();
    await connected(one);
    broker.freeze();
    await closesInTime(() => one.close());
    const two = connect(broker.url, {}, {});
    two.hold();
    assert.equal(two.status().state, "connecting");
    await closesInTime(() => two.close());
  });

  test("a broker that is full hangs up: the reason is told, and the connection made when there is room", async () => {
    const broker = await startBroker([...OPEN, "max_connections 1"]);
    const clients = [1, 2, 3, 4].map(() => connect(broker.url));
    for (const client of clients) client.hold();
    const full = (): MqttConnection | undefined => clients.find((client) => code(client) !== undefined);
    await until(() => full() !== undefined, "the reason");
    const last = full()!;
    assert.equal(code(last), "RESONANCE_MQTT_NO_CONNACK");
    await Promise.all(clients.filter((client) => client !== last).map((client) => client.close()));
    await connected(last);
  });

  test("a wrong password is told as such and tried again slowly; the right one connects", async () => {
    const place = brokerFolder();
    execFileSync("mosquitto_passwd", ["-b", "-c", path.join(place, "users"), "cell-4", "op3rator"], { stdio: "pipe" });
    execFileSync("chmod", ["644", path.join(place, "users")]);
    const broker = await startBroker(["allow_anonymous false", `password_file ${place}/users`], { folder: place });
    for (const protocol of ["5", "3.1.1"] as const) {
      const wrong = connect(broker.url, { protocol, user: "cell-4", password: "guess" }, { ...QUICK, longestRetry: 60_000 });
      wrong.hold();
      await until(() => wrong.status().state === "refused", "the refusal");
      assert.equal(code(wrong), "RESONANCE_MQTT_IDENTITY_REJECTED");
      assert.ok(!String(wrong.status().error?.message).includes("guess"));
      const right = connect(broker.url, { protocol, user: "cell-4", password: "op3rator" });
      right.hold();
      await connected(right);
    }
  });

  test("what an access list denies is refused by name: a message at once, and one that had waited, which stays as dead letter", async () => {
    const place = brokerFolder();
    writeFileSync(path.join(place, "acl"), "topic readwrite free/#\n", { mode: 0o644 });
    const broker = await startBroker([...OPEN, `acl_file ${place}/acl`], { folder: place });
    const connection = connect(broker.url);
    const allowed = record(connection, "free/#");
    await until(() => allowed.active.at(-1) === true, "the subscription");
    await assert.rejects(publishText(connection, "secret/x", "1"), { code: "RESONANCE_MQTT_PUBLISH_REFUSED" });
    await publishText(connection, "free/x", "2");
    await until(() => allowed.texts.length === 1, "the free message");
    await broker.kill();
    await until(() => connection.status().state === "reconnecting", "the loss");
    const outgoing = durable(connection);
    const problems: unknown[] = [];
    outgoing.onChange((problem) => { if (problem) problems.push(problem.code); });
    await Promise.all([...sendNumbers(outgoing, 0, 1, "secret/y"), ...sendNumbers(outgoing, 0, 3, "free/y")]);
    await broker.start();
    await until(() => outgoing.counts().waiting === 0 && allowed.texts.length === 4, "the rest");
    assert.deepEqual([problems, outgoing.counts().dead], [["RESONANCE_MQTT_PUBLISH_REFUSED"], 1]);
    await outgoing.close();
  });

  test("a session taken over by another client of the same ID ends in a slow retry, not in a fight", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      // CONNACK and, at once, DISCONNECT with reason 0x8E.
      socket.once("data", () => { socket.end(Buffer.from([0x20, 3, 0, 0, 0, 0xe0, 2, 0x8e, 0])); });
    }).listen(0, "127.0.0.1");
    await ready(server, "listening");
    const connection = connect(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, {}, { ...QUICK, longestRetry: 60_000 });
    connection.hold();
    await until(() => connection.status().state === "refused", "the refusal");
    assert.equal(code(connection), "RESONANCE_MQTT_TAKEN_OVER");
    await connection.close();
    server.close();
  });

  test("where the broker does not say who took the session, both clients retreat and the likely reason is told", async () => {
    const broker = await startBroker();
    const twins = [connect(broker.url, { clientId: "twin" }), connect(broker.url, { clientId: "twin" })];
    for (const twin of twins) twin.hold();
    await until(() => twins.some((twin) => /client ID twin/.test(twin.status().error?.message ?? "")), "the likely reason");
  });

  test("a redeploy again and again leaves one client at the broker and then none", async () => {
    const broker = await startBroker();
    for (let round = 0; round < 30; round += 1) {
      const connection = connect(broker.url, { clientId: "same" });
      const heard = record(connection, "a");
      if (round % 3 === 0) await until(() => heard.active.at(-1) === true, "the subscription");
      await connection.close();
    }
    const watcher = await outsider(broker.url);
    await watcher.subscribe("$SYS/broker/clients/connected");
    const opened = (broker.log().match(/New client connected/g) ?? []).length;
    const ended = (): number => (broker.log().match(/Client same (disconnected|closed)|Client same already connected|Socket error on client same/g) ?? []).length;
    await until(() => ended() >= opened - 1, "every client's end");
    await watcher.close();
  });

  test("a subscription that is refused is told to its users, does not disturb the others, and is asked for again", async () => {
    const old = await startOldBroker("0x01");
    const connection = connect(old.url, { protocol: "3.1.1" });
    const denied = record(connection, "secret/#");
    const allowed = record(connection, "free/#");
    await until(() => denied.active.length >= 3 && allowed.active.at(-1) === true, "grant, refusal and another try");
    assert.deepEqual(denied.problems.map(({ code: found }) => found), ["RESONANCE_MQTT_SUBSCRIBE_REFUSED"]);
    assert.deepEqual([once(denied.active.map(String)), allowed.problems], [["false"], []]);
    await connection.close();
    old.close();
  });

  for (const refusal of ["0x01", "0x84", "hang-up"] as const) {
    test(`a broker that speaks only 3.1.1 (${refusal}) is used where that is allowed, and otherwise refused`, async () => {
      const old = await startOldBroker(refusal);
      const connection = connect(old.url, { protocol: "auto" });
      const heard = record(connection, "a");
      await until(() => heard.active.at(-1) === true, "the subscription");
      assert.equal(connection.version(), 4);
      await publishText(connection, "a", "x");
      const strict = connect(old.url, { protocol: "5" });
      strict.hold();
      await until(() => strict.status().error !== undefined, "the refusal");
      if (refusal !== "hang-up") assert.deepEqual([strict.status().state, code(strict)], ["refused", "RESONANCE_MQTT_VERSION"]);
      else assert.equal(code(strict), "RESONANCE_MQTT_NO_CONNACK");
      assert.ok(old.asked.includes(4) && old.asked.includes(5));
      await closeConnections();
      old.close();
    });
  }

  test("certificates: trusted by the CA given and only by it, in time, for this host; the client proves itself by its own", { skip: skipWithout("openssl", findCommand("openssl")) }, async () => {
    const place = brokerFolder();
    const ca = authority(place, "ca");
    const foreign = authority(place, "foreign");
    const lines = (name: string, host: string, days: number): string[] => {
      certificate(place, ca, name, host, days);
      execFileSync("chmod", ["-R", "a+rX", place]);
      return [...OPEN, `cafile ${ca.cert}`, `certfile ${place}/${name}.pem`, `keyfile ${place}/${name}.key`];
    };
    const read = (file: string): string => readFileSync(file, "utf8");
    const fails = async (url: string, tls: object, expected: string): Promise<void> => {
      const connection = connect(url, { tls });
      connection.hold();
      await until(() => connection.status().error !== undefined, expected);
      assert.equal(code(connection), expected);
      await connection.close();
    };
    const works = async (url: string, tls: object): Promise<void> => {
      const connection = connect(url, { tls });
      connection.hold();
      await connected(connection);
      await publishText(connection, "a", "x");
      await connection.close();
    };
    const broker = await startBroker(lines("good", "IP:127.0.0.1", 30), { scheme: "mqtts", folder: place });
    await works(broker.url, { ca: read(ca.cert) });
    await fails(broker.url, {}, "RESONANCE_MQTT_CERTIFICATE_UNTRUSTED");
    await fails(broker.url, { ca: read(foreign.cert) }, "RESONANCE_MQTT_CERTIFICATE_UNTRUSTED");
    await fails(broker.url.replace("mqtts", "mqtt"), {}, "RESONANCE_MQTT_NO_CONNACK");
    const client = certificate(place, ca, "client", "DNS:client", 30);
    const stranger = certificate(place, foreign, "stranger", "DNS:stranger", 30);
    await broker.kill();
    await broker.start([...lines("good", "IP:127.0.0.1", 30), "require_certificate true"]);
    await works(broker.url, { ca: read(ca.cert), ...client });
    await fails(broker.url, { ca: read(ca.cert) }, "RESONANCE_MQTT_CLIENT_REJECTED");
    await fails(broker.url, { ca: read(ca.cert), ...stranger }, "RESONANCE_MQTT_CLIENT_REJECTED");
    await broker.kill();
    await broker.start(lines("expired", "IP:127.0.0.1", -1));
    await fails(broker.url, { ca: read(ca.cert) }, "RESONANCE_MQTT_CERTIFICATE_EXPIRED");
    await broker.kill();
    await broker.start(lines("elsewhere", "DNS:broker.plant.example", 30));
    await fails(broker.url, { ca: read(ca.cert) }, "RESONANCE_MQTT_CERTIFICATE_HOST");
    await works(broker.url, { ca: read(ca.cert), servername: "broker.plant.example" });
    const gateway = await startGateway(broker.port, { key: read(path.join(place, "good.key")), cert: read(path.join(place, "good.pem")) });
    await broker.kill();
    await broker.start(OPEN);
    await works(gateway.url, { ca: read(ca.cert) });
    await fails(gateway.url, {}, "RESONANCE_MQTT_CERTIFICATE_UNTRUSTED");
    await gateway.close();
  });

  test("over WebSocket as over TCP; a server that is no broker is told as such", async () => {
    const broker = await startBroker();
    const gateway = await startGateway(broker.port);
    const connection = connect(gateway.url);
    const heard = record(connection, "a");
    await until(() => heard.active.at(-1) === true, "the subscription");
    for (let number = 0; number < 50; number += 1) await publishText(connection, "a", String(number));
    await until(() => heard.texts.length === 50, "the messages");
    assert.deepEqual(heard.texts, numbers(50));
    for (const url of [gateway.url.replace("ws:", "mqtts:"), gateway.url.replace("/mqtt", "/other"), gateway.url.replace("ws:", "mqtt:")]) {
      const wrong = connect(url);
      wrong.hold();
      await until(() => wrong.status().error !== undefined, "the reason");
      assert.equal(code(wrong), "RESONANCE_MQTT_NOT_A_BROKER", url);
      await wrong.close();
    }
    await connection.close();
    await gateway.close();
  });
});
