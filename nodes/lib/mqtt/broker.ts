import type { MqttConnection } from "./connection";
import type { Outgoing } from "./outgoing";

/** What the nodes of one broker share. */
export interface MqttBroker {
  readonly connection: MqttConnection;
  readonly outgoing: Outgoing;
  /** Group of shared subscriptions; empty where none is named. */
  readonly sharedGroup: string;
}
