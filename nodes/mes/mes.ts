import type { NodeAPI, NodeDef } from "node-red";
import type { DocumentFormat } from "../lib/isa95/document";
import { createMesExchange } from "../lib/mes/exchange";
import { createMesClient, requireAmount, requireCount } from "../lib/mes/mes-client";
import { createMesOutbox } from "../lib/mes/mes-outbox";
import type { DeliveryOrder, MesWay } from "../lib/mes/mes-way";
import { defineConfig, type ConfigKit, type ConfigOffer } from "../lib/node-red/define-config";
import { whenFlowsStarted } from "../lib/node-red/flows-started";
import { HTTP_ADDED, HTTP_CREDENTIALS, httpSettings, type HttpForm } from "../lib/node-red/http-form";
import { serveOutboxes, type DeployedOutboxes } from "../lib/node-red/mes-admin";
import { withOwnAddress } from "../lib/node-red/own-address";
import { outboxFolder } from "../lib/node-red/outbox-folder";
import { openOutbox } from "../lib/outbox/open-outbox";
import type { OutboxPolicy } from "../lib/outbox/outbox";

interface MesDef extends NodeDef, HttpForm {
  url: string;
  format: DocumentFormat;
  keep: "disk" | "none";
  retryFor: "ever" | "limit";
  order: DeliveryOrder;
  policy: OutboxPolicy;
  // Forms may save numbers as text.
  /** milliseconds */
  timeout: number | string;
  retries: number | string;
  /** documents */
  queueLimit: number | string;
  /** MB */
  diskLimit: number | string;
  /** hours; 0: for ever */
  ageLimit: number | string;
  /** equipments whose documents are under way at once */
  lanes: number | string;
}

/** Settings that version 1 did not have, as it worked. */
const ADDED = { ...HTTP_ADDED, keep: "none", retryFor: "limit", order: "equipment", policy: "refuse", diskLimit: 100, ageLimit: 0, lanes: 4 };
const MEGABYTE = 1_000_000;
const HOUR_MS = 3_600_000;

/** The MES's endpoint; the nodes that use it share one way to it. */
export = (RED: NodeAPI) => {
  const deployed = serveOutboxes(RED);
  defineConfig<MesDef, MesWay>(RED, "resonance-mes", (kit) => (kit.def.keep === "disk" ? byDisk(kit, deployed) : fromMemory(kit)), {
    credentials: HTTP_CREDENTIALS,
    migrations: [(saved) => ({ ...ADDED, ...saved })],
  });
};

type Kit = ConfigKit<MesDef>;

function fromMemory({ RED, def, credentials }: Kit): ConfigOffer<MesWay> {
  const client = createMesClient({ ...endpoint(RED, def, credentials), retries: Number(def.retries), queueLimit: Number(def.queueLimit) });
  return { value: { keep: "none", format: def.format, client }, close: () => client.close() };
}

function byDisk({ RED, node, def, credentials, language }: Kit, deployed: DeployedOutboxes): ConfigOffer<MesWay> {
  const lanesAtOnce = requireCount("lanes", Number(def.lanes), 1);
  const limits = {
    entries: requireCount("queueLimit", Number(def.queueLimit), 1),
    bytes: requireAmount("diskLimit", Number(def.diskLimit)) * MEGABYTE,
    ageMs: requireAmount("ageLimit", Number(def.ageLimit), true) * HOUR_MS,
  };
  const outbox = createMesOutbox({
    exchange: createMesExchange({ ...endpoint(RED, def, credentials), connections: lanesAtOnce }),
    open: () => openOutbox({ folder: outboxFolder(RED, node.id), limits, policy: def.policy }),
    lanesAtOnce,
    retries: def.retryFor === "ever" ? Infinity : requireCount("retries", Number(def.retries), 0),
    report: (problem) => { node.error(problem.localize(language).message); },
  });
  deployed.set(node.id, outbox);
  // Answers to documents of an earlier run need the flow.
  whenFlowsStarted(RED, () => { outbox.start(); });
  return {
    value: { keep: "disk", format: def.format, outbox, order: def.order },
    async close() {
      deployed.delete(node.id);
      await outbox.close();
    },
  };
}

function endpoint(RED: NodeAPI, def: MesDef, credentials: Kit["credentials"]): Parameters<typeof createMesExchange>[0] {
  return { url: withOwnAddress(RED, def.url), format: def.format, timeout: Number(def.timeout), connections: 1, ...httpSettings(RED, def, credentials) };
}
