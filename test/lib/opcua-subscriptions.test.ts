import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { NotificationMessage } from "node-opcua";
import type { ErrorCode } from "../../nodes/lib/errors/resonance-error";
import { parseBrowsePath } from "../../nodes/lib/opcua/browse-path";
import type { OpcUaConnection } from "../../nodes/lib/opcua/connection";
import type { EventRequest, OpcUaEvent } from "../../nodes/lib/opcua/event-subscriber";
import { eventsRequest, OPCUA_IN_MIGRATIONS, valuesRequest, type OpcUaInSettings } from "../../nodes/lib/opcua/in-settings";
import { createLane } from "../../nodes/lib/opcua/lane";
import { loadOpcua } from "../../nodes/lib/opcua/load";
import { isAddress } from "../../nodes/lib/editor/validators";
import { closeConnections, CNC, connect, eventually, QUICK, record, type Recorder } from "../support/opcua-client";
import { startReplayServer, stopServers, type ReplayServer } from "../support/opcua-server";
import { startProxy, type TcpProxy } from "../support/tcp-proxy";

let pki = "";
before(async () => { pki = await mkdtemp(path.join(tmpdir(), "resonance-pki-")); });
after(async () => {
  await closeConnections();
  await stopServers();
  await rm(pki, { recursive: true, force: true });
});
const codes = (heard: Recorder): ErrorCode[] => heard.problems.map(({ code }) => code);
const values = (heard: Recorder, tag: string): unknown[] => heard.samples(tag).map(({ value }) => value);

describe("what a form says", () => {
  const FORM: OpcUaInSettings = {
    mode: "values", items: [], rate: "default", publishingInterval: "250", samplingInterval: "", queueSize: "5", discard: "newest", report: "value",
    deadbandType: "percent", deadband: "2.5", deadbandRefused: "every-change", notifier: "", eventType: "i=2915", severity: "300", fields: "Message, 2:Batch ,", units: false,
  };
  test("becomes a request: named and own rates, sampling as published, deadband", () => {
    assert.deepEqual(valuesRequest(FORM), {
      items: [], report: "value", discard: "newest", units: false, publishingInterval: 1_000, samplingInterval: -1, queueSize: 5,
      deadband: { type: "percent", value: 2.5, optional: true },
    });
    assert.deepEqual(["fast", "slow", "custom"].map((rate) => valuesRequest({ ...FORM, rate }).publishingInterval), [500, 5_000, 250]);
    assert.throws(() => valuesRequest({ ...FORM, rate: "warp" }), /warp.*fast, default, slow, custom/);
    assert.deepEqual(eventsRequest(FORM), { notifier: "", eventType: "i=2915", fields: ["Message", "2:Batch"], severity: 300, publishingInterval: 1_000, queueSize: 5 });
  });
  test("of version 1 means what it meant, and what an editor has added to it stays", () => {
    const [step] = OPCUA_IN_MIGRATIONS;
    const old = { items: [], publishingInterval: 250, samplingInterval: 100, queueSize: 10, report: "timestamp" };
    assert.deepEqual(valuesRequest(step!(old) as unknown as OpcUaInSettings), {
      items: [], report: "timestamp", discard: "oldest", units: true, publishingInterval: 250, samplingInterval: 100, queueSize: 10,
    });
    assert.equal(valuesRequest(step!({ ...old, rate: "slow" }) as unknown as OpcUaInSettings).publishingInterval, 5_000);
  });
});

describe("a browse path", () => {
  test("names each step by index or URI, by any hierarchical reference or as a component", () => {
    assert.deepEqual(parseBrowsePath(" /Root/Objects/2:Machine/nsu=http://x.org/UA/;Spindle.2:A&.B ", "").steps.map(({ reference, namespace, name }) => [reference, namespace, name]), [
      ["hierarchical", 0, "Objects"], ["hierarchical", 2, "Machine"], ["hierarchical", "http://x.org/UA/", "Spindle"], ["aggregates", 2, "A.B"],
    ]);
  });
  for (const wrong of ["/", "/Objects/", "/Objects//2:A", "/Objects/99999:A", "/Objects/<x>A", "Objects/2:A"]) {
    test(`"${wrong}" is refused, in the form too`, () => {
      assert.throws(() => parseBrowsePath(wrong, "items/0/nodeId"), { code: "RESONANCE_OPCUA_NODE_ID_INVALID", path: "items/0/nodeId" });
      if (!wrong.includes("99999")) assert.equal(isAddress(wrong), false);
    });
  }
  test("in the form: right ones are taken", () => {
    for (const right of ["/Objects/2:Machine/2:A", "/Objects/nsu=http://x.org/UA/;Machine.2:B", "/Objects/2:A&.B"]) assert.equal(isAddress(right), true, right);
  });
});

describe("sequence numbers", () => {
  /** A server that has kept these notifications. */
  const start = (kept: readonly number[]) => {
    loadOpcua();
    const [received, asked, acknowledged, dead]: [number[], number[], number[], string[]] = [[], [], [], []];
    const message = (sequenceNumber: number) => ({ sequenceNumber, notificationData: [{}] }) as unknown as NotificationMessage;
    const session = {
      republish({ retransmitSequenceNumber: number }: { retransmitSequenceNumber: number }, answer: (error: Error | null, response?: object) => void) {
        asked.push(number);
        setImmediate(() => { if (kept.includes(number)) answer(null, { notificationMessage: message(number) }); else answer(new Error("BadMessageNotAvailable (0x807B0000)")); });
      },
    };
    const route = { keepAliveMs: 1, receive: ({ sequenceNumber }: NotificationMessage) => { received.push(sequenceNumber); }, dead: (detail: string) => { dead.push(detail); } };
    const lane = createLane(session as never, 7, route, (number) => { acknowledged.push(number); });
    return { lane, received, asked, acknowledged, dead, take: (...numbers: number[]) => { for (const number of numbers) lane.take(message(number)); } };
  };
  test("that are missing are asked for, and nothing overtakes them", async () => {
    const { take, received, asked, acknowledged, dead } = start([3, 4]);
    take(1, 2, 5, 6);
    await eventually(() => received.length === 6, "all");
    assert.deepEqual([received, asked, acknowledged, dead], [[1, 2, 3, 4, 5, 6], [3, 4], [3, 4], []]);
  });
  test("that cannot be had any more end the subscription, after the rest was passed on", async () => {
    const { take, received, dead } = start([4]);
    take(1, 2, 5);
    await eventually(() => dead.length === 1, "the loss");
    assert.deepEqual([received, dead], [[1, 2, 4, 5], ["1 of the server's notifications did not arrive"]]);
  });
  test("after a break: all that was published is fetched, and not passed on twice", async () => {
    const { lane, take, received, asked } = start([1, 2, 3]);
    await lane.catchUp();
    take(2, 3, 4);
    assert.deepEqual([received, asked], [[1, 2, 3, 4], [1, 2, 3, 4]]);
  });
  test("begin with 1 again after the largest", async () => {
    const { take, received, asked } = start([1]);
    take(0xfffffffe, 0xffffffff, 2);
    await eventually(() => received.length === 4, "all");
    assert.deepEqual([received.slice(1), asked], [[0xffffffff, 1, 2], [1]]);
  });
});

describe("values", () => {
  let server: ReplayServer;
  let connection: OpcUaConnection;
  before(async () => {
    server = await startReplayServer({
      variables: [{ name: "Ranged", initial: 0, range: { low: 0, high: 200 } }, { name: "Plain", initial: 0 }, { name: "Text", dataType: "String", initial: "a" }],
    });
    connection = connect(server.endpointUrl, pki);
  });
  after(async () => {
    await connection.close();
    await server.stop();
  });
  /** Writes one after the other, each of its own publish, and ends with what every filter lets pass. */
  const write = async (heard: Recorder, name: string, ...steps: readonly number[]): Promise<void> => {
    for (const value of steps) server.write({ [name]: value });
    server.write({ [name]: 1_000 });
    await heard.until(() => heard.samples(name).at(-1)?.value === 1_000, "the last value");
  };

  test("are found by browse path; a path to nothing fails alone", async () => {
    const heard = record(connection, { byIndex: "/Objects/2:Machine/2:Plain", byUri: `/Objects/nsu=${CNC.slice(4, -3)};Machine.nsu=${CNC.slice(4, -3)};Text`, none: "/Objects/2:Machine/2:None" });
    await heard.until(() => heard.active() === 2 && heard.samples().length === 2, "two of three");
    assert.deepEqual([codes(heard), heard.problems[0]?.path, heard.samples("byUri")[0]?.value], [["RESONANCE_OPCUA_NODE_UNKNOWN"], "items/2/nodeId", "a"]);
    heard.handle.close();
  });

  test("within an absolute deadband are not reported; what has no number is refused, or reported at every change where that is allowed", async () => {
    const deadband = { type: "absolute", value: 5 } as const;
    const strict = record(connection, ["Plain", "Text"], { deadband: { ...deadband, optional: false } });
    const lax = record(connection, ["Plain", "Text"], { deadband: { ...deadband, optional: true } });
    await strict.until(() => strict.active() === 1 && strict.samples("Plain").length === 1, "the number");
    await lax.until(() => lax.active() === 2 && lax.samples().length === 2, "both");
    assert.deepEqual([codes(strict), codes(lax)], [["RESONANCE_OPCUA_FILTER_REFUSED"], []]);
    await write(strict, "Plain", 4, 5, 6, 10, 12);
    assert.deepEqual(values(strict, "Plain"), [0, 6, 12, 1_000]);
    strict.handle.close();
    lax.handle.close();
  });

  test("within a deadband in percent of their EURange are not reported; without EURange they are refused", async () => {
    const heard = record(connection, ["Ranged", "Plain"], { deadband: { type: "percent", value: 10, optional: false } });
    await heard.until(() => heard.active() === 1 && heard.samples().length === 1, "the ranged one");
    assert.deepEqual([codes(heard), heard.problems[0]?.path], [["RESONANCE_OPCUA_FILTER_REFUSED"], "items/1/nodeId"]);
    await write(heard, "Ranged", 15, 21, 30, 45);
    assert.deepEqual(values(heard, "Ranged"), [0, 21, 45, 1_000]);
    heard.handle.close();
  });

  test("that are too many for the queue: the newest or the oldest go, as chosen", async () => {
    for (const [discard, kept] of [["oldest", [7, 8, 9]], ["newest", [1, 2, 9]]] as const) {
      server.write({ Plain: 0 });
      const heard = record(connection, ["Plain"], { queueSize: 3, publishingInterval: 400, discard });
      await heard.until(() => heard.samples().length === 1, "the first value");
      for (let value = 1; value <= 9; value += 1) server.write({ Plain: value });
      await heard.until(() => heard.samples().length === 4, "the queue");
      assert.deepEqual(values(heard, "Plain").slice(1), kept, discard);
      heard.handle.close();
    }
  });
});

describe("events and alarms", () => {
  let server: ReplayServer;
  let proxy: TcpProxy;
  let connection: OpcUaConnection;
  const ALARM = { variables: [{ name: "Level", initial: 50, alarmAbove: 10 }, { name: "Heat", initial: 0, alarmAbove: 10 }] };
  before(async () => {
    server = await startReplayServer(ALARM);
    proxy = await startProxy(server.port);
    connection = connect(`opc.tcp://127.0.0.1:${proxy.port}`, pki, {}, { ...QUICK, firstRetry: 20, longestRetry: 50 });
  });
  after(async () => {
    await connection.close();
    await proxy.close();
    await server.stop();
  });
  const hear = (request: Partial<EventRequest> = {}) => {
    const heard = { events: [] as OpcUaEvent[], refreshed: [] as OpcUaEvent[], codes: [] as ErrorCode[], active: 0, close: (): void => undefined };
    const handle = connection.subscribeEvents({ notifier: "", fields: [], severity: 1, eventType: "", publishingInterval: 50, queueSize: 100, ...request }, {
      events(batch, refresh) { (refresh ? heard.refreshed : heard.events).push(...batch); },
      problem({ code }) { heard.codes.push(code); },
      items(active) { heard.active = active; },
    });
    heard.close = () => { handle.close(); };
    return heard;
  };
  const raise = (message: string, severity: number): void => {
    (server.raw() as unknown as { raiseEvent(type: string, data: object): void }).raiseEvent("SystemEventType", { message: { dataType: "LocalizedText", value: { text: message } }, severity: { dataType: "UInt16", value: severity } });
  };

  test("come with the chosen fields; an alarm that stands at the start comes once", async () => {
    const heard = hear();
    await eventually(() => heard.refreshed.length > 0, "the standing alarm");
    const [alarm] = heard.refreshed;
    assert.deepEqual(
      [alarm?.["EventType"], alarm?.["ConditionName"], alarm?.["ActiveState"], alarm?.["AckedState"], alarm?.["Retain"], typeof alarm?.["EventId"], alarm?.["ConditionId"]],
      ["ExclusiveLevelAlarmType", "LevelAlarm", true, false, true, "string", alarm?.["ConditionId"]]);
    assert.match(String(alarm?.["Time"]), /^\d{4}-.*Z$/);
    server.write({ Heat: 20 });
    await eventually(() => heard.events.some((event) => event["ConditionName"] === "HeatAlarm"), "the new alarm");
    assert.deepEqual([heard.refreshed.length, heard.codes, heard.active], [1, [], 1]);
    heard.close();
  });

  test("are filtered by severity and type, and carry no more than the fields asked for", async () => {
    const severe = hear({ severity: 500, fields: ["Message", "Severity"] });
    const typed = hear({ eventType: "i=2130", fields: ["Message", "EventType"] });
    await eventually(() => severe.active + typed.active === 2, "both");
    raise("low", 100);
    raise("high", 800);
    server.write({ Heat: 0 });
    server.write({ Heat: 30 });
    await eventually(() => severe.events.length > 0 && typed.events.length > 1, "events");
    assert.deepEqual(severe.events, [{ Message: "high", Severity: 800 }]);
    assert.deepEqual(typed.events, [{ Message: "low", EventType: "SystemEventType" }, { Message: "high", EventType: "SystemEventType" }]);
    severe.close();
    typed.close();
  });

  test("that happen while the wire is broken are not lost, and standing alarms do not come again", async () => {
    const heard = hear();
    await eventually(() => heard.refreshed.length > 0, "standing alarms");
    const before = heard.refreshed.length;
    proxy.cut();
    raise("meanwhile", 300);
    await eventually(() => heard.events.some((event) => event["Message"] === "meanwhile"), "the event");
    assert.deepEqual([heard.refreshed.length, heard.codes], [before, ["RESONANCE_OPCUA_CONNECTION_LOST"]]);
    heard.close();
  });

  test("after a restart: an alarm that ended meanwhile comes once more with Retain false, one that stands comes once", async () => {
    server.write({ Heat: 30 });
    const heard = hear({ fields: ["ConditionName", "ActiveState", "Retain"] });
    await eventually(() => heard.refreshed.some((event) => event["ConditionName"] === "HeatAlarm"), "standing alarms");
    heard.refreshed.length = 0;
    await server.restart({ variables: [{ name: "Level", initial: 50, alarmAbove: 10 }, { name: "Heat", initial: 0, alarmAbove: 10 }] });
    await eventually(() => heard.refreshed.length >= 2, "the list");
    const alarms = heard.refreshed.map((event) => [event["ConditionName"], event["Retain"]]);
    assert.deepEqual(alarms.filter(([name]) => name === "LevelAlarm"), [["LevelAlarm", true]]);
    assert.deepEqual(alarms.filter(([name]) => name === "HeatAlarm").at(-1), ["HeatAlarm", false]);
    heard.close();
  });

  test("of a notifier that is not there are refused with a code, once", async () => {
    const heard = hear({ notifier: `${CNC}None` });
    await eventually(() => heard.codes.length > 0, "the refusal");
    await new Promise((resolve) => setTimeout(resolve, 2 * QUICK.itemRetry!));
    assert.deepEqual([heard.codes, heard.active], [["RESONANCE_OPCUA_EVENTS_REFUSED"], 0]);
    heard.close();
  });
});
