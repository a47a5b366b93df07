import { connectAsync, type IClientOptions, type IPublishPacket } from "mqtt";
import type { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { createMqttConnection, type MqttConnection } from "../../nodes/lib/mqtt/connection";
import type { MqttMessage, Qos, Taken } from "../../nodes/lib/mqtt/message";
import type { MqttSettings, MqttTimings } from "../../nodes/lib/mqtt/settings";
import { until } from "./node-red-runtime";

/** Times that let a test see many attempts. */
export const QUICK: Partial<MqttTimings> = { firstRetry: 20, longestRetry: 100, stable: 1_000, grace: 100, subscribeRetry: 200 };

const open = new Set<MqttConnection>();
let count = 0;

/** A connection of the product; `closeConnections` ends it. */
export function connect(url: string, settings: Partial<MqttSettings> = {}, timings: Partial<MqttTimings> = QUICK): MqttConnection {
  const connection = createMqttConnection({
    url, protocol: "5", clientId: `test-${process.pid}-${++count}`, cleanStart: false, sessionExpiry: 300, keepAlive: 30, receiveMaximum: 100, ...settings,
  }, timings);
  open.add(connection);
  return connection;
}

export async function closeConnections(): Promise<void> {
  await Promise.all([...open].map((connection) => connection.close()));
  open.clear();
}

/** What a subscription of the product heard. */
export interface Recorder {
  readonly messages: MqttMessage[];
  readonly texts: string[];
  readonly taken: Taken[];
  readonly problems: ResonanceError[];
  readonly active: boolean[];
  close(): void;
}

/** Subscribes and notes everything; messages are taken at once unless `hold`. */
export function record(connection: MqttConnection, filter: string, { qos = 1, hold = false }: { qos?: Qos; hold?: boolean } = {}): Recorder {
  const heard: Omit<Recorder, "close"> = { messages: [], texts: [], taken: [], problems: [], active: [] };
  const handle = connection.subscribe({ filter, qos }, {
    message(message, taken) {
      heard.messages.push(message);
      heard.texts.push(message.payload.toString());
      if (hold) heard.taken.push(taken);
      else taken();
    },
    problem(error) { heard.problems.push(error); },
    active(on) { heard.active.push(on); },
  });
  return { ...heard, close: () => handle.close() };
}

export function connected(connection: MqttConnection): Promise<void> {
  return until(() => connection.status().state === "connected", `a connection to ${connection.url}`);
}

export function publishText(connection: MqttConnection, topic: string, text: string, qos: Qos = 1, retain = false): Promise<void> {
  return connection.publish({ topic, payload: Buffer.from(text), qos, retain });
}

/** Another client than the product's connection, to look from outside. */
export async function outsider(url: string, options: IClientOptions = {}): Promise<Outsider> {
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, ...options });
  client.on("error", () => undefined);
  const packets: IPublishPacket[] = [];
  client.on("message", (_topic, _payload, packet) => { packets.push(packet); });
  return {
    packets,
    texts: () => packets.map(({ payload }) => String(payload)),
    subscribe: async (filter, qos = 1) => { await client.subscribeAsync(filter, { qos }); },
    publish: async (topic, text, publishing = {}) => { await client.publishAsync(topic, text, { qos: 1, ...publishing }); },
    close: () => client.endAsync(true),
    get connected() { return client.connected; },
  };
}

export interface Outsider {
  readonly packets: IPublishPacket[];
  readonly connected: boolean;
  texts(): string[];
  subscribe(filter: string, qos?: Qos): Promise<void>;
  publish(topic: string, text: string | Buffer, publishing?: Parameters<import("mqtt").MqttClient["publishAsync"]>[2]): Promise<void>;
  close(): Promise<void>;
}
