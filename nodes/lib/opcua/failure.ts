import { ResonanceError, type ErrorCode } from "../errors/resonance-error";

/** What an attempt was doing when it failed. */
export type Phase = "reach" | "secure" | "login" | "use";

/** What an error text may speak of. */
export interface FailureContext {
  readonly endpointUrl: string;
  readonly user?: string;
  /** The client's own certificate file. */
  readonly certificateFile?: string;
}

interface Rule {
  readonly phases: readonly Phase[];
  readonly sign: RegExp;
  readonly code: ErrorCode;
}

const ALL: readonly Phase[] = ["reach", "secure", "login", "use"];

/** What node-opcua's messages mean to a user; the first rule that fits counts. */
const RULES: readonly Rule[] = [
  { phases: ALL, sign: /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EHOSTDOWN/, code: "RESONANCE_OPCUA_UNREACHABLE" },
  { phases: ["login"], sign: /BadUserAccessDenied|BadIdentityToken\w*/, code: "RESONANCE_OPCUA_IDENTITY_REJECTED" },
  { phases: ["secure", "login"], sign: /BadSecurityChecksFailed|BadCertificate\w*|BadApplicationSignatureInvalid|BadNoValidCertificates/, code: "RESONANCE_OPCUA_CLIENT_REJECTED" },
  { phases: ALL, sign: /BadTooMany\w+|BadOutOfMemory|BadResourceUnavailable|BadMaxConnectionsReached|BadServerTooBusy/, code: "RESONANCE_OPCUA_SERVER_FULL" },
  { phases: ["reach"], sign: /hadError ?true|third party|BadTcp\w*|invalid message|BadCommunicationError|BadConnectionClosed|ECONNRESET|EPIPE/i, code: "RESONANCE_OPCUA_NOT_A_SERVER" },
  { phases: ALL, sign: /time(d)?[ -]?out|BadTimeout/i, code: "RESONANCE_OPCUA_TIMEOUT" },
];

/** The failures that repeat until a person changes something; the rest may pass by itself. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "RESONANCE_OPCUA_CERTIFICATE_EXPIRED", "RESONANCE_OPCUA_CERTIFICATE_INVALID", "RESONANCE_OPCUA_CERTIFICATE_REVOKED",
  "RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED",
  "RESONANCE_OPCUA_CLIENT_REJECTED", "RESONANCE_OPCUA_IDENTITY_NOT_OFFERED", "RESONANCE_OPCUA_IDENTITY_REJECTED",
  "RESONANCE_OPCUA_PASSWORD_EXPOSED", "RESONANCE_OPCUA_PKI_UNUSABLE",
  "RESONANCE_OPCUA_POLICY_UNUSABLE", "RESONANCE_OPCUA_SECURITY_NOT_OFFERED", "RESONANCE_OPCUA_USER_CERTIFICATE",
]);

/** Any failure of an attempt as one of ours, with the original as cause. */
export function toFailure(thrown: unknown, phase: Phase, context: FailureContext): ResonanceError {
  if (thrown instanceof ResonanceError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const rule = RULES.find(({ phases, sign }) => phases.includes(phase) && sign.test(text));
  const detail = rule?.sign.exec(text)?.[0] ?? firstLine(text);
  const params = {
    endpointUrl: context.endpointUrl, detail, user: context.user ?? "anonymous", file: context.certificateFile ?? "-",
  };
  return new ResonanceError(rule?.code ?? "RESONANCE_OPCUA_FAILED", params, { cause: thrown });
}

/** True where the server was reached and the configuration is what it does not accept. */
export function isRefusal(error: ResonanceError): boolean {
  return REFUSALS.has(error.code);
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0]?.trim() ?? "";
}
