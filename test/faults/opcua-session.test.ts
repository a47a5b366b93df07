import assert from "node:assert/strict";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { OPCUAClient, ServerState } from "node-opcua";
import type { ErrorCode } from "../../nodes/lib/errors/resonance-error";
import { closeConnections, CNC, connect, eventually, QUICK, record, type Recorder } from "../support/opcua-client";
import { startReplayServer, stopServers, subscriptionsOf } from "../support/opcua-server";
import { startServerProcess, type ServerProcess } from "../support/opcua-server-process";
import { freePort } from "../support/ports";
import { startProxy } from "../support/tcp-proxy";

let pki = "";
const unhandled: unknown[] = [];
const note = (reason: unknown): void => { unhandled.push(reason); };
const processes = new Set<ServerProcess>();
before(async () => {
  pki = await mkdtemp(path.join(tmpdir(), "resonance-pki-"));
  process.on("unhandledRejection", note);
});
after(async () => {
  await closeConnections();
  await stopServers();
  for (const each of processes) await each.kill();
  await rm(pki, { recursive: true, force: true });
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, [], "no rejection went unhandled");
});

/** RESONANCE_LONG in the environment asks for the long form of tests that repeat. */
const [WARM, CUTS] = process.env["RESONANCE_LONG"] ? [40, 120] : [10, 30];
const FAST = { ...QUICK, firstRetry: 20, longestRetry: 50 };
const codes = (heard: Recorder): ErrorCode[] => heard.problems.map(({ code }) => code);
const values = (heard: Recorder, tag: string): unknown[] => heard.samples(tag).filter(({ quality }) => quality === "Good").map(({ value }) => value);
const gaps = (heard: Recorder, tag: string) => heard.samples(tag).filter(({ status }) => status === "BadNoCommunication");
const until = (heard: Recorder, tag: string, value: unknown): Promise<void> =>
  heard.until(() => heard.samples(tag).at(-1)?.value === value && heard.samples(tag).at(-1)?.quality === "Good", `${tag} = ${String(value)}`);
const launch = async (...args: Parameters<typeof startServerProcess>): Promise<ServerProcess> => {
  const started = await startServerProcess(...args);
  processes.add(started);
  return started;
};
const kill = async (started: ServerProcess): Promise<void> => {
  processes.delete(started);
  await started.kill();
};

describe("a wire that breaks while the server lives", () => {
  test("loses no sample and no session: the session is taken over and what was missed comes in order", async () => {
    const server = await startReplayServer({ variables: [{ name: "A", initial: 0 }, { name: "Still", initial: 7 }], maxSessions: 1 });
    const proxy = await startProxy(server.port);
    const connection = connect(`opc.tcp://127.0.0.1:${proxy.port}`, pki, {}, { ...FAST, connect: 3_000 });
    const heard = record(connection, ["A", "Still"], { queueSize: 5_000, publishingInterval: 20 });
    await until(heard, "Still", 7);
    // On a busy machine the first attempt may have come too late.
    const [sessions, told] = [server.sessionTotal(), codes(heard).length];
    let count = 0;
    const writing = setInterval(() => server.write({ A: ++count }), 2);
    for (const breakdown of ["cut", "half-open"]) {
      const seen = heard.samples("A").length;
      await heard.until(() => heard.samples("A").length > seen + 20, "samples");
      const before = gaps(heard, "A").length;
      if (breakdown === "cut") proxy.cut();
      else proxy.swallow(true);
      await heard.until(() => gaps(heard, "A").length > before, "the gap");
      proxy.swallow(false);
      await heard.until(() => heard.samples("Still").at(-1)?.quality === "Good", "the end of the gap");
    }
    clearInterval(writing);
    await until(heard, "A", count);
    const fresh = heard.batches.filter((batch) => !heard.repeats.includes(batch)).flat().filter(({ tag, quality }) => tag === "A" && quality === "Good");
    assert.deepEqual(fresh.map(({ value }) => value), Array.from({ length: count + 1 }, (_, index) => index), "each value once and in order");
    assert.deepEqual([server.sessionCount(), server.sessionTotal(), server.subscriptionCount(), server.itemCount()], [1, sessions, 1, 2]);
    // On a busy machine an answer may also come too late, which is one outage more.
    const outages = gaps(heard, "Still").length;
    assert.ok(outages >= 2);
    assert.deepEqual(values(heard, "Still"), Array.from({ length: outages + 1 }, () => 7));
    assert.equal(heard.repeats.flat().filter(({ tag }) => tag === "Still").length, outages, "marked as what was there before");
    assert.deepEqual(codes(heard).slice(told), Array.from({ length: outages }, () => "RESONANCE_OPCUA_CONNECTION_LOST"), "one problem an outage");
    await connection.close();
    assert.equal(server.sessionCount(), 0);
    await proxy.close();
    await server.stop();
  });

  test("announces the gap with the last good value, its time and the time of the gap", async () => {
    const server = await startReplayServer({ variables: [{ name: "A", initial: 0 }] });
    const proxy = await startProxy(server.port);
    const connection = connect(`opc.tcp://127.0.0.1:${proxy.port}`, pki);
    const heard = record(connection, ["A"]);
    const time = new Date(Date.now() - 60_000);
    server.write({ A: 5 }, time);
    await until(heard, "A", 5);
    server.setBad("A");
    await heard.until(() => heard.samples("A").at(-1)?.status === "BadSensorFailure", "the failed sensor");
    const now = Date.now();
    proxy.cut();
    await heard.until(() => gaps(heard, "A").length === 1, "the gap");
    const [gap] = gaps(heard, "A");
    assert.deepEqual([gap?.value, gap?.quality, gap?.valueTimestamp], [5, "Bad", time.toISOString()]);
    assert.ok(Date.parse(gap!.timestamp) >= now);
    await heard.until(() => heard.samples("A").at(-1)?.status === "BadSensorFailure", "what stood before stands again");
    await connection.close();
    await proxy.close();
    await server.stop();
  });

  test("closed while it is broken: no session stays at a server that can be reached, and one that cannot delays nothing", async () => {
    const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }] });
    const proxy = await startProxy(server.port);
    const patient = { ...QUICK, goodbye: 1_000, firstRetry: 60_000, longestRetry: 60_000 };
    for (const breakdown of ["cut", "half-open"]) {
      const connection = connect(`opc.tcp://127.0.0.1:${proxy.port}`, pki, {}, patient);
      const heard = record(connection, ["A"]);
      await until(heard, "A", 1);
      if (breakdown === "cut") proxy.cut();
      else proxy.swallow(true);
      await heard.until(() => connection.status().state === "reconnecting", "the loss");
      assert.equal(server.sessionCount(), 1);
      const total = server.sessionTotal();
      const started = performance.now();
      await connection.close();
      assert.ok(performance.now() - started < 5_000, `close took ${Math.round(performance.now() - started)} ms`);
      assert.deepEqual([server.sessionCount(), server.sessionTotal()], [breakdown === "cut" ? 0 : 1, total]);
    }
    await proxy.close();
    await server.stop();
  });

  test("users who go and come meanwhile neither leave nor miss anything", async () => {
    const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }, { name: "B", initial: 2 }] });
    const proxy = await startProxy(server.port);
    const connection = connect(`opc.tcp://127.0.0.1:${proxy.port}`, pki, {}, FAST);
    const [stays, goes] = [record(connection, ["A"]), record(connection, ["B"])];
    await until(stays, "A", 1);
    await until(goes, "B", 2);
    proxy.cut();
    await eventually(() => connection.status().state === "reconnecting", "the loss");
    goes.handle.close();
    const comes = record(connection, ["A", "B"]);
    await until(comes, "B", 2);
    await until(stays, "A", 1);
    await eventually(() => server.subscriptionCount() === 2, "the subscription of who went is deleted");
    assert.deepEqual([server.sessionCount(), server.sessionTotal(), server.itemCount()], [1, 1, 3]);
    await connection.close();
    await proxy.close();
    await server.stop();
  });

  test(`cut ${CUTS} times and turned away 2,880 times (24 hours of 30 s) it leaves no session, subscription, listener, timer or memory behind`, async () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const heap = (): number => {
      gc();
      return process.memoryUsage().heapUsed;
    };
    const port = await freePort();
    const server = await launch(port);
    const proxy = await startProxy(port);
    const often = { ...QUICK, firstRetry: 1, longestRetry: 1 };
    const connection = connect(`opc.tcp://127.0.0.1:${proxy.port}`, pki, {}, often);
    let [connected, lost, count] = [0, 0, 0];
    connection.onState(({ state }) => {
      if (state === "connected") connected += 1;
      if (state === "reconnecting") lost += 1;
    });
    connection.subscribe(
      { items: [{ tag: "A", nodeId: `${CNC}A` }], publishingInterval: 20, samplingInterval: 0, queueSize: 10, report: "value" },
      { samples(batch) { count += batch.length; }, problem() { /* counted by state */ } },
    );
    const cycles = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        const before = connected;
        proxy.cut();
        await eventually(() => connected > before, "connected again");
      }
    };
    await eventually(() => count > 0, "a value");
    await cycles(WARM);
    const [heapBefore, resourcesBefore] = [heap(), process.getActiveResourcesInfo().length];
    await cycles(CUTS - WARM);
    const growth = heap() - heapBefore;
    assert.equal(lost, CUTS);
    assert.ok(growth < 1_500_000, `the heap grew by ${growth} bytes`);
    assert.ok(process.getActiveResourcesInfo().length < resourcesBefore + 10, "handles and timers");
    const [sessions, total, subscriptions] = await connection.use(({ session }) => session.read(["i=2277", "i=2278", "i=2285"].map((nodeId) => ({ nodeId }))));
    assert.deepEqual([sessions, total, subscriptions].map((read) => Number(read?.value.value)), [1, 1, 1]);
    await connection.close();
    await proxy.close();
    await kill(server);

    let turnedAway = 0;
    const rude = createServer((socket) => {
      turnedAway += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => { rude.listen(0, "127.0.0.1", resolve); });
    const vain = connect(`opc.tcp://127.0.0.1:${(rude.address() as AddressInfo).port}`, pki, {}, often);
    const heard = record(vain, ["A"]);
    await eventually(() => turnedAway > 300, "attempts", 60_000);
    const before = heap();
    await eventually(() => turnedAway > 2_880, "a day of attempts", 240_000);
    assert.ok(heap() - before < 5_000_000, `the heap grew by ${heap() - before} bytes`);
    assert.equal(heard.problems.length, 1, "told once");
    await vain.close();
    await new Promise((resolve) => rude.close(resolve));
  });
});

describe("a server that is killed and comes back", () => {
  test("with another order of namespaces: items follow the URI, an index that means something else is refused", async () => {
    const port = await freePort();
    const first = await launch(port);
    const connection = connect(first.endpointUrl, pki);
    const heard = record(connection, { byUri: `${CNC}A`, byIndex: "ns=2;s=A", byPath: "/Objects/2:Machine/2:A", byUriPath: "/Objects/nsu=urn:model-data-resonance:cnc;Machine/nsu=urn:model-data-resonance:cnc;A" });
    await heard.until(() => heard.active() === 4, "all items");
    await kill(first);
    const second = await launch(port, { namespacesBefore: ["urn:other"] });
    await heard.until(() => heard.active() === 2, "the two that name the URI");
    assert.deepEqual(codes(heard), ["RESONANCE_OPCUA_CONNECTION_LOST", "RESONANCE_OPCUA_NAMESPACE_MOVED", "RESONANCE_OPCUA_NAMESPACE_MOVED"]);
    assert.match(heard.problems[1]!.message, /2 was urn:model-data-resonance:cnc, is urn:other/);
    await heard.until(() => ["byUri", "byUriPath"].every((tag) => heard.samples(tag).at(-1)?.quality === "Good"), "values by URI");
    assert.equal(heard.samples("byIndex").at(-1)?.quality, "Bad");
    await connection.close();
    await kill(second);
  });

  test("with another certificate: refused until a person trusts it, then the values go on", async () => {
    const port = await freePort();
    const folder = path.join(pki, "changed");
    const secure = { securityMode: "SignAndEncrypt", securityPolicy: "Basic256Sha256" } as const;
    const trust = async (heard: Recorder): Promise<void> => {
      const { file, trusted } = heard.problems.at(-1)!.params as Record<string, string>;
      await rename(file!, path.join(trusted!, path.basename(file!)));
    };
    const first = await launch(port, { secure: true });
    const connection = connect(first.endpointUrl, folder, secure, { ...QUICK, connect: 5_000 });
    const heard = record(connection, ["A"]);
    await heard.until(() => codes(heard).length === 1, "the first refusal");
    await trust(heard);
    await heard.until(() => heard.samples("A").length > 5, "values");
    await kill(first);
    const second = await launch(port, { secure: true });
    await heard.until(() => codes(heard).at(-1) === "RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED" && codes(heard).length === 3, "the refusal of the new one");
    assert.equal(codes(heard)[1], "RESONANCE_OPCUA_CONNECTION_LOST");
    assert.equal(connection.status().state, "refused");
    await trust(heard);
    await heard.until(() => heard.samples("A").at(-1)?.quality === "Good", "values again");
    await connection.close();
    await kill(second);
  });
});

describe("a server that", () => {
  test("has no session left is said to be full, and used as soon as it has one", async () => {
    const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }], maxSessions: 1 });
    const other = OPCUAClient.create({ endpointMustExist: false });
    await other.connect(server.endpointUrl);
    const session = await other.createSession();
    const connection = connect(server.endpointUrl, pki, {}, FAST);
    const heard = record(connection, ["A"]);
    await heard.until(() => codes(heard).length > 0, "the problem");
    assert.deepEqual(codes(heard), ["RESONANCE_OPCUA_SERVER_FULL"]);
    await session.close();
    await until(heard, "A", 1);
    assert.equal(codes(heard).length, 1);
    await other.disconnect();
    await connection.close();
    await server.stop();
  });

  test("is suspended says so once, its values are Bad meanwhile, and no session waits there", async () => {
    const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }] });
    const connection = connect(server.endpointUrl, pki);
    const heard = record(connection, ["A"]);
    await until(heard, "A", 1);
    server.raw().engine.setServerState(ServerState.Suspended);
    await heard.until(() => gaps(heard, "A").length === 1, "the gap");
    await eventually(() => server.sessionTotal() >= 3, "vain attempts");
    assert.deepEqual(codes(heard), ["RESONANCE_OPCUA_NOT_RUNNING"]);
    server.raw().engine.setServerState(ServerState.Running);
    await until(heard, "A", 1);
    assert.deepEqual([codes(heard).length, gaps(heard, "A").length, server.sessionCount()], [1, 1, 1]);
    await connection.close();
    await server.stop();
  });

  test("drops a subscription gets a new one in the same session; one that ends the session gets a new session", async () => {
    const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }] });
    const connection = connect(server.endpointUrl, pki, {}, FAST);
    const heard = record(connection, ["A"]);
    await until(heard, "A", 1);
    subscriptionsOf(server.raw())[0]?.terminate();
    await heard.until(() => gaps(heard, "A").length === 1, "the gap");
    await until(heard, "A", 1);
    assert.deepEqual([codes(heard), server.sessionTotal(), server.subscriptionCount()], [["RESONANCE_OPCUA_SUBSCRIPTION_LOST"], 1, 1]);

    const thief = OPCUAClient.create({ endpointMustExist: false });
    await thief.connect(server.endpointUrl);
    const session = await thief.createSession();
    const [stolen] = subscriptionsOf(server.raw());
    await (session as unknown as { transferSubscriptions(options: object): Promise<unknown> }).transferSubscriptions({ subscriptionIds: [stolen!.id], sendInitialValues: false });
    await heard.until(() => gaps(heard, "A").length === 2, "the gap");
    await until(heard, "A", 1);
    await session.close();
    await thief.disconnect();
    assert.deepEqual([codes(heard).length, server.sessionTotal(), server.subscriptionCount()], [1, 2, 1], "told once a minute");

    const engine = server.raw().engine as unknown as { _sessions: Record<string, { authenticationToken: never }>; closeSession(token: never, all: boolean, reason: string): void };
    for (const each of Object.values(engine._sessions)) engine.closeSession(each.authenticationToken, true, "Terminated");
    await heard.until(() => gaps(heard, "A").length === 3, "the gap");
    await until(heard, "A", 1);
    assert.deepEqual([server.sessionCount(), server.sessionTotal(), server.subscriptionCount()], [1, 3, 1]);
    assert.equal(codes(heard)[1], "RESONANCE_OPCUA_CONNECTION_LOST");
    await connection.close();
    await server.stop();
  });

  test("renews the keys of its channel is followed without a gap", async () => {
    const server = await startReplayServer({ variables: [{ name: "A", initial: 0 }], secure: true });
    const folder = path.join(pki, "renewed");
    const secure = { securityMode: "SignAndEncrypt", securityPolicy: "Basic256Sha256" } as const;
    const connection = connect(server.endpointUrl, folder, secure, { ...QUICK, channelLifetime: 2_000 });
    const heard = record(connection, ["A"]);
    await heard.until(() => heard.problems.length > 0, "the certificate");
    const { file, trusted } = heard.problems[0]!.params as Record<string, string>;
    await rename(file!, path.join(trusted!, "server.der"));
    await until(heard, "A", 0);
    const tokens = new Set<number>();
    let count = 0;
    const end = Date.now() + 20_000;
    while (tokens.size < 3 && Date.now() < end) {
      count += 1;
      server.write({ A: count });
      await until(heard, "A", count);
      tokens.add(await connection.use(({ session }) => Promise.resolve((session as unknown as { _client: { _secureChannel: { activeSecurityToken: { tokenId: number } } } })._client._secureChannel.activeSecurityToken.tokenId)));
    }
    assert.ok(tokens.size >= 3, `${tokens.size} tokens`);
    assert.deepEqual(values(heard, "A"), Array.from({ length: count + 1 }, (_, index) => index));
    assert.deepEqual([gaps(heard, "A").length, server.sessionTotal()], [0, 1]);
    await connection.close();
    await server.stop();
  });
});

describe("much at once", () => {
  test("10,000 items all flow, in one subscription", async () => {
    const tags = Array.from({ length: 10_000 }, (_, index) => `V${index}`);
    const server = await startReplayServer({ variables: tags.map((name, index) => ({ name, initial: index })) });
    const connection = connect(server.endpointUrl, pki, {}, { ...QUICK, watch: 5_000, answer: 20_000 });
    const heard = record(connection, tags, { publishingInterval: 100 });
    await heard.until(() => heard.active() === tags.length, "all items");
    await heard.until(() => heard.batches.reduce((sum, batch) => sum + batch.length, 0) >= tags.length, "all values");
    assert.deepEqual(new Map(heard.samples().map(({ tag, value }) => [tag, value])), new Map(tags.map((tag, index) => [tag, index])));
    assert.deepEqual([server.subscriptionCount(), server.itemCount(), heard.problems.length], [1, tags.length, 0]);
    await connection.close();
    await server.stop();
  });

  test("a burst of 100,000 samples arrives whole and in order; where the queue is too small, that is said", async () => {
    const tags = Array.from({ length: 50 }, (_, index) => `V${index}`);
    const server = await startReplayServer({ variables: tags.map((name) => ({ name, initial: 0 })) });
    const connection = connect(server.endpointUrl, pki, {}, { ...QUICK, watch: 5_000, answer: 20_000 });
    const heard = record(connection, tags, { queueSize: 2_000, publishingInterval: 100 });
    const small = record(connection, ["V0"], { queueSize: 100, publishingInterval: 100 });
    await heard.until(() => heard.batches.flat().length === tags.length, "first values");
    await until(small, "V0", 0);
    const sent = Array.from({ length: 2_001 }, (_, value) => value);
    for (const value of sent.slice(1)) server.write(Object.fromEntries(tags.map((tag) => [tag, value])));
    let received = 0;
    await heard.until(() => (received = heard.batches.reduce((sum, batch) => sum + batch.length, 0)) >= tags.length * sent.length, "all samples");
    assert.equal(received, 100_050);
    const byTag = new Map<string, unknown[]>(tags.map((tag) => [tag, []]));
    for (const { tag, value } of heard.batches.flat()) byTag.get(tag)?.push(value);
    for (const tag of tags) assert.deepEqual(byTag.get(tag), sent);
    assert.deepEqual(codes(heard), []);
    await small.until(() => codes(small).length > 0 && small.samples("V0").at(-1)?.value === 2_000, "the overflow");
    assert.deepEqual(codes(small), ["RESONANCE_OPCUA_QUEUE_OVERFLOW"]);
    assert.ok(small.samples("V0").some(({ status }) => status === "GoodOverflow"));
    await connection.close();
    await server.stop();
  });
});
