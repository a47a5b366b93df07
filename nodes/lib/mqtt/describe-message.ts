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
