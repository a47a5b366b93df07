import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { ResonanceError, toResonanceError } from "../lib/errors/resonance-error";
import type { MqttBroker } from "../lib/mqtt/broker";
import type { MqttMessage, Qos, Taken } from "../lib/mqtt/message";
import { describeMessage, standardProperties } from "../lib/mqtt/describe-message";
import { compileReader, type Expected } from "../lib/mqtt/read-message";
import { subscriptionFilter } from "../lib/mqtt/topic";
import { placeFilter } from "../lib/mqtt/topic-plan";
import { defineNode } from "../lib/node-red/define-node";
import { flowTracker } from "../lib/node-red/flow-tracker";
import { followMqtt } from "../lib/node-red/mqtt-status";
import type { Equipment } from "../lib/record/equipment";

interface MqttInDef extends NodeDef {
  broker: string;
  source: "place" | "topic";
  equipment: string;
  /** Empty: any. */
  category: string;
  direction: "" | "input" | "output";
  topic: string;
  qos: Qos | string;
  shared: boolean;
  expected: Expected;
  tag: "topic" | "level";
  /** When the broker hears that a message with QoS 1 arrived: the flow is done with it, or it was handed over. */
  acknowledge: "flow" | "sent";
  /** seconds */
  flowTimeout: number | string;
  /** kB */
  sizeLimit: number | string;
}

const KILOBYTE = 1_000;

/** Receives records, samples and values from a broker; what cannot be read leaves by the second port. */
export = (RED: NodeAPI) =>
  defineNode<MqttInDef>(RED, "resonance-mqtt-in", (kit) => {
    const { def, lookup, status, language } = kit;
    const { connection, sharedGroup } = lookup.config<MqttBroker>(def.broker, "resonance-mqtt-broker");
    if (def.shared && sharedGroup === "") throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "shared", detail: "the broker's configuration node names no group" }, { path: "shared" });
    const topic = def.source === "place" ? placeFilter(lookup.config<Equipment>(def.equipment, "resonance-equipment").path, def.category, def.direction) : def.topic.trim();
    const filter = subscriptionFilter(topic, def.shared ? sharedGroup : "");
    const read = compileReader({ expected: def.expected, tag: def.tag, maxBytes: Number(def.sizeLimit) * KILOBYTE });
    const seconds = Number(def.flowTimeout);
    const tracker = def.acknowledge === "flow" && seconds > 0 ? flowTracker(RED) : undefined;

    const toMessage = (message: MqttMessage): { readonly msg: NodeMessage; readonly rejected: boolean } => {
      const mqtt = describeMessage(message);
      const { topic: name, payload } = message;
      const standard = standardProperties(message);
      try {
        return { rejected: false, msg: { topic: name, payload: read(message), ...standard, resonance: { mqtt } } };
      } catch (thrown) {
        const { code, path = "", message: text } = toResonanceError(thrown).localize(language);
        return { rejected: true, msg: { topic: name, payload: payload.toString("utf8"), ...standard, resonance: { mqtt, errors: [{ path, code, message: text }] } } };
      }
    };
    const pass = (message: MqttMessage, taken: Taken): void => {
      const { msg, rejected } = toMessage(message);
      status.count(rejected ? "rejected" : "received", rejected ? "yellow" : "green");
      const send = (whole: NodeMessage): void => { kit.send(rejected ? [null, whole] : whole); };
      if (tracker === undefined || message.qos === 0) {
        send(msg);
        taken();
        return;
      }
      tracker.follow(msg, send, seconds * 1000, (late) => {
        taken();
        if (late) kit.fail(new ResonanceError("RESONANCE_MQTT_UNCONFIRMED", { topic: message.topic, seconds }));
      });
    };

    const follow = followMqtt(kit, connection);
    const subscription = connection.subscribe({ filter, qos: Number(def.qos) as Qos }, {
      message: pass,
      problem(error) { kit.fail(error); },
      active: follow.active,
    });
    return {
      close() {
        follow.close();
        subscription.close();
      },
    };
  });
