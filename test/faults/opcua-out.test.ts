import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { ResonanceError, type ErrorCode } from "../../nodes/lib/errors/resonance-error";
import type { OpcUaConnection } from "../../nodes/lib/opcua/connection";
import { compileRows } from "../../nodes/lib/opcua/out-settings";
import { callTask, readTask, writeTask, type TaskResult, type WriteSetup } from "../../nodes/lib/opcua/out-tasks";
import { parseNodeId } from "../../nodes/lib/opcua/node-id";
import { createTurns } from "../../nodes/lib/opcua/turns";
import type { Sample } from "../../nodes/lib/record/sample";
import { closeConnections, connect, eventually, QUICK } from "../support/opcua-client";
import { PLANT, startPlant, stopPlants, type Plant } from "../support/opcua-plant";
import { startProxy, type TcpProxy } from "../support/tcp-proxy";

/** Writing and calling while server and network fail: nothing is written late, nothing twice, and nobody is told what is not known. */

let pki = "";
let plant: Plant;
let proxy: TcpProxy | undefined;
const unhandled: unknown[] = [];
const note = (reason: unknown): void => { unhandled.push(reason); };
const never = new AbortController().signal;
before(async () => {
  pki = await mkdtemp(path.join(tmpdir(), "resonance-pki-"));
  plant = await startPlant();
  process.on("unhandledRejection", note);
});
afterEach(async () => {
  await closeConnections();
  await proxy?.close();
  proxy = undefined;
});
after(async () => {
  await stopPlants();
  await rm(pki, { recursive: true, force: true });
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, [], "no rejection went unhandled");
});

const rowsOf = (...tags: readonly string[]) => compileRows(tags.map((tag) => ({ tag, nodeId: PLANT + tag })));
const writer = (connection: OpcUaConnection, tags: readonly string[], setup: Partial<WriteSetup> = {}) => writeTask({
  connection, rows: rowsOf(...tags), timeout: 1_500, confirmWithin: 500, checkRange: true, together: "command", repeat: false, profileOf: () => undefined, ...setup,
});
const failsWith = (code: ErrorCode, sign = /./) => (thrown: unknown): boolean => {
  assert.ok(thrown instanceof ResonanceError, String(thrown));
  assert.equal(thrown.code, code, thrown.message);
  return sign.test(thrown.message);
};
const valuesOf = ({ payload }: TaskResult): unknown[] => (payload as readonly Sample[]).map(({ value }) => value);
/** A connection over a wire that can be cut, with its session standing. */
const connected = async (timings = QUICK): Promise<OpcUaConnection> => {
  proxy = await startProxy(plant.port);
  const connection = connect(`opc.tcp://127.0.0.1:${proxy.port}`, pki, {}, timings);
  connection.hold();
  await eventually(() => connection.status().state === "connected", "the session");
  return connection;
};

test("a server that takes a value and does not answer: the outcome is unknown, and the value does not go out again", async () => {
  const connection = await connected();
  const before = plant.heard.length;
  await assert.rejects(writer(connection, ["Silent"])({ Silent: 5 }, undefined)(never), failsWith("RESONANCE_OPCUA_OUTCOME_UNKNOWN", /Silent/));
  assert.deepEqual(plant.heard.slice(before), [5]);
  const method = { objectId: parseNodeId(`${PLANT}Machine`, ""), methodId: parseNodeId(`${PLANT}Forget`, "") };
  await assert.rejects(callTask({ connection, timeout: 500, repeat: false, method })(undefined, undefined)(never), failsWith("RESONANCE_OPCUA_OUTCOME_UNKNOWN", /Forget/));
  assert.equal(plant.heard.filter((entry) => Array.isArray(entry) && entry[0] === "Forget").length, 1);
});

test("told to, it repeats such a write exactly once", async () => {
  const connection = await connected();
  const before = plant.heard.length;
  await assert.rejects(writer(connection, ["Silent"], { repeat: true, timeout: 400 })({ Silent: 6 }, undefined)(never), failsWith("RESONANCE_OPCUA_OUTCOME_UNKNOWN"));
  assert.deepEqual(plant.heard.slice(before), [6, 6]);
});

test("a connection cut while the answer is under way: unknown; in the next session facts are read anew and values go out again", async () => {
  const connection = await connected();
  const write = writer(connection, ["Silent", "Double"]);
  assert.deepEqual(valuesOf(await write({ Double: 1 }, undefined)(never)), [1]);
  const before = plant.heard.length;
  const lost = write({ Silent: 7 }, undefined)(never);
  await eventually(() => plant.heard.length > before, "the value at the machine");
  proxy?.cut();
  await assert.rejects(lost, failsWith("RESONANCE_OPCUA_OUTCOME_UNKNOWN", /RESONANCE_OPCUA_CONNECTION_LOST/));
  // While the trouble is known a message fails at once and nothing is kept for later.
  await eventually(() => connection.status().state === "connected", "the next session");
  assert.deepEqual(valuesOf(await write({ Double: 2 }, undefined)(never)), [2]);
  assert.deepEqual(plant.heard.slice(before), [7]);
});

test("a network that swallows everything: what was not sent is not sent later", async () => {
  const connection = await connected({ ...QUICK, watch: 60_000 });
  const write = writer(connection, ["Stubborn", "Late"], { timeout: 400 });
  assert.deepEqual(valuesOf(await write({ Stubborn: 1 }, undefined)(never)), [1]);
  const before = plant.heard.length;
  proxy?.swallow(true);
  // Late was never written, so that its facts must be asked for first: the write itself cannot have gone out.
  await assert.rejects(write({ Late: 2 }, undefined)(never), failsWith("RESONANCE_OPCUA_TIMEOUT"));
  // Of Stubborn all is known, so that the write goes out at once, and nobody knows how far.
  await assert.rejects(write({ Stubborn: 3 }, undefined)(never), failsWith("RESONANCE_OPCUA_OUTCOME_UNKNOWN"));
  proxy?.swallow(false);
  // The next session proves that whatever was on its way is over.
  proxy?.cut();
  await eventually(() => connection.status().state === "reconnecting", "the loss");
  await eventually(() => connection.status().state === "connected", "the next session");
  assert.equal(valuesOf(await readTask({ connection, timeout: 10_000, rows: rowsOf("Double") })(undefined, undefined)(never)).length, 1);
  assert.deepEqual(plant.heard.slice(before).filter((value) => value === 2), []);
});

test("no server: a message fails at once with the connection's trouble", async () => {
  const connection = await connected();
  proxy?.cut();
  await proxy?.close();
  await eventually(() => connection.status().error?.code === "RESONANCE_OPCUA_UNREACHABLE", "the trouble");
  await assert.rejects(writer(connection, ["Double"])({ Double: 3 }, undefined)(never), failsWith("RESONANCE_OPCUA_UNREACHABLE"));
});

test("messages go one after the other; more than the limit are refused, and on closing none begins any more", async () => {
  const turns = createTurns(1);
  const begun: number[] = [];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => { open = resolve; });
  const run = (number: number): Promise<number> => turns.run(async () => {
    begun.push(number);
    await gate;
    return number;
  });
  const [first, second] = [run(1), run(2)];
  await assert.rejects(run(3), failsWith("RESONANCE_OPCUA_BUSY"));
  assert.deepEqual(begun, [1]);
  const stopped = assert.rejects(second, failsWith("RESONANCE_OPCUA_STOPPED"));
  turns.close();
  open();
  assert.equal(await first, 1);
  await stopped;
  assert.deepEqual([begun, turns.size()], [[1], 0]);
});

test("a node that is stopped while its write is under way says that the outcome is unknown", async () => {
  const connection = await connected();
  const turns = createTurns(10);
  const before = plant.heard.length;
  const under = turns.run(writer(connection, ["Silent"], { timeout: 30_000 })({ Silent: 8 }, undefined));
  const waiting = turns.run(writer(connection, ["Silent"], { timeout: 30_000 })({ Silent: 9 }, undefined));
  const both = [assert.rejects(under, failsWith("RESONANCE_OPCUA_OUTCOME_UNKNOWN")), assert.rejects(waiting, failsWith("RESONANCE_OPCUA_STOPPED"))];
  await eventually(() => plant.heard.length > before, "the value at the machine");
  turns.close();
  await Promise.all(both);
  assert.deepEqual(plant.heard.slice(before), [8]);
});
