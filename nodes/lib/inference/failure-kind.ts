import { ResonanceError, type ErrorCode } from "../errors/resonance-error";

/** Failures that say nothing about the question: nobody answered, so another attempt may fare better. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["RESONANCE_MODEL_UNREACHABLE", "RESONANCE_MODEL_NOT_READY"]);
/** Too many requests, and what gateways say of a server that is away or overloaded (RFC 6585 §4, RFC 9110 §15.6.3 to §15.6.5). */
const TRANSIENT_STATUS: ReadonlySet<unknown> = new Set([429, 502, 503, 504]);

/** Failures of the model or its server, whatever it was asked. */
const OUTAGES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "RESONANCE_MODEL_UNREACHABLE", "RESONANCE_MODEL_NOT_READY", "RESONANCE_MODEL_TIMEOUT", "RESONANCE_MODEL_CERTIFICATE",
  "RESONANCE_MODEL_UNAUTHORIZED", "RESONANCE_MODEL_UNKNOWN", "RESONANCE_MODEL_ANSWER_INVALID", "RESONANCE_HTTP_TOKEN",
  "RESONANCE_MODEL_FLOW_TIMEOUT", "RESONANCE_MODEL_FLOW_FAILED",
]);

/** Whether the same question may be answered a little later. */
export function isTransient(thrown: unknown): boolean {
  if (!(thrown instanceof ResonanceError)) return false;
  return TRANSIENT.has(thrown.code) || (thrown.code === "RESONANCE_MODEL_SERVER_ERROR" && TRANSIENT_STATUS.has(thrown.params["statusCode"]));
}

/** Whether the model could answer nobody; false where it is about this one question, or where the question was cancelled. */
export function isOutage(thrown: unknown): boolean {
  if (!(thrown instanceof ResonanceError)) return false;
  if (thrown.code !== "RESONANCE_MODEL_SERVER_ERROR") return OUTAGES.has(thrown.code);
  const status = Number(thrown.params["statusCode"]);
  return status >= 500 || TRANSIENT_STATUS.has(status);
}

/** Whether the question was given up because the node stopped. */
export function isCancelled(thrown: unknown): boolean {
  return thrown instanceof ResonanceError && thrown.code === "RESONANCE_MODEL_CLOSED";
}
