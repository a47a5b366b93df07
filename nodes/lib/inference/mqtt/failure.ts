import { ResonanceError, type ErrorCode } from "../../errors/resonance-error";
import type { Target } from "../model-error";

/** Failures that say that the broker is not there (any more). */
const AWAY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "RESONANCE_MQTT_NOT_CONNECTED", "RESONANCE_MQTT_CONNECTION_LOST", "RESONANCE_MQTT_TIMEOUT", "RESONANCE_MQTT_UNREACHABLE",
  "RESONANCE_MQTT_NOT_A_BROKER", "RESONANCE_MQTT_BROKER_BUSY", "RESONANCE_MQTT_TAKEN_OVER", "RESONANCE_MQTT_NO_CONNACK", "RESONANCE_MQTT_CLOSED",
]);
const CODES: Readonly<Partial<Record<ErrorCode, ErrorCode>>> = {
  RESONANCE_MQTT_EXPIRED: "RESONANCE_MODEL_TIMEOUT",
  RESONANCE_MQTT_IDENTITY_REJECTED: "RESONANCE_MODEL_UNAUTHORIZED",
  RESONANCE_MQTT_PUBLISH_REFUSED: "RESONANCE_MODEL_UNAUTHORIZED",
  RESONANCE_MQTT_SUBSCRIBE_REFUSED: "RESONANCE_MODEL_UNAUTHORIZED",
};

/** Whether the broker cannot be reached. */
export function isAway({ code }: ResonanceError): boolean {
  return AWAY.has(code);
}

/** A failure of the connection as the model's error; what has no such meaning stays what it is. */
export function toModelFailure(error: ResonanceError, target: Target): ResonanceError {
  const code = CODES[error.code];
  return code === undefined ? error : new ResonanceError(code, { ...target, statusCode: "MQTT", detail: error.message }, { cause: error });
}
