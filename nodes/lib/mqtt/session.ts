import type { IConnackPacket, IPublishPacket } from "mqtt";
import { settled, within } from "../connection/deadline";
import { ResonanceError } from "../errors/resonance-error";
import { createAcknowledger } from "./acknowledger";
import { clientOptions } from "./client-options";
import { expiredError, isOver } from "./expiry";
import { failure, toFailure, type FailureContext } from "./failure";
import { limitsOf, type BrokerLimits } from "./limits";
import { loadMqtt } from "./load";
import type { MqttMessage, Publication, Qos, Taken } from "./message";
import { presence } from "./presence";
import { publishProperties } from "./publish-properties";
import type { MqttSettings, MqttTimings, ProtocolVersion } from "./settings";

/** One connection from CONNACK to its end. */
export interface MqttSession {
  readonly version: ProtocolVersion;
  /** Whether the broker still knew the session, with its subscriptions and what waited. */
  readonly resumed: boolean;
  readonly limits: BrokerLimits;
  /** Settles with the broker's acknowledgement; with QoS 0 when it was written. Rejects at once when the connection ends. */
  publish(publication: Publication): Promise<void>;
  subscribe(filter: string, qos: Qos, identifier?: number): Promise<void>;
  unsubscribe(filter: string): Promise<void>;
  /** Says goodbye politely, then cuts the socket; never rejects. */
  close(polite: boolean): Promise<void>;
}

/** Who hears of a session. */
export interface SessionListener {
  message(message: MqttMessage, taken: Taken, identifiers: readonly number[]): void;
  /** Once, when the session ends by itself. */
  lost(error: ResonanceError): void;
}

/** MQTT.js sends no acknowledgement for a message whose handler gives an error; ours follows when the message was taken. */
const LATER = new Error("acknowledged when the message was taken");
const NOTHING: Taken = () => undefined;
const DISCONNECT = Buffer.from([0xe0, 0]);
/** DISCONNECT codes that one of our own messages caused (MQTT 5.0 table 3-13). */
const ABOUT_A_MESSAGE: readonly number[] = [0x90, 0x95, 0x99, 0x9a, 0x9b];

/**
 * Opens a session: one attempt, without MQTT.js's own reconnection.
 * @throws RESONANCE_MQTT_…: why there is none; or the signal's reason
 */
export async function openSession(
  settings: MqttSettings, url: URL, version: ProtocolVersion, timings: MqttTimings, signal: AbortSignal, listener: SessionListener,
): Promise<MqttSession> {
  const context: FailureContext = { url: settings.url, user: settings.user, clientId: settings.clientId };
  const client = loadMqtt().connect(clientOptions(settings, url, version, timings));
  const publishing = new Map<(error: ResonanceError) => void, Publication>();
  let reason: unknown;
  let ended: ResonanceError | undefined;
  let announce: (error: ResonanceError) => void = () => undefined;

  const end = (): void => {
    if (ended) return;
    ended = reason === undefined ? failure("RESONANCE_MQTT_CONNECTION_LOST", context, "the connection was closed") : toFailure(reason, context);
    for (const reject of [...publishing.keys()]) reject(ended);
    announce(ended);
  };
  const note = (thrown: unknown): void => { reason ??= thrown; };
  client.on("error", note);
  // An upgrade to WebSocket that is refused is heard of only here.
  client.stream.on("error", note);
  client.on("close", end);
  client.on("disconnect", ({ reasonCode = 0, properties }) => {
    reason = Object.assign(new Error(properties?.reasonString ?? `the broker ended the connection with reason 0x${reasonCode.toString(16)}`), { code: reasonCode });
    if (ABOUT_A_MESSAGE.includes(reasonCode)) {
      const [first] = publishing;
      first?.[0](refusedPublish(first[1], reasonCode, properties?.reasonString));
    }
  });

  const acknowledger = createAcknowledger((bytes) => { if (!ended) client.stream.write(bytes); });
  client.handleMessage = (packet, callback) => {
    const known = packet.properties?.subscriptionIdentifier;
    const identifiers = known === undefined ? [] : [known].flat();
    if (packet.qos !== 1) {
      listener.message(toMessage(packet), NOTHING, identifiers);
      callback();
      return;
    }
    const taken = acknowledger.expect(packet.messageId ?? 0);
    callback(LATER);
    listener.message(toMessage(packet), taken, identifiers);
  };

  const cut = (): void => { client.end(true); client.stream.destroy(); };
  let connack: IConnackPacket;
  try {
    connack = await within(new Promise<IConnackPacket>((resolve, reject) => {
      client.once("connect", resolve);
      // A broker that only closes the connection says nothing about why.
      announce = (error) => { reject(error.code === "RESONANCE_MQTT_CONNECTION_LOST" ? failure("RESONANCE_MQTT_NO_CONNACK", context, String(error.params["detail"]), reason) : error); };
    }), timings.connect, () => failure("RESONANCE_MQTT_TIMEOUT", context, `no CONNACK within ${timings.connect} ms`), signal);
  } catch (thrown) {
    cut();
    throw thrown;
  }
  announce = (error) => { listener.lost(error); };
  (client.stream as { setNoDelay?(on: boolean): void }).setNoDelay?.(true);

  const limits = limitsOf(connack, version);
  const asked = <T>(work: Promise<T>): Promise<T> =>
    within(work, timings.answer, () => failure("RESONANCE_MQTT_TIMEOUT", context, `no answer within ${timings.answer} ms`));
  const publish = (publication: Publication): Promise<void> => new Promise((resolve, reject) => {
    // It may have waited for its turn.
    if (ended ?? isOver(publication)) { reject(ended ?? expiredError(publication)); return; }
    const fail = (error: ResonanceError): void => {
      publishing.delete(fail);
      reject(error);
    };
    if (publication.qos > 0) publishing.set(fail, publication);
    const { topic, payload, qos, retain } = publication;
    client.publish(topic, payload, { qos, retain, ...(version === 5 && { properties: publishProperties(publication) }) }, (error) => {
      if (!error) { publishing.delete(fail); resolve(); return; }
      const { code } = error as { code?: unknown };
      fail(typeof code === "number" ? refusedPublish(publication, code) : toFailure(error, context));
    });
  });
  return {
    version, limits, publish,
    resumed: connack.sessionPresent,
    async subscribe(filter, qos, identifier) {
      const properties = identifier !== undefined && limits.identifiers ? { properties: { subscriptionIdentifier: identifier } } : {};
      await asked(client.subscribeAsync(filter, { qos, ...properties })).catch((thrown: unknown) => {
        if (thrown instanceof ResonanceError || ended) throw ended ?? thrown;
        const detail = thrown instanceof Error ? thrown.message : String(thrown);
        throw new ResonanceError("RESONANCE_MQTT_SUBSCRIBE_REFUSED", { filter, detail }, { cause: thrown });
      });
    },
    async unsubscribe(filter) { await asked(client.unsubscribeAsync(filter)); },
    async close(polite) {
      if (!ended && polite) {
        const state = presence(settings, false, "closed");
        if (state) await settled(publish(state), timings.goodbye);
        const closed = new Promise<void>((resolve) => { client.once("close", resolve); });
        client.stream.write(DISCONNECT);
        client.stream.end();
        await settled(closed, timings.goodbye);
      }
      cut();
    },
  };
}

function toMessage({ topic, payload, qos, retain, dup, properties = {} }: IPublishPacket): MqttMessage {
  return { topic, payload: payload as Buffer, qos, retain, dup, properties: properties };
}

function refusedPublish({ topic }: Publication, code: number, detail?: string): ResonanceError {
  return new ResonanceError("RESONANCE_MQTT_PUBLISH_REFUSED", { topic, detail: detail ?? reasonName(code) });
}

function reasonName(code: number): string {
  const name = (loadMqtt() as { ReasonCodes?: Readonly<Record<number, string>> }).ReasonCodes?.[code];
  return `${name ?? "reason"} (0x${code.toString(16)})`;
}
