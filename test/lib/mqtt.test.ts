import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";
import type { ErrorCode } from "../../nodes/lib/errors/resonance-error";
import { createAcknowledger } from "../../nodes/lib/mqtt/acknowledger";
import { createMqttConnection, type MqttConnection } from "../../nodes/lib/mqtt/connection";
import { entryOf, publicationOf } from "../../nodes/lib/mqtt/kept-publication";
import type { MqttMessage, Publication } from "../../nodes/lib/mqtt/message";
import { createOutgoing } from "../../nodes/lib/mqtt/outgoing";
import { compileReader, type Expected } from "../../nodes/lib/mqtt/read-message";
import type { MqttSettings } from "../../nodes/lib/mqtt/settings";
import { readTls } from "../../nodes/lib/connection/tls";
import { checkTopic, compileFilter, isTopicFilter, subscriptionFilter, topicLevel, topicPath } from "../../nodes/lib/mqtt/topic";
import { compileTopic, placeFilter } from "../../nodes/lib/mqtt/topic-plan";
import { createWindow } from "../../nodes/lib/mqtt/window";
import { compileWriter } from "../../nodes/lib/mqtt/write-message";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import type { OutputRecord } from "../../nodes/lib/record/interface-record";
import { recordSchemaId } from "../../nodes/lib/record/schema-id";
import { recordSchema } from "../../nodes/lib/validation/record-schema";
import { mosquitto, startBroker, stopBrokers } from "../support/mosquitto";
import { closeConnections, connect, connected, outsider, publishText, record } from "../support/mqtt-client";
import { until } from "../support/node-red-runtime";
import { skipWithout } from "../support/requirements";

const profile = loadBuiltInProfile();
const EQUIPMENT = "acme/shanghai/machining/line-1/cnc-07";
const RECORD: OutputRecord = {
  profile: `${profile.id}@${profile.version}`, category: "predictive-maintenance", direction: "output", id: "0193-record", timestamp: "2026-11-22T08:30:05.120Z", equipment: EQUIPMENT,
  values: { remainingUsefulLife: 41.5, component: "刀具" }, nature: "prediction", inputId: "0193-input", model: { id: "tool-wear", version: "1.2.0" }, validUntil: "2999-01-01T00:00:00.000Z",
};
const SETTINGS: MqttSettings = { url: "mqtt://127.0.0.1:1883", protocol: "5", clientId: "c", cleanStart: false, sessionExpiry: 0, keepAlive: 30, receiveMaximum: 10 };
const refuses = (work: () => unknown, code: ErrorCode, place?: string): void => assert.throws(work, (thrown) => {
  const { code: found, path: at } = thrown as { code?: string; path?: string };
  assert.deepEqual([found, ...(place === undefined ? [] : [at])], [code, ...(place === undefined ? [] : [place])]);
  return true;
});
const failsWith = (work: Promise<unknown>, code: ErrorCode): Promise<void> => assert.rejects(work, { code });

describe("topics", () => {
  test("a name as a level holds no separator, wildcard or control character, and is never empty", () => {
    for (const [name, level] of [["line 1", "line 1"], ["a/b+c#d", "a_b_c_d"], ["$SYS", "_SYS"], ["", "_"], [" x\u0000y\n", "x_y"], ["车间", "车间"]]) assert.equal(topicLevel(name ?? ""), level);
    assert.equal(topicPath("acme/+/a#b"), "acme/_/a_b");
  });

  test("what cannot be published to is refused", () => {
    for (const topic of ["", "a/+", "#", "a\0", "$SYS/x", "x".repeat(70_000)]) refuses(() => checkTopic(topic), "RESONANCE_MQTT_TOPIC_INVALID");
    assert.equal(checkTopic("a/b"), "a/b");
  });

  test("filters are checked, and match as MQTT 5.0 §4.7 says", () => {
    for (const filter of ["a/b", "+", "#", "a/+/b", "a/#", "/"]) assert.ok(isTopicFilter(filter), filter);
    for (const filter of ["", "a#", "#/a", "a/b+", "a/#/b"]) assert.ok(!isTopicFilter(filter), filter);
    const matches: readonly (readonly [string, readonly string[], readonly string[]])[] = [
      ["a/b", ["a/b"], ["a", "a/b/c", "a/c"]],
      ["a/+", ["a/b", "a/"], ["a", "a/b/c"]],
      ["a/#", ["a", "a/b", "a/b/c"], ["b", "ab"]],
      ["#", ["a", "a/b", "/"], ["$SYS/broker"]],
      ["+/b", ["a/b", "/b"], ["$SYS/b", "b"]],
      ["a.b/+", ["a.b/c"], ["axb/c"]],
      ["$share/g/a/+", ["a/b"], ["$share/g/a/b"]],
    ];
    for (const [filter, hits, misses] of matches) {
      const test = compileFilter(filter);
      for (const topic of hits) assert.ok(test(topic), `${filter} ${topic}`);
      for (const topic of misses) assert.ok(!test(topic), `${filter} not ${topic}`);
    }
    assert.equal(subscriptionFilter("a/#", "g"), "$share/g/a/#");
    refuses(() => subscriptionFilter("a#"), "RESONANCE_CONFIG_INVALID", "topic");
    refuses(() => subscriptionFilter("a", "g/h"), "RESONANCE_CONFIG_INVALID", "sharedGroup");
  });

  test("placeholders stand for what a message says, clean; what it does not say is refused", () => {
    const topic = compileTopic("{enterprise}/{workUnit}/{equipment}/{category}/{tag}/{topic}");
    assert.equal(topic({ equipment: EQUIPMENT, category: "a/b", tag: "T#1", topic: "x/y+" }), `acme/cnc-07/${EQUIPMENT}/a_b/T_1/x/y_`);
    refuses(() => topic({ equipment: EQUIPMENT }), "RESONANCE_MQTT_TOPIC_INVALID");
    for (const template of ["{place}", "a/+", "$SYS/{tag}"]) refuses(() => compileTopic(template), "RESONANCE_CONFIG_INVALID", "topic");
    assert.equal(placeFilter("acme/a#b", "", ""), "acme/a_b/#");
    assert.equal(placeFilter("acme", "soft-sensor", ""), "acme/soft-sensor/+");
    assert.equal(placeFilter("acme", "", "output"), "acme/+/output");
  });
});

describe("what is published", () => {
  const write = (payload: unknown, options: Partial<Parameters<typeof compileWriter>[0]> = {}, topic?: string): readonly Publication[] =>
    compileWriter({ qos: 1, retain: false, equipment: EQUIPMENT, ...options })(payload, topic);

  test("a record goes to its own place with profile, category and schema id, and expires with its validity", () => {
    const [sent, ...more] = write(RECORD, { equipment: undefined, retain: true });
    assert.deepEqual(more, []);
    assert.equal(sent?.topic, `${EQUIPMENT}/predictive-maintenance/output`);
    assert.deepEqual(JSON.parse(String(sent.payload)), RECORD);
    assert.deepEqual([sent.qos, sent.retain, sent.expiresAt], [1, true, Date.parse("2999-01-01")]);
    const schema = recordSchemaId(RECORD.profile, RECORD.category, "output");
    assert.deepEqual(sent.properties, { contentType: "application/json", userProperties: { profile: RECORD.profile, category: RECORD.category, direction: "output", nature: "prediction", schema } });
    const category = profile.categories.get(RECORD.category);
    assert.ok(category);
    assert.equal(recordSchema(profile, category, "output")["$id"], schema);
    assert.equal(new URL(schema).href, schema);
  });

  test("a broken record is refused, not published as plain JSON", () => {
    refuses(() => write({ ...RECORD, timestamp: "yesterday" }), "RESONANCE_RECORD_INVALID", "timestamp");
  });

  test("samples go out as a list, or one by one where the topic names the tag", () => {
    const samples = [{ tag: "T/1", value: 1, quality: "Good", timestamp: RECORD.timestamp }, { tag: "T2", value: true, quality: "Bad", timestamp: RECORD.timestamp }];
    const [list] = write(samples);
    assert.deepEqual([list?.topic, JSON.parse(String(list?.payload))], [`${EQUIPMENT}/samples`, samples]);
    const each = write(samples, { template: "{site}/{tag}" });
    assert.deepEqual(each.map(({ topic, payload }) => [topic, JSON.parse(String(payload)) as unknown]), [["shanghai/T_1", samples[0]], ["shanghai/T2", samples[1]]]);
    assert.deepEqual(JSON.parse(String(write(samples[0])[0]?.payload)), [samples[0]]);
  });

  test("anything else keeps its form; without a place or topic it is refused", () => {
    const kinds = [["text", "text/plain", "text"], [Buffer.from([1, 2]), "application/octet-stream", "\u0001\u0002"], [{ a: 1 }, "application/json", '{"a":1}'], [4.5, "application/json", "4.5"]] as const;
    for (const [payload, contentType, text] of kinds) {
      const [sent] = write(payload, {}, "x/y");
      assert.deepEqual([sent?.topic, sent?.properties?.contentType, String(sent?.payload)], [`${EQUIPMENT}/x/y`, contentType, text]);
    }
    refuses(() => write(1), "RESONANCE_MQTT_TOPIC_INVALID");
    refuses(() => write(1, { equipment: undefined }, "x"), "RESONANCE_MQTT_TOPIC_INVALID");
    refuses(() => write(undefined, {}, "x"), "RESONANCE_MQTT_PAYLOAD_INVALID");
    refuses(() => write({ toJSON() { throw new Error("no"); } }, {}, "x"), "RESONANCE_MQTT_PAYLOAD_INVALID");
  });

  test("a message comes back from the disk as it went", () => {
    const publication: Publication = {
      topic: "a/b", payload: Buffer.from([0, 255]), qos: 2, retain: true, expiresAt: 123,
      properties: { contentType: "x", userProperties: { a: ["1", "2"] }, responseTopic: "r", correlationData: Buffer.from([1]) },
    };
    const entry = entryOf(publication);
    assert.deepEqual(publicationOf({ ...entry, sequence: 1, queuedAt: "", attempts: 0 }), publication);
    assert.equal(entry.lane, "a/b");
  });
});

describe("what is received", () => {
  const message = (payload: string | Buffer, contentType?: string, topic = "acme/line-1/Torque"): MqttMessage =>
    ({ topic, payload: Buffer.from(payload), qos: 1, retain: false, dup: false, properties: contentType === undefined ? {} : { contentType } });
  const read = (payload: string | Buffer, expected: Expected = "any", contentType?: string, tag: "topic" | "level" = "topic"): unknown =>
    compileReader({ expected, tag, maxBytes: 1000 })(message(payload, contentType), Date.parse(RECORD.timestamp));
  const sample = (value: unknown, tag = "acme/line-1/Torque"): unknown => [{ tag, value, quality: "Good", timestamp: RECORD.timestamp }];

  test("records, samples and other JSON come as they are; plain values become samples", () => {
    assert.deepEqual(read(JSON.stringify(RECORD)), RECORD);
    assert.deepEqual(read('{"tag":"T","value":1,"quality":"Uncertain","status":"UncertainX","timestamp":"2026-11-22T09:30:05+01:00"}'), [{ tag: "T", value: 1, quality: "Uncertain", status: "UncertainX", timestamp: "2026-11-22T08:30:05.000Z" }]);
    const two = [{ tag: "T", value: 1, unit: "NU", quality: "Good", timestamp: RECORD.timestamp }, { tag: "T", value: null, unit: "NU", quality: "Bad", status: "BadX", timestamp: "2099-01-01T00:00:00.000Z" }];
    assert.deepEqual(read(JSON.stringify([...two].reverse())), two);
    assert.deepEqual(read('{"a":1}'), { a: 1 });
    for (const [text, value] of [["41.5", 41.5], ["true", true], ["running", "running"], ['"x"', "x"]] as const) assert.deepEqual(read(text), sample(value));
    assert.deepEqual(read("1", "any", undefined, "level"), sample(1, "Torque"));
    assert.deepEqual(read('{"a":1}', "samples"), sample(1, "a"));
    assert.deepEqual(read("[1]", "json"), [1]);
    assert.deepEqual(read("x", "raw"), Buffer.from("x"));
  });

  test("what cannot be read is refused with code and place", () => {
    const broken: readonly (readonly [string | Buffer, Expected, ErrorCode, string?, string?])[] = [
      ['{"a":', "any", "RESONANCE_MQTT_PAYLOAD_INVALID", "payload"],
      ["hello", "any", "RESONANCE_MQTT_PAYLOAD_INVALID", "payload", "application/json"],
      ["", "any", "RESONANCE_MQTT_PAYLOAD_INVALID"],
      [Buffer.from([0xff, 0xfe]), "any", "RESONANCE_MQTT_PAYLOAD_INVALID"],
      ['{"a":{"__proto__":{"x":1}}}', "any", "RESONANCE_MQTT_PAYLOAD_INVALID"],
      ["1", "record", "RESONANCE_MQTT_PAYLOAD_INVALID"],
      [JSON.stringify({ ...RECORD, inputId: 1 }), "any", "RESONANCE_RECORD_INVALID", "inputId"],
      ['[{"tag":"T","value":1,"quality":"Great"}]', "samples", "RESONANCE_MQTT_PAYLOAD_INVALID", "payload/0/quality"],
      ["x".repeat(1001), "raw", "RESONANCE_MQTT_TOO_LARGE"],
    ];
    for (const [payload, expected, code, place, contentType] of broken) refuses(() => read(payload, expected, contentType), code, place);
  });
});

describe("settings", () => {
  test("what cannot work is refused with the setting's name, and no text holds a secret", () => {
    const wrong: readonly (readonly [Partial<MqttSettings>, string])[] = [
      [{ url: "http://x" }, "url"], [{ url: "mqtt://" }, "url"], [{ url: "mqtt://user:s3cret@host" }, "url"], [{ protocol: "4" as never }, "protocol"], [{ clientId: "" }, "clientId"],
      [{ protocol: "3.1.1", password: "s3cret" }, "user"], [{ keepAlive: 70_000 }, "keepAlive"], [{ sessionExpiry: -1 }, "sessionExpiry"], [{ receiveMaximum: 0 }, "receiveMaximum"],
      [{ tls: { cert: "x" } }, "cert"], [{ tls: { ca: "x" } }, "url"], [{ stateTopic: "a/#" }, "stateTopic"],
    ];
    for (const [change, setting] of wrong) {
      refuses(() => createMqttConnection({ ...SETTINGS, ...change }), "RESONANCE_CONFIG_INVALID", setting);
      assert.throws(() => createMqttConnection({ ...SETTINGS, ...change }), (thrown) => !String(thrown).includes("s3cret"));
    }
  });

  test("certificates come from files or as text, also from a field that lost its line ends", (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "mqtt-tls-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(path.join(folder, "ca.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert.match(readTls({ caFile: "ca.pem" }, folder)?.ca ?? "", /AAAA/);
    assert.equal(readTls({ key: "-----BEGIN PRIVATE KEY-----AAAA BBBB-----END PRIVATE KEY-----", cert: "-----BEGIN CERTIFICATE----- CC -----END CERTIFICATE-----" }, folder)?.key, "-----BEGIN PRIVATE KEY-----\nAAAA\nBBBB\n-----END PRIVATE KEY-----\n");
    assert.equal(readTls({ caFile: " ", cert: "" }, folder), undefined);
    refuses(() => readTls({ caFile: "none.pem" }, folder), "RESONANCE_CONFIG_INVALID", "caFile");
    refuses(() => readTls({ key: "hello" }, folder), "RESONANCE_CONFIG_INVALID", "keyFile");
  });
});

describe("small machines", () => {
  test("messages are acknowledged in the order in which they came, whatever the order they were taken in", async () => {
    const written: Buffer[] = [];
    const acknowledger = createAcknowledger((bytes) => written.push(bytes));
    const taken = [1, 2, 0x1234].map((id) => acknowledger.expect(id));
    taken[1]?.();
    taken[2]?.();
    await new Promise(setImmediate);
    assert.deepEqual(written, []);
    taken[0]?.();
    taken[0]?.();
    await new Promise(setImmediate);
    assert.deepEqual(written, [Buffer.from([0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x40, 2, 0x12, 0x34])]);
  });

  test("a window lets so much be under way at once, in order, and fails the rest when it is closed", async () => {
    const window = createWindow(2);
    const ends: (() => void)[] = [];
    const log: number[] = [];
    const work = [1, 2, 3, 4].map((number) => window.run(() => { log.push(number); return new Promise<void>((resolve) => ends.push(resolve)); }));
    assert.deepEqual(log, [1, 2]);
    ends[0]?.();
    await work[0];
    await until(() => log.length === 3, "the third");
    window.close(new Error("closed"));
    await assert.rejects(work[3] ?? Promise.resolve(), /closed/);
    await assert.rejects(window.run(() => Promise.resolve()), /closed/);
  });
});

describe("with a real broker", { skip: skipWithout("mosquitto", mosquitto) }, () => {
  after(async () => {
    await closeConnections();
    await stopBrokers();
  });

  test("content type, user properties and expiry arrive with MQTT 5 and are left out with 3.1.1; retained messages stay", async () => {
    const broker = await startBroker();
    const publication = compileWriter({ qos: 1, retain: true })(RECORD, undefined)[0]!;
    for (const protocol of ["5", "3.1.1"] as const) {
      const connection = connect(broker.url, { protocol });
      connection.hold();
      await connected(connection);
      assert.equal(connection.version(), protocol === "5" ? 5 : 4);
      await connection.publish({ ...publication, topic: `${protocol}/x`, expiresAt: Date.now() + 60_000 });
      const late = await outsider(broker.url);
      await late.subscribe(`${protocol}/#`);
      await until(() => late.packets.length === 1, "the retained message");
      const [packet] = late.packets;
      assert.deepEqual([packet?.retain, JSON.parse(String(packet?.payload))], [true, RECORD]);
      const { contentType, userProperties, messageExpiryInterval = 0, payloadFormatIndicator } = packet?.properties ?? {};
      if (protocol === "5") {
        assert.deepEqual([contentType, { ...userProperties }, payloadFormatIndicator], ["application/json", publication.properties?.userProperties, true]);
        assert.ok(messageExpiryInterval > 50 && messageExpiryInterval <= 60);
      } else assert.deepEqual([contentType, userProperties, messageExpiryInterval], [undefined, undefined, 0]);
      await late.close();
    }
    const over = connect(broker.url);
    over.hold();
    await connected(over);
    await failsWith(over.publish({ ...publication, expiresAt: Date.now() - 1 }), "RESONANCE_MQTT_EXPIRED");
  });

  test("users share one client; the same filter is one subscription; each gets a message once, also where filters overlap", async () => {
    const broker = await startBroker();
    for (const protocol of ["5", "3.1.1"] as const) {
      const connection = connect(broker.url, { protocol });
      const users = [record(connection, "a/#"), record(connection, "a/#"), record(connection, "a/b"), record(connection, "c")];
      await until(() => users.every(({ active }) => active.at(-1)), "all subscriptions");
      await publishText(connection, "a/b", "1");
      await publishText(connection, "c", "2");
      await until(() => users.every(({ texts }) => texts.length > 0), "the messages");
      await publishText(connection, "c", "3");
      await until(() => users[3]?.texts.length === 2, "the last message");
      assert.deepEqual(users.map(({ texts }) => texts), [["1"], ["1"], ["1"], ["2", "3"]]);
      await connection.close();
    }
    assert.equal((broker.log().match(/New client connected/g) ?? []).length, 2);
  });

  test("clients of a shared group divide the messages among them", async () => {
    const broker = await startBroker();
    const connections = [connect(broker.url), connect(broker.url), connect(broker.url, { protocol: "3.1.1" })];
    const users = connections.map((connection) => record(connection, subscriptionFilter("a/#", "line")));
    await until(() => users.every(({ active }) => active.at(-1)), "all subscriptions");
    const sender = await outsider(broker.url);
    for (let number = 0; number < 30; number += 1) await sender.publish("a/x", String(number));
    await until(() => users.flatMap(({ texts }) => texts).length === 30, "all messages");
    assert.deepEqual(users.flatMap(({ texts }) => texts).map(Number).sort((a, b) => a - b), Array.from({ length: 30 }, (_, number) => number));
    for (const { texts } of users) assert.ok(texts.length > 0);
    await sender.close();
  });

  test("what is not taken is not acknowledged: the broker sends no more than was allowed, and sends it again to the next connection", async () => {
    const broker = await startBroker();
    const first = connect(broker.url, { clientId: "same", receiveMaximum: 5 });
    const slow = record(first, "a", { hold: true });
    await until(() => slow.active.at(-1) === true, "the subscription");
    const sender = await outsider(broker.url);
    for (let number = 0; number < 20; number += 1) await sender.publish("a", String(number));
    await until(() => slow.texts.length === 5, "the first five");
    slow.taken[0]?.();
    slow.taken[1]?.();
    // Mosquitto 2.0.11 sends more than one for each acknowledgement.
    await until(() => slow.texts.length >= 7 && (broker.log().match(/Received PUBACK from same/g) ?? []).length === 2, "two more");
    await first.close();
    const second = connect(broker.url, { clientId: "same" });
    const quick = record(second, "a");
    await until(() => quick.texts.length === 18, "the rest");
    assert.deepEqual(quick.texts, Array.from({ length: 18 }, (_, index) => String(index + 2)));
    assert.deepEqual(quick.messages.map(({ dup }) => dup), Array.from({ length: 18 }, (_, index) => index < slow.texts.length - 2));
    await sender.close();
  });

  test("a subscription that changes hands in a deployment loses nothing; one that nobody takes over is ended", async () => {
    const broker = await startBroker();
    const connection = connect(broker.url, { sessionExpiry: 600 }, { grace: 500, goodbye: 500 });
    const keep = record(connection, "other");
    const before = record(connection, "a/#");
    await until(() => before.active.at(-1) === true && keep.active.at(-1) === true, "the subscriptions");
    before.close();
    await publishText(connection, "a/b", "between");
    await publishText(connection, "other", "mark");
    await until(() => keep.texts.length === 1, "the mark");
    const next = record(connection, "a/#");
    await until(() => next.texts.length === 1, "what came in between");
    assert.deepEqual([before.texts, next.texts], [[], ["between"]]);
    next.close();
    await until(() => /Received UNSUBSCRIBE/.test(broker.log()), "the end of the subscription");
  });

  test("a retained message says online, and offline when the client leaves or breaks off", async () => {
    const broker = await startBroker();
    const watcher = await outsider(broker.url);
    await watcher.subscribe("state/#");
    const connection = connect(broker.url, { stateTopic: "state/edge" });
    connection.hold();
    await connected(connection);
    await connection.close();
    await until(() => watcher.packets.length === 2, "both states");
    const states = watcher.texts().map((text) => JSON.parse(text) as Record<string, string>);
    assert.deepEqual(states.map(({ state, reason }) => [state, reason]), [["online", undefined], ["offline", "closed"]]);
    const thief = connect(broker.url, { stateTopic: "state/edge", clientId: "twin" });
    thief.hold();
    await until(() => watcher.packets.length === 3, "online again");
    const other = await outsider(broker.url, { clientId: "twin" });
    await until(() => watcher.texts().some((text) => text.includes("connection lost")), "the will");
    await thief.close();
    await other.close();
    await watcher.close();
  });

  test("a message larger than the broker takes is refused here and does not cost the connection", async () => {
    const broker = await startBroker(["allow_anonymous true", "max_packet_size 1000"]);
    const connection = connect(broker.url);
    connection.hold();
    await connected(connection);
    await failsWith(publishText(connection, "a", "x".repeat(2000)), "RESONANCE_MQTT_TOO_LARGE");
    await publishText(connection, "a", "small");
    assert.equal((broker.log().match(/New client connected/g) ?? []).length, 1);
  });

  test("more messages at once than may be on their way are refused and the others arrive", async () => {
    const broker = await startBroker();
    const connection: MqttConnection = connect(broker.url);
    const heard = record(connection, "a");
    await until(() => heard.active.at(-1) === true, "the subscription");
    const outgoing = createOutgoing(connection, { limit: 50 });
    const outcomes = await Promise.allSettled(Array.from({ length: 80 }, (_, number) => outgoing.send({ topic: "a", payload: Buffer.from(String(number)), qos: 1, retain: false })));
    assert.deepEqual(outcomes.map(({ status }) => status), Array.from({ length: 80 }, (_, index) => (index < 50 ? "fulfilled" : "rejected")));
    await until(() => heard.texts.length === 50, "the fifty");
    await outgoing.close();
  });
});
