import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { AttributeIds, ClientSubscription, OPCUAClient, TimestampsToReturn, type ClientSession } from "node-opcua";
import { freePort } from "../support/ports";
import { makeScada, outputRecord, PLACE, readValue, startScada, stopScadas, withClient } from "../support/scada";

/** The promise of `close()`. */
const CLOSE_BOUND_MS = 5_000;
const NODE = `ns=2;s=${PLACE}#soft-sensor/output/viscosity`;

const unhandled: unknown[] = [];
const note = (reason: unknown): void => { unhandled.push(reason); };
before(() => { process.on("unhandledRejection", note); });
after(async () => {
  await stopScadas();
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, [], "no rejection went unhandled");
});

const isFree = (port: number): Promise<boolean> => new Promise((resolve) => {
  const probe = createServer();
  probe.once("error", () => { resolve(false); });
  probe.listen(port, "127.0.0.1", () => { probe.close(() => { resolve(true); }); });
});
const closesInTime = async (server: { close(): Promise<void>; readonly port: number }): Promise<void> => {
  const started = performance.now();
  await server.close();
  const took = performance.now() - started;
  assert.ok(took < CLOSE_BOUND_MS, `close took ${Math.round(took)} ms`);
  assert.ok(await isFree(server.port), "the port is free again");
};
const sensor = (viscosity: number) => outputRecord({ category: "soft-sensor", timestamp: new Date().toISOString(), values: { viscosity } });

test("a redeploy again and again, also in the middle of a start, leaves no port and no handle", async () => {
  const port = await freePort();
  // One certificate for all: making a key is no part of a redeploy.
  const pkiFolder = await mkdtemp(path.join(tmpdir(), "resonance-scada-pki-"));
  const handles = (): number => process.getActiveResourcesInfo().filter((kind) => /TCP|Server/.test(kind)).length;
  const before = handles();
  for (let round = 0; round < 6; round += 1) {
    const server = await makeScada({ port, pkiFolder });
    if (round % 2 === 0) await server.until(() => server.scada.state() === "listening", "the server listens");
    await closesInTime(server);
    assert.deepEqual(server.problems.map(({ code }) => code), []);
  }
  await rm(pkiFolder, { recursive: true, force: true });
  assert.equal(handles(), before);
});

test("a port in use is told with its code and tried again; records of meanwhile are shown", async () => {
  const port = await freePort();
  const other = createServer().listen(port, "127.0.0.1");
  await once(other, "listening");
  const server = await makeScada({ port });
  await server.until(() => server.problems.length >= 2, "two failed attempts");
  assert.deepEqual([...new Set(server.problems.map(({ code }) => code))], ["RESONANCE_SCADA_PORT_IN_USE"]);
  server.scada.publish(sensor(1));
  server.scada.publish(sensor(2));
  other.close();
  await server.until(() => server.scada.state() === "listening", "the server after the port is free");
  assert.deepEqual(server.states, ["failed", "listening"]);
  assert.equal(await withClient(port, {}, async (session) => (await readValue(session, NODE)).value.value as unknown), 2);
  await closesInTime(server);
});

test("a server that never got its port ends at once", async () => {
  const port = await freePort();
  const other = createServer().listen(port, "127.0.0.1");
  await once(other, "listening");
  const server = await makeScada({ port });
  await server.until(() => server.problems.length > 0, "a failed attempt");
  await server.close();
  assert.equal(server.scada.state(), "closed");
  other.close();
});

test("an address this computer does not have is told as such", async () => {
  const server = await makeScada({ host: "203.0.113.7" });
  await server.until(() => server.problems.length > 0, "a failed attempt");
  assert.equal(server.problems[0]?.code, "RESONANCE_SCADA_ADDRESS_UNUSABLE");
  await server.close();
});

test("50 clients subscribe at once and all hear every value; the next one is refused; closing with all of them connected is quick", async () => {
  const server = await startScada({ categories: ["soft-sensor"], maxSessions: 50 });
  const heard = new Map<number, unknown[]>();
  const clients: OPCUAClient[] = [];
  const sessions: ClientSession[] = [];
  for (let group = 0; group < 5; group += 1) {
    await Promise.all(Array.from({ length: 10 }, async (_, index) => {
      const client = OPCUAClient.create({ connectionStrategy: { maxRetry: 0 }, endpointMustExist: false });
      await client.connect(`opc.tcp://127.0.0.1:${server.port}`);
      const session = await client.createSession();
      clients.push(client);
      sessions.push(session);
      const subscription = ClientSubscription.create(session, { requestedPublishingInterval: 100, publishingEnabled: true, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 100 });
      const item = await subscription.monitor({ nodeId: NODE, attributeId: AttributeIds.Value }, { samplingInterval: 0, queueSize: 100, discardOldest: true }, TimestampsToReturn.Both);
      const values: unknown[] = [];
      heard.set(group * 10 + index, values);
      item.on("changed", (value) => { if ("value" in value && typeof value.value.value === "number") values.push(value.value.value); });
    }));
  }
  assert.equal(server.scada.clients(), 50);
  await assert.rejects(withClient(server.port, {}, () => Promise.resolve()), /BadTooManySessions/);
  for (let value = 1; value <= 20; value += 1) server.scada.publish(sensor(value));
  const deadline = Date.now() + 20_000;
  while ([...heard.values()].some((values) => values.at(-1) !== 20) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  const wanted = Array.from({ length: 20 }, (_, index) => index + 1);
  for (const values of heard.values()) assert.deepEqual(values, wanted);
  await closesInTime(server);
  await Promise.all(clients.map((client) => client.disconnect().catch(() => undefined)));
  assert.equal(sessions.length, 50);
});

test("a client ended by kill -9 leaves no session behind for ever, and the others go on", async () => {
  const server = await startScada({ categories: ["soft-sensor"] });
  const script = `const { OPCUAClient } = require("node-opcua"); const c = OPCUAClient.create({ requestedSessionTimeout: 2000, endpointMustExist: false });
    c.connect("opc.tcp://127.0.0.1:${server.port}").then(() => c.createSession()).then(() => console.log("in"));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"], cwd: process.cwd() });
  await server.until(() => server.scada.clients() === 1, "the session of the other process");
  child.kill("SIGKILL");
  await once(child, "exit");
  server.scada.publish(sensor(5));
  assert.equal(await withClient(server.port, {}, async (session) => (await readValue(session, NODE)).value.value as unknown), 5);
  // The session timeout the server grants is 10 s at least.
  await server.until(() => server.scada.clients() === 0, "the end of the dead session");
  await closesInTime(server);
});

test("garbage, half a greeting and silence on the port harm nobody and do not keep the server from closing", async () => {
  const server = await startScada({ categories: ["soft-sensor"] });
  const sockets: Socket[] = [];
  const open = async (): Promise<Socket> => {
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    sockets.push(socket);
    return socket;
  };
  for (let round = 0; round < 10; round += 1) (await open()).write(randomBytes(1 + round * 500));
  (await open()).write(Buffer.from("48454c46ffffff7f00000000", "hex"));
  (await open()).write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  (await open()).write(Buffer.from("48454c4620", "hex"));
  await open();
  server.scada.publish(sensor(7));
  assert.equal(await withClient(server.port, {}, async (session) => (await readValue(session, NODE)).value.value as unknown), 7);
  await closesInTime(server);
  for (const socket of sockets) socket.destroy();
});
