/** The type of the mqtt module, for `import type` users. */
export type Mqtt = typeof import("mqtt");

let loaded: Mqtt | undefined;

/** MQTT.js, loaded on first use: a flow without MQTT does not pay for it. */
export function loadMqtt(): Mqtt {
  return (loaded ??= require("mqtt") as Mqtt);
}
