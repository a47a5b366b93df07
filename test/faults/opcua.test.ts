import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, mock, test } from "node:test";
import type { ClientSessionPublishService, PublishRequest } from "node-opcua";
import { ResonanceError, type ErrorCode } from "../../nodes/lib/errors/resonance-error";
import type { OpcUaConnection } from "../../nodes/lib/opcua/connection";
import { loadOpcua } from "../../nodes/lib/opcua/load";
import { createPublisher, type PublishingSession } from "../../nodes/lib/opcua/publisher";
import type { OpcUaSession } from "../../nodes/lib/opcua/session";
import { closeConnections, connect, eventually, QUICK, record, type Recorder } from "../support/opcua-client";
import { startReplayServer, stopServers } from "../support/opcua-server";
import { freePort } from "../support/ports";
import { startServerProcess } from "../support/opcua-server-process";
import { startProxy } from "../support/tcp-proxy";

/** The promise of `close()`, with room for a busy machine. */
const CLOSE_BOUND_MS = 5_000;

let pki = "";
const unhandled: unknown[] = [];
const note = (reason: unknown): void => { unhandled.push(reason); };
before(async () => {
  pki = await mkdtemp(path.join(tmpdir(), "resonance-pki-"));
  process.on("unhandledRejection", note);
});
after(async () => {
  await closeConnections();
  await stopServers();
  await rm(pki, { recursive: true, force: true });
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, [], "no rejection went unhandled");
});

const failsWith = (code: ErrorCode) => (thrown: unknown): boolean => thrown instanceof ResonanceError && thrown.code === code;
const gaps = (heard: Recorder, tag: string) => heard.samples(tag).filter(({ status }) => status === "BadNoCommunication");
const closesInTime = async (connection: OpcUaConnection): Promise<void> => {
  const started = performance.now();
  await connection.close();
  const took = performance.now() - started;
  assert.ok(took < CLOSE_BOUND_MS, `close took ${Math.round(took)} ms`);
};

test("a restarted server gets one session and one subscription a user; a gap is announced once an item, nothing comes twice", async () => {
  const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }, { name: "B", initial: 2 }] });
  const connection = connect(server.endpointUrl, pki);
  const users = [record(connection, ["A", "B"]), record(connection, ["B"])];
  for (const user of users) await user.until(() => user.samples("B").length === 1, "first values");
  for (let restart = 1; restart <= 3; restart += 1) {
    server.write({ A: restart * 10, B: restart * 10 });
    for (const user of users) await user.until(() => user.samples("B").at(-1)?.value === restart * 10, "the last value before the restart");
    const before = users.map((user) => user.samples("B").length);
    await server.restart({ variables: [{ name: "A", initial: restart }, { name: "B", initial: -restart }] });
    for (const user of users) await user.until(() => user.samples("B").at(-1)?.value === -restart, "the value after the restart");
    users.forEach((user, index) => {
      const [gap, fresh, ...more] = user.samples("B").slice(before[index]);
      assert.deepEqual({ value: gap?.value, quality: gap?.quality, status: gap?.status }, { value: restart * 10, quality: "Bad", status: "BadNoCommunication" });
      assert.equal(fresh?.quality, "Good");
      assert.deepEqual(more, []);
    });
    assert.equal(server.sessionCount(), 1);
    await eventually(() => server.subscriptionCount() === 2, "two subscriptions");
  }
  assert.equal(gaps(users[0]!, "A").length, 3);
  assert.deepEqual(users[0]!.states.filter((state) => state === "connected" || state === "reconnecting").filter((state, index, all) => state !== all[index - 1]),
    ["connected", "reconnecting", "connected", "reconnecting", "connected", "reconnecting", "connected"]);
  await connection.close();
  assert.equal(server.sessionCount(), 0);
  await server.stop();
});

test("work in the session: opened for it, closed after it, ended by a loss, never begun after its time", async () => {
  const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }] });
  const connection = connect(server.endpointUrl, pki);
  const readState = async ({ session }: OpcUaSession): Promise<number> => Number((await session.read({ nodeId: "i=2259" })).value.value);
  assert.deepEqual(await Promise.all([connection.use(readState), connection.use(readState)]), [0, 0]);
  await eventually(() => connection.status().state === "disconnected", "the session closed again");

  const letGo = connection.hold();
  assert.equal(await connection.use(readState), 0);
  assert.equal(connection.status().state, "connected");
  const hanging = connection.use(() => new Promise<never>(() => undefined));
  await Promise.all([assert.rejects(hanging, failsWith("RESONANCE_OPCUA_CONNECTION_LOST")), server.stop()]);
  await assert.rejects(connection.use(readState), (thrown: unknown) => thrown instanceof ResonanceError && thrown.code.startsWith("RESONANCE_OPCUA_"));
  letGo();
  await eventually(() => connection.status().state === "disconnected", "nobody needs it");

  await connection.close();
  await assert.rejects(connection.use(readState), failsWith("RESONANCE_OPCUA_CONNECTION_LOST"));
});

test("work that got no session in its time is not begun when the session comes", async () => {
  const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }] });
  const connection = connect(server.endpointUrl, pki);
  connection.hold();
  let begun = false;
  const late = connection.use(async () => { begun = true; return Promise.resolve(); }, { timeout: 1 });
  await assert.rejects(late, failsWith("RESONANCE_OPCUA_TIMEOUT"));
  await eventually(() => connection.status().state === "connected", "the session stands");
  assert.equal(begun, false);
});

test("a server process ended by kill -9 is found again when it returns, and the values go on", async () => {
  const port = await freePort();
  const first = await startServerProcess(port);
  const connection = connect(first.endpointUrl, pki);
  const heard = record(connection, ["A"]);
  await heard.until(() => heard.samples("A").length > 20, "values");
  await first.kill();
  await heard.until(() => gaps(heard, "A").length === 1, "the gap");
  const atGap = heard.samples("A");
  assert.equal(atGap.at(-1)?.value, atGap.at(-2)?.value, "the gap repeats the last value");
  const second = await startServerProcess(port);
  await heard.until(() => heard.samples("A").length > atGap.length + 20, "values again");
  const fresh = heard.samples("A").slice(atGap.length).map(({ value }) => Number(value));
  assert.deepEqual(fresh, fresh.map((_, index) => fresh[0]! + index), "no value twice, none left out");
  assert.equal(gaps(heard, "A").length, 1);
  assert.ok(heard.problems.some(({ code }) => code === "RESONANCE_OPCUA_CONNECTION_LOST"));
  await connection.close();
  await second.kill();
});

test("a cut wire costs one gap and no new session: the old one goes on", async () => {
  const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }] });
  const proxy = await startProxy(server.port);
  const connection = connect(`opc.tcp://127.0.0.1:${proxy.port}`, pki);
  const heard = record(connection, ["A"]);
  await heard.until(() => heard.samples().length === 1, "a value");
  proxy.cut();
  await heard.until(() => heard.samples().length === 3, "gap and value");
  assert.deepEqual(heard.samples().map(({ quality }) => quality), ["Good", "Bad", "Good"]);
  assert.deepEqual([server.sessionTotal(), server.subscriptionCount()], [1, 1]);
  await connection.close();
  await proxy.close();
  await server.stop();
});

test("a wire cut at any moment of connecting, logging in and subscribing does no harm", async () => {
  const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }, { name: "B", initial: 2 }], maxSessions: 100 });
  const proxy = await startProxy(server.port);
  const connection = connect(`opc.tcp://127.0.0.1:${proxy.port}`, pki, {}, { ...QUICK, firstRetry: 10, longestRetry: 20 });
  const users = [record(connection, ["A"]), record(connection, { b: "nsu=urn:model-data-resonance:cnc;s=B", lost: "i=99999" })];
  for (let chunks = 1; chunks <= 40; chunks += 1) await proxy.cutAfter(chunks % 20 + 1);
  for (const user of users) await user.until(() => user.samples().at(-1)?.quality === "Good" && connection.status().state === "connected", "values in the end");
  await eventually(() => server.subscriptionCount() >= 2, "both subscriptions");
  await connection.close();
  await proxy.close();
  await server.stop();
});

test("a server that hangs is noticed, close() ends in time, and the values come back with the server", async () => {
  const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }] });
  const proxy = await startProxy(server.port);
  const url = `opc.tcp://127.0.0.1:${proxy.port}`;
  const connection = connect(url, pki, {}, { ...QUICK, connect: 2_000 });
  const heard = record(connection, ["A"]);
  await heard.until(() => heard.samples().length === 1, "a value");
  proxy.swallow(true);
  await heard.until(() => gaps(heard, "A").length === 1, "the gap");
  await eventually(() => connection.status().error?.code === "RESONANCE_OPCUA_TIMEOUT", "an attempt that times out");
  proxy.swallow(false);
  await heard.until(() => heard.samples().at(-1)?.quality === "Good", "the value is back");
  assert.equal(gaps(heard, "A").length, 1);
  assert.equal(connection.status().state, "connected");
  proxy.swallow(true);
  await closesInTime(connection);
  await proxy.close();
  await server.stop();
});

test("close() ends in time with the usual times: connected to a frozen process, and while connecting to one", async () => {
  const frozen = await startServerProcess(await freePort());
  const connected = connect(frozen.endpointUrl, pki, {}, {});
  const heard = record(connected, ["A"]);
  await heard.until(() => heard.samples().length > 0, "a value");
  frozen.freeze();
  await closesInTime(connected);
  const connecting = connect(frozen.endpointUrl, pki, {}, {});
  assert.deepEqual(record(connecting, ["A"]).states, ["connecting"]);
  await closesInTime(connecting);
  await frozen.kill();
});

test("users that come and go while nothing answers leave nothing behind", async () => {
  const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }] });
  const connection = connect(server.endpointUrl, pki);
  for (let round = 0; round < 20; round += 1) {
    const heard = record(connection, ["A"]);
    if (round % 2 === 0) await heard.until(() => heard.samples().length > 0, "a value");
    heard.handle.close();
  }
  await eventually(() => connection.status().state === "disconnected", "disconnected");
  await eventually(() => server.sessionCount() === 0, "no session");
  assert.equal(server.subscriptionCount(), 0);
  await connection.close();
  await server.stop();
});

describe("the publish requests of a session", () => {
  type Answer = Parameters<ClientSessionPublishService["publish"]>[1];
  /** A server that answers when the test says so, and a clock the test turns. */
  const start = () => {
    loadOpcua();
    mock.timers.enable({ apis: ["setTimeout"] });
    const waiting: Answer[] = [];
    const session = { publish(_: PublishRequest, answer: Answer) { waiting.push(answer); } } as unknown as PublishingSession;
    const dead: string[] = [];
    const publisher = createPublisher(session, (detail) => dead.push(`all: ${detail}`));
    const add = (subscriptionId: number): void => {
      publisher.add(subscriptionId, { keepAliveMs: 10_000, receive: () => undefined, dead: (detail) => dead.push(`${subscriptionId}: ${detail}`) });
    };
    const keepAlive = (subscriptionId: number): void => {
      waiting.shift()?.(null, { subscriptionId, notificationMessage: { sequenceNumber: 1, notificationData: [] } } as never);
    };
    const refuse = (): void => { waiting.shift()?.(new Error("BadTooManyPublishRequests (0x80780000)")); };
    return { publisher, waiting, dead, add, keepAlive, refuse };
  };
  afterEach(() => { mock.timers.reset(); });

  test("start again after a pause when the server refused all of them", () => {
    const { waiting, dead, add, keepAlive, refuse } = start();
    add(1);
    assert.equal(waiting.length, 2);
    refuse();
    refuse();
    assert.equal(waiting.length, 0, "not at once: the server wants fewer");
    mock.timers.tick(1_000);
    assert.equal(waiting.length, 1);
    refuse();
    mock.timers.tick(1_000);
    keepAlive(1);
    assert.equal(waiting.length, 1, "and go on with as many as the server takes");
    assert.deepEqual(dead, []);
  });

  test("tell of a subscription that is silent for over two keep-alive periods, while others live", () => {
    const { publisher, dead, add, keepAlive } = start();
    add(1);
    add(2);
    for (let period = 0; period < 4; period += 1) {
      mock.timers.tick(10_000);
      keepAlive(1);
      if (period === 0) keepAlive(2);
    }
    assert.deepEqual(dead, ["2: nothing came from the subscription for 25 s"]);
    publisher.remove(2);
    mock.timers.tick(24_000);
    publisher.close();
    mock.timers.tick(100_000);
    assert.equal(dead.length, 1, "no timer outlives the session");
  });
});
