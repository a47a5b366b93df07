import { ResonanceError } from "../errors/resonance-error";
import type { TlsMaterial } from "../connection/tls";

/** `auto`: MQTT 5, and 3.1.1 where the broker speaks only that. */
export type Protocol = "auto" | "5" | "3.1.1";
/** MQTT's number on the wire. */
export type ProtocolVersion = 4 | 5;

/** How to reach a broker and who to be there. */
export interface MqttSettings {
  /** `mqtt://host:port`, `mqtts://…`, `ws://host:port/path`, `wss://…` */
  readonly url: string;
  readonly protocol: Protocol;
  readonly clientId: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Whether the broker forgets subscriptions and waiting messages when the connection is made. */
  readonly cleanStart: boolean;
  /** Seconds the broker keeps the session after the connection ended (MQTT 5; a 3.1.1 broker decides itself). */
  readonly sessionExpiry: number;
  /** Seconds between two signs of life; 0 for none. */
  readonly keepAlive: number;
  /** Messages with QoS 1 or 2 under way to us at once (MQTT 5: receive maximum). */
  readonly receiveMaximum: number;
  readonly tls?: TlsMaterial;
  /** Topic of a retained message that says whether this client is there (birth and will); none where empty. */
  readonly stateTopic?: string;
}

/** Times of the life cycle in ms; the defaults suit a plant network. */
export interface MqttTimings {
  /** Until an attempt counts as failed. */
  readonly connect: number;
  /** Until the broker must have answered a subscription. */
  readonly answer: number;
  /** For each polite step of closing, before the socket is cut. */
  readonly goodbye: number;
  /** How long a connection must hold for the next failure to start with the shortest pause again. */
  readonly stable: number;
  /** How long messages of a subscription nobody uses wait for the next user, as in a deployment. */
  readonly grace: number;
  /** Between attempts for subscriptions the broker refused. */
  readonly subscribeRetry: number;
  readonly firstRetry: number;
  readonly longestRetry: number;
}

export const DEFAULT_TIMINGS: MqttTimings = {
  connect: 15_000, answer: 10_000, goodbye: 1_000, stable: 5_000, grace: 2_000, subscribeRetry: 30_000, firstRetry: 1_000, longestRetry: 30_000,
};

const SCHEMES = ["mqtt:", "mqtts:", "ws:", "wss:"];
const SECURE: readonly string[] = ["mqtts:", "wss:"];
const PROTOCOLS: readonly string[] = ["auto", "5", "3.1.1"] satisfies Protocol[];
const UINT16 = 0xffff;
const UINT32 = 0xffffffff;

/** Whether the connection to this URL is encrypted. */
export function isSecure(url: URL): boolean {
  return SECURE.includes(url.protocol);
}

/**
 * Checks the settings.
 * @returns the broker's URL
 * @throws RESONANCE_CONFIG_INVALID for the first setting that cannot work, with its name as path; no text holds a secret.
 */
export function checkSettings(settings: MqttSettings): URL {
  const url = parseBrokerUrl(settings.url);
  const { protocol, clientId, user, password, keepAlive, sessionExpiry, receiveMaximum, cleanStart, tls = {}, stateTopic } = settings;
  if (!PROTOCOLS.includes(protocol)) throw invalid("protocol", `"${protocol}" is none of ${PROTOCOLS.join(", ")}`);
  if (clientId === "" && !cleanStart) throw invalid("clientId", "a session that is kept needs a client ID");
  if (!user && password && protocol !== "5") throw invalid("user", "a password needs a user before MQTT 5");
  whole("keepAlive", keepAlive, 0, UINT16);
  whole("sessionExpiry", sessionExpiry, 0, UINT32);
  whole("receiveMaximum", receiveMaximum, 1, UINT16);
  if ((tls.cert === undefined) !== (tls.key === undefined)) throw invalid("cert", "a client certificate and its key belong together");
  if (!isSecure(url) && (tls.ca ?? tls.cert) !== undefined) throw invalid("url", `certificates need mqtts:// or wss://, not ${url.protocol}//`);
  if (stateTopic && /[+#\0]/.test(stateTopic)) throw invalid("stateTopic", "a topic holds no + or #");
  return url;
}

/** @throws RESONANCE_CONFIG_INVALID for anything but an address of one of the four kinds without user and password. */
export function parseBrokerUrl(text: string): URL {
  const trimmed = text.trim();
  const scheme = SCHEMES.find((each) => trimmed.toLowerCase().startsWith(`${each}//`));
  if (scheme === undefined) throw invalid("url", `"${trimmed}" begins with none of ${SCHEMES.map((each) => `${each}//`).join(", ")}`);
  // The platform's parser judges hosts strictly only for schemes it knows.
  if (!URL.canParse(`http${trimmed.slice(scheme.length - 1)}`)) throw invalid("url", `"${trimmed}" is no address such as mqtt://host:1883`);
  const url = new URL(trimmed);
  if (url.hostname === "") throw invalid("url", `"${trimmed}" names no host`);
  if (url.username !== "" || url.password !== "") throw invalid("url", "user and password belong into the credentials, not into the URL");
  return url;
}

function whole(setting: string, value: number, least: number, most: number): void {
  if (!(Number.isInteger(value) && value >= least && value <= most)) throw invalid(setting, `${value} is not a whole number from ${least} to ${most}`);
}

export function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
