import type { IClientOptions } from "mqtt";
import { presence } from "./presence";
import { isSecure, type MqttSettings, type MqttTimings, type ProtocolVersion } from "./settings";

/** The options of MQTT.js for one attempt without its own reconnection. */
export function clientOptions(settings: MqttSettings, url: URL, version: ProtocolVersion, timings: MqttTimings): IClientOptions {
  const { clientId, user, password, cleanStart, sessionExpiry, keepAlive, receiveMaximum, tls } = settings;
  const will = presence(settings, false, "connection lost");
  return {
    protocol: url.protocol.slice(0, -1) as "mqtt",
    // `hostname` keeps brackets around an IPv6 address, which sockets do not want.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"), hostname: url.protocol.startsWith("ws") ? url.hostname : url.hostname.replace(/^\[(.*)\]$/, "$1"),
    ...(url.port !== "" && { port: Number(url.port) }),
    ...(url.protocol.startsWith("ws") && { path: `${url.pathname || "/"}${url.search}` }),
    protocolVersion: version, clientId, clean: cleanStart, keepalive: keepAlive,
    ...(user && { username: user }), ...(password && { password }),
    reconnectPeriod: 0, connectTimeout: timings.connect, resubscribe: false, queueQoSZero: false,
    ...(version === 5 && { properties: { sessionExpiryInterval: sessionExpiry, receiveMaximum } }),
    ...(will && { will: { topic: will.topic, payload: will.payload, qos: will.qos, retain: will.retain, ...(version === 5 && { properties: { contentType: "application/json" } }) } }),
    ...(isSecure(url) && tls), ...(isSecure(url) && { rejectUnauthorized: true }),
  };
}
