import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { ResonanceError } from "../lib/errors/resonance-error";
import type { Delivery } from "../lib/mes/delivery";
import { toEnvelope, type KnownDocument } from "../lib/mes/envelope";
import type { Result } from "../lib/mes/mes-outbox";
import { laneOf, type MesWay } from "../lib/mes/mes-way";
import { isCommand, runCommand } from "../lib/mes/outbox-command";
import { tellDelivery } from "../lib/node-red/delivery-news";
import { defineNode, type NodeBehaviour, type NodeKit } from "../lib/node-red/define-node";
import { createMessageKeeper } from "../lib/node-red/kept-message";

interface MesOutDef extends NodeDef {
  mes: string;
}

type Kit = NodeKit<MesOutDef>;
type ByDisk = Extract<MesWay, { keep: "disk" }>;
type FromMemory = Extract<MesWay, { keep: "none" }>;

/** Sends B2MML documents to the MES and passes its answer on; what the MES refuses goes to Catch nodes. */
export = (RED: NodeAPI) =>
  defineNode<MesOutDef>(RED, "resonance-mes-out", (kit) => {
    const way = kit.lookup.config<MesWay>(kit.def.mes, "resonance-mes");
    return way.keep === "disk" ? byDisk(kit, way) : fromMemory(kit, way);
  });

/** The message is done when the MES has answered. */
function fromMemory({ RED, status }: Kit, { client, format }: FromMemory): NodeBehaviour {
  const unsubscribe = client.onStatus(({ state, pending }) => {
    if (state === "retrying") status.show("yellow", "ring", "retrying", { count: pending });
    else if (state === "sending" && pending > 1) status.show("blue", "dot", "pending", { count: pending });
  });
  return {
    async input(msg) {
      if (isCommand(msg.topic)) throw new ResonanceError("RESONANCE_MES_NO_OUTBOX", {}, { path: "topic" });
      const { isa95 } = knownOf(msg);
      const delivery = await toldWhenLost(RED, isa95, () => client.send(toEnvelope(msg.payload, format, isa95)));
      tellDelivery(RED, delivery.bodId, true);
      status.count(delivery.verdict === "none" ? "unacknowledged" : delivery.verdict);
      return answered(msg, delivery);
    },
    close: unsubscribe,
  };
}

/** The message is done when the document is on the disk; the answer comes when the MES has given it, also after a restart. */
function byDisk({ RED, node, status, ...kit }: Kit, { outbox, format, order }: ByDisk): NodeBehaviour {
  const kept = createMessageKeeper();
  let lost = 0;
  let shown = false;
  const show = (): void => {
    const { state, problem, counts } = outbox.status();
    const waiting = counts?.waiting ?? 0;
    const blocked = counts?.blocked ?? 0;
    const gone = counts ? counts.dropped + counts.expired + counts.deadDropped + counts.damaged : 0;
    if (gone > lost) status.count("dropped", "yellow", gone - lost);
    lost = gone;
    const troubled = problem?.code.startsWith("RESONANCE_OUTBOX_") === true;
    if (troubled) status.error(problem);
    else if (blocked > 0) status.show("yellow", "ring", "blocked", { count: blocked });
    else if (state === "retrying") status.show("yellow", "ring", "retryingFor", { reason: problem?.status(kit.language) ?? "", count: waiting });
    else if (waiting > 1) status.show("blue", "dot", "pending", { count: waiting });
    // Nothing is going on any more: what it came to.
    else if (shown) status.count("accepted", "green", 0);
    shown = troubled || state === "retrying" || blocked > 0 || waiting > 1;
  };
  const tell = (result: Result): void => {
    tellDelivery(RED, result.parcel.envelope.bodId, result.kind === "delivered");
    const msg = kept.restore(result.parcel.context);
    if (result.kind === "delivered") {
      const { delivery } = result;
      status.count(delivery.verdict === "none" ? "unacknowledged" : delivery.verdict);
      kit.send([answered(msg, delivery), null]);
      return;
    }
    status.count("dead", "yellow");
    msg.payload = result.parcel.envelope.document;
    msg["resonance"] = { ...knownOf(msg), deadLetter: result.sequence };
    kit.fail(result.error, msg);
  };
  const ends = [
    outbox.onResult(node.id, tell),
    outbox.onChange((problem) => {
      if (problem) kit.fail(problem);
      show();
    }),
  ];
  return {
    async input(msg) {
      if (isCommand(msg.topic)) {
        msg.payload = await runCommand(outbox, msg.topic, msg.payload, kit.language);
        return [null, msg];
      }
      const { isa95 } = knownOf(msg);
      return toldWhenLost(RED, isa95, async () => {
        const envelope = toEnvelope(msg.payload, format, isa95);
        await outbox.send({ envelope, lane: laneOf(envelope.document, order), owner: node.id, context: kept.keep(msg) });
        return undefined;
      });
    },
    close() { for (const end of ends) end(); },
  };
}

/** A document that cannot be sent never gets to the MES: who remembers it as sent must hear of that. */
async function toldWhenLost<T>(RED: NodeAPI, isa95: KnownDocument | undefined, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (thrown) {
    tellDelivery(RED, isa95?.bodId, false);
    throw thrown;
  }
}

/** The message with the MES's answer in place of the document. */
function answered(msg: NodeMessage, { statusCode, attempts, bodId, verdict, durationMs, ...answer }: Delivery): NodeMessage {
  msg.payload = { verdict, ...answer };
  msg["resonance"] = { ...knownOf(msg), delivery: { statusCode, attempts, bodId, verdict, durationMs } };
  return msg;
}

function knownOf(msg: NodeMessage): { isa95?: KnownDocument } {
  return msg["resonance"] ?? {};
}
