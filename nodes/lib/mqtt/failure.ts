import { ResonanceError, type ErrorCode } from "../errors/resonance-error";

/** What an error text may speak of. */
export interface FailureContext {
  readonly url: string;
  readonly user?: string | undefined;
  readonly clientId: string;
}

/** CONNACK and DISCONNECT codes (MQTT 5.0 §2.4, MQTT 3.1.1 table 3.1) that mean something of their own; the rest is a plain failure. */
const BY_REASON: Readonly<Record<number, ErrorCode>> = {
  0x01: "RESONANCE_MQTT_VERSION", 0x84: "RESONANCE_MQTT_VERSION",
  0x02: "RESONANCE_MQTT_CLIENT_ID_REJECTED", 0x85: "RESONANCE_MQTT_CLIENT_ID_REJECTED",
  0x03: "RESONANCE_MQTT_BROKER_BUSY", 0x88: "RESONANCE_MQTT_BROKER_BUSY", 0x89: "RESONANCE_MQTT_BROKER_BUSY",
  0x97: "RESONANCE_MQTT_BROKER_BUSY", 0x9f: "RESONANCE_MQTT_BROKER_BUSY",
  0x04: "RESONANCE_MQTT_IDENTITY_REJECTED", 0x05: "RESONANCE_MQTT_IDENTITY_REJECTED", 0x86: "RESONANCE_MQTT_IDENTITY_REJECTED",
  0x87: "RESONANCE_MQTT_IDENTITY_REJECTED", 0x8a: "RESONANCE_MQTT_IDENTITY_REJECTED", 0x8c: "RESONANCE_MQTT_IDENTITY_REJECTED",
  0x8e: "RESONANCE_MQTT_TAKEN_OVER",
};

/** Error codes of the network, of Node's TLS and of OpenSSL, the first that fits. */
const BY_CODE: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT)$/, "RESONANCE_MQTT_UNREACHABLE"],
  [/^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|CRL_HAS_EXPIRED)$/, "RESONANCE_MQTT_CERTIFICATE_EXPIRED"],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$|^HOSTNAME_MISMATCH$/, "RESONANCE_MQTT_CERTIFICATE_HOST"],
  [/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|INVALID_CA|INVALID_PURPOSE|CERT_\w+)$/, "RESONANCE_MQTT_CERTIFICATE_UNTRUSTED"],
  [/^ERR_SSL_\w*ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED|HANDSHAKE_FAILURE)\w*|^ERR_SSL_\w*ALERT_\w*CERTIFICATE\w*/, "RESONANCE_MQTT_CLIENT_REJECTED"],
  [/^ERR_SSL_|^EPROTO$|^HPE_/, "RESONANCE_MQTT_NOT_A_BROKER"],
];

/** MQTT.js and ws say these without a code. */
const BY_TEXT: readonly (readonly [RegExp, ErrorCode])[] = [
  [/connack timeout/i, "RESONANCE_MQTT_TIMEOUT"],
  [/Unexpected server response|Invalid header flag|unsupported|Server sent (no|an invalid) subprotocol|Invalid (connack|packet|topic|length)/i, "RESONANCE_MQTT_NOT_A_BROKER"],
];

/** The failures that repeat until a person changes something; the rest may pass by itself. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "RESONANCE_MQTT_VERSION", "RESONANCE_MQTT_CLIENT_ID_REJECTED", "RESONANCE_MQTT_IDENTITY_REJECTED", "RESONANCE_MQTT_TAKEN_OVER",
  "RESONANCE_MQTT_CERTIFICATE_EXPIRED", "RESONANCE_MQTT_CERTIFICATE_HOST", "RESONANCE_MQTT_CERTIFICATE_UNTRUSTED", "RESONANCE_MQTT_CLIENT_REJECTED",
]);
/** Trying these again soon would lock an account or fight another client. */
const PATIENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["RESONANCE_MQTT_IDENTITY_REJECTED", "RESONANCE_MQTT_TAKEN_OVER"]);

/** Any failure of a connection as one of ours, with the original as cause; `otherwise` is the code of what has no meaning of its own. */
export function toFailure(thrown: unknown, context: FailureContext, otherwise: ErrorCode = "RESONANCE_MQTT_CONNECTION_LOST"): ResonanceError {
  if (thrown instanceof ResonanceError) return thrown;
  const { code, message } = innermost(thrown);
  const known = typeof code === "number"
    ? BY_REASON[code]
    : [...BY_CODE.filter(([sign]) => sign.test(code)), ...BY_TEXT.filter(([sign]) => sign.test(message))][0]?.[1];
  return failure(known ?? otherwise, context, message || String(code), thrown);
}

/** The failure with this code and reason. */
export function failure(code: ErrorCode, { url, user, clientId }: FailureContext, detail: string, cause?: unknown): ResonanceError {
  return new ResonanceError(code, { url, user: user ?? "-", clientId, detail }, cause === undefined ? {} : { cause });
}

/** True where the broker was reached and the configuration is what does not fit. */
export function isRefusal(error: ResonanceError): boolean {
  return REFUSALS.has(error.code);
}

/** True where the next attempt should wait as long as it may. */
export function needsPatience(error: ResonanceError): boolean {
  return PATIENT.has(error.code);
}

/** A host with several addresses fails with one error an address and an empty text of its own. */
function innermost(thrown: unknown): { readonly code: string | number; readonly message: string } {
  const inner = thrown instanceof AggregateError ? (thrown.errors[0] as unknown) : thrown;
  const { code } = (inner ?? {}) as { code?: unknown };
  const { reason } = (inner ?? {}) as { reason?: unknown };
  const text = inner instanceof Error ? inner.message : String(inner);
  // OpenSSL's own text is a line of addresses and file names; its reason is what a person reads.
  const message = typeof reason === "string" && text.includes("SSL routines") ? `TLS: ${reason}` : text.split("\n", 1)[0] ?? "";
  return { code: typeof code === "number" || typeof code === "string" ? code : "", message };
}
