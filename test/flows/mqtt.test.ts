import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { InputRecord } from "../../nodes/lib/record/interface-record";
import { mosquitto, startBroker, stopBrokers, type Broker } from "../support/mosquitto";
import { outsider } from "../support/mqtt-client";
import { readExample, startRuntime, until, type EmbeddedRuntime } from "../support/node-red-runtime";
import { skipWithout } from "../support/requirements";

/** The example flow in the real runtime with a real broker. */

describe("unified namespace over MQTT", { skip: skipWithout("mosquitto", mosquitto) }, () => {
  let runtime: EmbeddedRuntime;
  let broker: Broker;
  before(async () => {
    broker = await startBroker();
    process.env["MQTT_URL"] = broker.url;
    runtime = await startRuntime();
  });
  after(async () => {
    await runtime.close();
    await stopBrokers();
  });

  it("publishes a retained record a second at its place, reads it back, and loses none while the broker is away", async () => {
    await runtime.deploy(readExample("SCADA", "02 Unified namespace over MQTT.json"));
    const made = (): string[] => runtime.sent("Machine record").map(({ payload }) => (payload as InputRecord).id);
    const arrived = (): string[] => runtime.sent("Check").map(({ payload }) => (payload as InputRecord).id);
    await until(() => arrived().length >= 2, "records from the namespace", 30);
    await broker.kill();
    const before = made().length;
    await until(() => made().length >= before + 2, "records while the broker is away");
    await broker.start();
    const all = made();
    await until(() => all.every((id) => arrived().includes(id)), "every record", 30);
    const first = [...new Set(arrived())];
    assert.deepEqual(first, made().slice(0, first.length), "in order");
    const watcher = await outsider(broker.url);
    await watcher.subscribe("acme/shanghai/machining/#");
    await until(() => watcher.packets.some(({ retain }) => retain), "the retained record");
    assert.deepEqual(watcher.packets.find(({ retain }) => retain)?.topic, "acme/shanghai/machining/line-1/cnc-07/predictive-maintenance/input");
    assert.deepEqual([runtime.sent("Check", 1), runtime.sent("Everything of the line", 1)], [[], []]);
    await watcher.close();
  });
});
