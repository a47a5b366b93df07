import { ResonanceError } from "../errors/resonance-error";
import type { Publication } from "./message";

/** Whether the validity of a message has ended. */
export function isOver({ expiresAt }: Publication): boolean {
  return expiresAt !== undefined && expiresAt <= Date.now();
}

/** The error of a message whose validity ended before it was sent. */
export function expiredError({ topic, expiresAt = 0 }: Publication): ResonanceError {
  return new ResonanceError("RESONANCE_MQTT_EXPIRED", { topic, validUntil: new Date(expiresAt).toISOString() });
}
