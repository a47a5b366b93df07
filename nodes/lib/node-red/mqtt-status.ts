import type { MqttConnection } from "../mqtt/connection";
import type { NodeKit } from "./define-node";

/** The status of a node that listens to a broker. */
export interface FollowedStatus {
  /** Whether the broker granted the node's subscription. */
  readonly active: (on: boolean) => void;
  close(): void;
}

/** Shows the connection's state under a node until it is closed; MQTT 3.1.1 is told apart. */
export function followMqtt<D>({ status }: NodeKit<D>, connection: MqttConnection): FollowedStatus {
  let subscribed = false;
  const show = (): void => {
    const { state, error } = connection.status();
    if (state === "connected") {
      if (subscribed) status.show("green", "dot", connection.version() === 4 ? "connectedOld" : "connected");
      else status.show("yellow", "ring", "subscribing");
    } else if (error && state !== "reconnecting") status.error(error);
    else if (state === "connecting" || state === "reconnecting") status.show("yellow", "ring", state);
    else status.show("grey", "ring", "closed");
  };
  const ignore = connection.onState(show);
  show();
  return {
    active(on) {
      subscribed = on;
      show();
    },
    close: ignore,
  };
}
