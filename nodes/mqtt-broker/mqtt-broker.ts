import path from "node:path";
import type { NodeAPI, NodeDef } from "node-red";
import type { MqttBroker } from "../lib/mqtt/broker";
import { createMqttConnection } from "../lib/mqtt/connection";
import { createOutgoing } from "../lib/mqtt/outgoing";
import type { Protocol } from "../lib/mqtt/settings";
import { readTls } from "../lib/connection/tls";
import { defineConfig } from "../lib/node-red/define-config";
import { userFolder } from "../lib/node-red/user-folder";
import { openOutbox } from "../lib/outbox/open-outbox";
import type { OutboxPolicy } from "../lib/outbox/outbox";

interface MqttBrokerDef extends NodeDef {
  url: string;
  protocol: Protocol;
  /** Empty: one of the node's own that never changes. */
  clientId: string;
  caFile: string;
  certFile: string;
  keyFile: string;
  serverName: string;
  sharedGroup: string;
  cleanStart: boolean;
  // Forms may save numbers as text.
  /** seconds */
  sessionExpiry: number | string;
  /** seconds */
  keepAlive: number | string;
  /** messages */
  inFlight: number | string;
  stateTopic: string;
  keep: "disk" | "none";
  policy: OutboxPolicy;
  /** messages */
  queueLimit: number | string;
  /** MB */
  diskLimit: number | string;
  /** hours; 0: for ever */
  ageLimit: number | string;
}

const MEGABYTE = 1_000_000;
const HOUR_MS = 3_600_000;
/** Messages in memory on their way to a broker that is there. */
const MOST_ON_THE_WAY = 10_000;

/** An MQTT broker: address, log-in and session; all nodes that use it share one client and one way out. */
export = (RED: NodeAPI) =>
  defineConfig<MqttBrokerDef, MqttBroker>(RED, "resonance-mqtt-broker", ({ def, credentials, node }) => {
    const folder = userFolder(RED);
    const { user, password, ca, cert, key, passphrase } = credentials;
    const tls = readTls({ caFile: def.caFile, certFile: def.certFile, keyFile: def.keyFile, servername: def.serverName, ca, cert, key, passphrase }, folder);
    const connection = createMqttConnection({
      url: def.url.trim(),
      protocol: def.protocol,
      clientId: def.clientId.trim() || `mdr-${node.id}`,
      user, password,
      cleanStart: def.cleanStart,
      sessionExpiry: Number(def.sessionExpiry),
      keepAlive: Number(def.keepAlive),
      receiveMaximum: Number(def.inFlight),
      stateTopic: def.stateTopic.trim(),
      ...(tls && { tls }),
    });
    const limits = { entries: Number(def.queueLimit), bytes: Number(def.diskLimit) * MEGABYTE, ageMs: Number(def.ageLimit) * HOUR_MS };
    const outgoing = createOutgoing(connection, {
      limit: MOST_ON_THE_WAY,
      openOutbox: def.keep === "disk" ? () => openOutbox({ folder: path.join(folder, "resonance", "outbox", `mqtt-${node.id}`), limits, policy: def.policy }) : undefined,
    });
    connection.onState(({ state }) => {
      if (state === "connected" && connection.version() === 4 && def.protocol === "auto") node.warn(RED._("warning.oldVersion"));
    });
    return {
      value: { connection, outgoing, sharedGroup: def.sharedGroup.trim() },
      async close() {
        await outgoing.finish();
        await connection.close();
        await outgoing.close();
      },
    };
  }, {
    credentials: {
      user: { type: "text" }, password: { type: "password" },
      ca: { type: "text" }, cert: { type: "text" }, key: { type: "password" }, passphrase: { type: "password" },
    },
  });
