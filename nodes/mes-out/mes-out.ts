import type { NodeAPI, NodeDef } from "node-red";
import { toEnvelope, type KnownDocument } from "../lib/mes/envelope";
import type { MesClient } from "../lib/mes/mes-client";
import { defineNode } from "../lib/node-red/define-node";

interface MesOutDef extends NodeDef {
  mes: string;
}

/** Sends B2MML documents to the MES and passes its answer on; what the MES refuses goes to Catch nodes. */
export = (RED: NodeAPI) =>
  defineNode<MesOutDef>(RED, "resonance-mes-out", ({ def, lookup, status }) => {
    const client = lookup.config<MesClient>(def.mes, "resonance-mes");
    const unsubscribe = client.onStatus(({ state, pending }) => {
      if (state === "retrying") status.show("yellow", "ring", "retrying", { count: pending });
      else if (state === "sending" && pending > 1) status.show("blue", "dot", "pending", { count: pending });
    });
    return {
      async input(msg) {
        const known = (msg["resonance"] ?? {}) as { isa95?: KnownDocument };
        const delivery = await client.send(toEnvelope(msg.payload, client.format, known.isa95));
        const { statusCode, attempts, bodId, verdict, durationMs, ...answer } = delivery;
        status.count(verdict === "none" ? "unacknowledged" : verdict);
        msg.payload = { verdict, ...answer };
        msg["resonance"] = { ...known, delivery: { statusCode, attempts, bodId, verdict, durationMs } };
        return msg;
      },
      close: unsubscribe,
    };
  });
