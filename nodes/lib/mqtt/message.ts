export type Qos = 0 | 1 | 2;

/** What MQTT 5 says beside a payload; MQTT 3.1.1 carries none of it. */
export interface MqttProperties {
  readonly contentType?: string;
  /** A name may be there several times. */
  readonly userProperties?: Readonly<Record<string, string | readonly string[]>>;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
}

/** A message on its way to the broker. */
export interface Publication {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties?: MqttProperties;
  /** Milliseconds since 1970 after which nobody may get it any more. */
  readonly expiresAt?: number;
}

/** A message from the broker. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  /** Whether it was kept by the broker from before the subscription. */
  readonly retain: boolean;
  /** Whether the broker may have sent it before. */
  readonly dup: boolean;
  readonly properties: MqttProperties & { readonly messageExpiryInterval?: number };
}

/** Called once when a message was taken; with QoS 1 the broker then hears that it arrived. */
export type Taken = () => void;
