import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import type { MqttBroker } from "../lib/mqtt/broker";
import type { Publication, Qos } from "../lib/mqtt/message";
import { answerTo, responseTopicOf, type Request } from "../lib/mqtt/request";
import { compileWriter } from "../lib/mqtt/write-message";
import { defineNode } from "../lib/node-red/define-node";
import type { Equipment } from "../lib/record/equipment";

interface MqttOutDef extends NodeDef {
  broker: string;
  target: "place" | "topic" | "response";
  /** Place of what does not name its own. */
  equipment: string;
  topic: string;
  qos: Qos | string;
  retain: boolean;
}

/** Publishes records, samples and values; a message is done when the broker acknowledged it or it is safe on the disk. */
export = (RED: NodeAPI) =>
  defineNode<MqttOutDef>(RED, "resonance-mqtt-out", (kit) => {
    const { def, lookup, status } = kit;
    const { connection, outgoing } = lookup.config<MqttBroker>(def.broker, "resonance-mqtt-broker");
    const write = compileWriter({
      template: templateOf(def),
      equipment: lookup.optional<Equipment>(def.equipment, "resonance-equipment")?.path,
      qos: Number(def.qos) as Qos,
      retain: def.retain,
    });
    const publications = (msg: NodeMessage & Request, topic: string | undefined): readonly Publication[] => {
      if (def.target !== "response") return write(msg.payload, topic);
      responseTopicOf(msg.responseTopic);
      return write(msg.payload, "answer").map((publication) => answerTo(msg, publication));
    };
    let sent = 0;

    const show = (): void => {
      const { waiting, dropped, expired, dead } = outgoing.counts();
      const lost = dropped + expired + dead;
      const { state, error } = connection.status();
      if (waiting > 0) status.show("yellow", "ring", lost > 0 ? "waitingLost" : "waiting", { count: waiting, lost });
      else if (state === "connected") status.show("green", "dot", lost > 0 ? "sentLost" : connection.version() === 4 ? "sentOld" : "sent", { count: sent, lost });
      else if (error && state !== "reconnecting") status.error(error);
      else status.show(state === "connecting" || state === "reconnecting" ? "yellow" : "grey", "ring", state === "connecting" || state === "reconnecting" ? state : "closed");
    };
    const release = connection.hold();
    const ignore = [
      connection.onState(show),
      outgoing.onChange((problem) => {
        if (problem) kit.fail(problem);
        show();
      }),
    ];
    show();
    return {
      async input(msg) {
        const topic = typeof msg.topic === "string" ? msg.topic : undefined;
        const outcomes = await Promise.all(publications(msg, topic).map((publication) => outgoing.send(publication)));
        sent += outcomes.filter((outcome) => outcome === "sent").length;
        show();
      },
      close() {
        for (const end of ignore) end();
        release();
      },
    };
  });

/** Topic with placeholders; the topic of an answer is its request's. */
function templateOf({ target, topic }: MqttOutDef): string {
  if (target === "response") return "{topic}";
  return target === "topic" ? topic.trim() || "{topic}" : "";
}
