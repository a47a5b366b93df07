import type { IConnackPacket } from "mqtt";
import type { Qos } from "./message";
import type { ProtocolVersion } from "./settings";

/** What the broker said it can do. */
export interface BrokerLimits {
  readonly maximumQos: Qos;
  readonly retain: boolean;
  readonly shared: boolean;
  readonly identifiers: boolean;
  /** Bytes of a whole packet. */
  readonly packetSize: number;
  /** Our messages with QoS 1 or 2 under way at once. */
  readonly receiveMaximum: number;
}

/** What a CONNACK says; what it leaves open is allowed (MQTT 5.0 §3.2.2.3). */
export function limitsOf({ properties }: IConnackPacket, version: ProtocolVersion): BrokerLimits {
  const said = version === 5 ? properties ?? {} : {};
  return {
    maximumQos: (said.maximumQoS ?? 2) as Qos,
    retain: said.retainAvailable ?? true,
    shared: said.sharedSubscriptionAvailable ?? true,
    identifiers: version === 5 && (said.subscriptionIdentifiersAvailable ?? true),
    packetSize: said.maximumPacketSize ?? 0xfffffff,
    receiveMaximum: said.receiveMaximum ?? 0xffff,
  };
}
