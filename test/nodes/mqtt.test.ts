import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Sample } from "../../nodes/lib/record/sample";
import { mosquitto, startBroker, stopBrokers, type Broker } from "../support/mosquitto";
import { outsider, type Outsider } from "../support/mqtt-client";
import { deploy, startHelper, stopHelper, undeploy, type Deployment, type DeployOptions, type TestNode } from "../support/node-helper";
import { until } from "../support/node-red-runtime";
import { skipWithout } from "../support/requirements";

/** The MQTT nodes with a real broker. */

const EQUIPMENT = "acme/shanghai/machining/line-1/cnc-07";
const RECORD = {
  profile: "gbt-provisional@0.1.0", category: "predictive-maintenance", direction: "output", id: "0193-record", timestamp: "2026-11-22T08:30:05.120Z", equipment: EQUIPMENT,
  values: { remainingUsefulLife: 41.5 }, nature: "prediction", inputId: "0193-input", model: { id: "tool-wear", version: "1.2.0" },
};
const PLACE: TestNode = { id: "place", type: "resonance-equipment", version: 1, enterprise: "acme", site: "shanghai", area: "machining", workCenter: "line-1", workUnit: "cnc-07", physicalAsset: "" };
const IN: TestNode = {
  id: "in", type: "resonance-mqtt-in", version: 1, broker: "broker", source: "place", equipment: "place", category: "", direction: "", topic: "", expected: "any", qos: "1", shared: false,
  acknowledge: "flow", flowTimeout: 30, tag: "topic", sizeLimit: 1000, wires: [[], []],
};
const OUT: TestNode = { id: "out", type: "resonance-mqtt-out", version: 1, broker: "broker", target: "place", topic: "", qos: "1", retain: false, equipment: "place", wires: [] };

describe("MQTT nodes", { skip: skipWithout("mosquitto", mosquitto) }, () => {
  let broker: Broker;
  let watcher: Outsider;
  let userDir: string;
  before(async () => {
    await startHelper();
    userDir = mkdtempSync(path.join(tmpdir(), "resonance-mqtt-"));
  });
  after(async () => {
    await stopHelper();
    rmSync(userDir, { recursive: true, force: true });
  });
  afterEach(async () => {
    await undeploy();
    await watcher.close();
    await stopBrokers();
  });

  const config = (changes: object = {}): TestNode => ({
    id: "broker", type: "resonance-mqtt-broker", name: "plant", version: 1, url: broker.url, protocol: "auto", clientId: "", caFile: "", certFile: "", keyFile: "", serverName: "", sharedGroup: "line",
    cleanStart: false, sessionExpiry: "600", keepAlive: "30", inFlight: "10", stateTopic: "", keep: "disk", policy: "drop-oldest", queueLimit: "1000", diskLimit: "10", ageLimit: "0", ...changes,
  });
  const start = async (nodes: (own: TestNode) => readonly TestNode[], changes: object = {}, options: DeployOptions = {}): Promise<Deployment> => {
    broker = await startBroker();
    watcher = await outsider(broker.url);
    return deploy([PLACE, ...nodes(config(changes))], { ...options, settings: { userDir } });
  };
  const shows = (flow: Deployment, id: string, text: RegExp): Promise<void> => until(() => text.test(flow.statuses(id).at(-1)?.text ?? ""), `the status ${text} of ${id}`);

  it("a record goes to its ISA-95 place, is done when the broker has it, and comes in below that place with its properties", async () => {
    const flow = await start((own) => [own, OUT, { ...IN, wires: [[], []] }]);
    await shows(flow, "in", /^connected$/);
    flow.receive("out", { payload: RECORD });
    await until(() => flow.sent("in").length === 1, "the record");
    await until(() => flow.completed.some(({ payload }) => (payload as { id?: string }).id === RECORD.id), "its completion");
    const [seen] = flow.sent("in");
    assert.deepEqual(seen?.payload, RECORD);
    assert.equal(seen.topic, `${EQUIPMENT}/predictive-maintenance/output`);
    const { userProperties, ...mqtt } = seen.resonance?.["mqtt"] as { userProperties: Record<string, string> };
    assert.deepEqual(mqtt, { topic: seen.topic, qos: 1, contentType: "application/json" });
    assert.deepEqual([userProperties["category"], userProperties["schema"]], [RECORD.category, "urn:model-data-resonance:schema:gbt-provisional@0.1.0:predictive-maintenance:output"]);
    await shows(flow, "out", /^1 sent$/);
    assert.deepEqual(flow.caught, []);
  });

  it("plain values come as samples; what cannot be read leaves by the second port with its code", async () => {
    const flow = await start((own) => [own, IN]);
    await shows(flow, "in", /^connected$/);
    await watcher.publish(`${EQUIPMENT}/Torque`, "41.5");
    await watcher.publish(`${EQUIPMENT}/Torque`, "{broken");
    await watcher.publish(`${EQUIPMENT}/x`, JSON.stringify({ ...RECORD, timestamp: "yesterday" }));
    await until(() => flow.sent("in", 1).length === 2, "both rejected messages");
    const [sample] = flow.sent("in")[0]?.payload as Sample[];
    assert.deepEqual([sample?.tag, sample?.value, sample?.quality], [`${EQUIPMENT}/Torque`, 41.5, "Good"]);
    assert.deepEqual(flow.sent("in", 1).map(({ payload, resonance }) => [payload, resonance?.errors?.[0]?.code]).at(0), ["{broken", "RESONANCE_MQTT_PAYLOAD_INVALID"]);
    assert.equal(flow.sent("in", 1)[1]?.resonance?.errors?.[0]?.path, "timestamp");
    await shows(flow, "in", /1 received, 2 rejected/);
  });

  it("while the broker is away messages wait on the disk, are done there, and outlive a deployment", async () => {
    const flow = await start((own) => [own, OUT]);
    await shows(flow, "out", /sent$/);
    await broker.kill();
    for (let number = 0; number < 20; number += 1) flow.receive("out", { payload: number, topic: "count" });
    await until(() => flow.completed.length === 20, "their completion");
    await shows(flow, "out", /^20 waiting$/);
    await flow.redeploy([PLACE, config(), { ...OUT, name: "again" }]);
    await shows(flow, "out", /^20 waiting$/);
    await broker.start();
    const late = await outsider(broker.url);
    await late.subscribe(`${EQUIPMENT}/#`);
    await until(() => late.packets.length === 20, "all of them");
    assert.deepEqual(late.texts(), Array.from({ length: 20 }, (_, number) => String(number)));
    assert.deepEqual(flow.caught, []);
    await late.close();
  });

  it("what a flow has not finished comes again after the next start; what it finished does not", async () => {
    const slow: { finish: boolean; readonly seen: unknown[]; readonly waiting: (() => void)[] } = { finish: true, seen: [], waiting: [] };
    const types = [(RED: import("node-red").NodeAPI): void => {
      RED.nodes.registerType("slow", function (this: import("node-red").Node, def) {
        RED.nodes.createNode(this, def);
        this.on("input", (msg, _send, done) => {
          slow.seen.push((msg.payload as Sample[])[0]?.value);
          if (slow.finish) done();
          else slow.waiting.push(done);
        });
      });
    }];
    const nodes = (own: TestNode): TestNode[] => [own, { ...IN, wires: [["slow"], []] }, { id: "slow", type: "slow", wires: [] }];
    const flow = await start(nodes, {}, { types });
    await shows(flow, "in", /^connected$/);
    await watcher.publish(`${EQUIPMENT}/a`, "1");
    await until(() => slow.seen.length === 1, "the first");
    await until(() => /Received PUBACK from mdr-broker/.test(broker.log()), "its acknowledgement");
    slow.finish = false;
    await watcher.publish(`${EQUIPMENT}/a`, "2");
    await until(() => slow.seen.length === 2, "the second");
    await flow.redeploy([PLACE, ...nodes(config({ keepAlive: "31" }))]);
    await until(() => slow.seen.length === 3, "the second again");
    assert.deepEqual(slow.seen, [1, 2, 2]);
  });

  it("an unusable topic or setting is told at deploy, and a message without place at its time", async () => {
    const flow = await start((own) => [own, { ...OUT, equipment: "" }, { ...IN, source: "topic", topic: "a#b" }]);
    await until(() => flow.caught.length === 1, "the refusal of the filter");
    flow.receive("out", { payload: 1, topic: "x" });
    await until(() => flow.caught.length === 2, "the refusal of the message");
    assert.deepEqual(flow.caught.map(({ resonance }) => resonance?.error?.code).sort(), ["RESONANCE_CONFIG_INVALID", "RESONANCE_MQTT_TOPIC_INVALID"]);
  });

  it("user and password are not in the flow and in no message", async () => {
    const credentials = { user: "cell-4", password: "op3rator" };
    const flow = await start((own) => [own, OUT], {}, { credentials: { broker: credentials } });
    await shows(flow, "out", /sent$/);
    assert.match(broker.log(), /u'cell-4'/);
    for (const secret of Object.values(credentials)) assert.ok(!flow.exported().includes(secret));
  });
});
