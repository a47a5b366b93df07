import type { ErrorCode } from "../errors/resonance-error";

/** HTTP status of an answer that tells an error (RFC 9110 §15); what is not here is a failure of ours. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  RESONANCE_ISA95_UNREADABLE: 400,
  RESONANCE_ISA95_NAMESPACE: 422, RESONANCE_ISA95_MESSAGE_UNKNOWN: 422, RESONANCE_ISA95_NOT_VALID: 422,
  RESONANCE_MES_IN_UNAUTHORIZED: 401, RESONANCE_MES_IN_METHOD: 405, RESONANCE_MES_IN_SLOW: 408, RESONANCE_MES_IN_TOO_LARGE: 413,
  RESONANCE_MES_IN_TYPE: 415, RESONANCE_MES_IN_REJECTED: 422, RESONANCE_MES_IN_NOT_SERVED: 422, RESONANCE_MES_IN_BUSY: 503,
};

/** @returns the HTTP status for an error, 500 where the sender has no part in it */
export function httpStatus(code: ErrorCode): number {
  return STATUS[code] ?? 500;
}
