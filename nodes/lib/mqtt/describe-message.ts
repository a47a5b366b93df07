import type { MqttMessage } from "./message";

/** What a flow sees of a message beside its payload, as `msg.resonance.mqtt`; only what the broker said. */
export interface MqttFacts {
  readonly topic: string;
  readonly qos: number;
  readonly retain?: true;
  readonly dup?: true;
  readonly contentType?: string;
  readonly userProperties?: Readonly<Record<string, string | readonly string[]>>;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
  /** Seconds the message is still valid for. */
  readonly expiry?: number;
}

export function describeMessage({ topic, qos, retain, dup, properties }: MqttMessage): MqttFacts {
  const { contentType, userProperties, responseTopic, correlationData, messageExpiryInterval } = properties;
  return {
    topic, qos,
    ...(retain && { retain }), ...(dup && { dup }),
    ...(contentType !== undefined && { contentType }),
    // MQTT.js gives an object without prototype, which some nodes cannot copy.
    ...(userProperties && { userProperties: { ...userProperties } }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData && { correlationData }),
    ...(messageExpiryInterval !== undefined && { expiry: messageExpiryInterval }),
  };
}

/** What MQTT 5 says beside a payload under the names that Node-RED's own MQTT nodes give it; a request's answer needs the last two. */
export interface StandardProperties {
  readonly contentType?: string;
  readonly userProperties?: Readonly<Record<string, string | readonly string[]>>;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
}

/** Properties of a received message as they stand in `msg`; MQTT 3.1.1 gives none. */
export function standardProperties(message: MqttMessage): StandardProperties {
  const { contentType, userProperties, responseTopic, correlationData } = describeMessage(message);
  return {
    ...(contentType !== undefined && { contentType }), ...(userProperties && { userProperties }),
    ...(responseTopic !== undefined && { responseTopic }), ...(correlationData && { correlationData }),
  };
}
