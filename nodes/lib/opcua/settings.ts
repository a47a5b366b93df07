import { ResonanceError } from "../errors/resonance-error";

export type SecurityMode = "None" | "Sign" | "SignAndEncrypt";
/** Basic128Rsa15 and Basic256 rest on SHA-1 and are deprecated (OPC 10000-7); they are there for old machines that have nothing else. */
export type SecurityPolicy = "None" | "Basic128Rsa15" | "Basic256" | "Basic256Sha256" | "Aes128_Sha256_RsaOaep" | "Aes256_Sha256_RsaPss";

/** PEM (or, of a file, DER) by path or as text. */
export type KeyMaterial = { readonly file: string } | { readonly text: string };

/** Who logs in. */
export type Identity =
  | { readonly type: "anonymous" }
  | { readonly type: "user"; readonly user: string; readonly password: string }
  | { readonly type: "certificate"; readonly certificate: KeyMaterial; readonly privateKey: KeyMaterial; readonly keyPassword?: string };

/** How to reach a server and whom to trust. */
export interface OpcUaSettings {
  /** `opc.tcp://host:port/path` */
  readonly endpointUrl: string;
  readonly securityMode: SecurityMode;
  readonly securityPolicy: SecurityPolicy;
  readonly identity: Identity;
  /** SHA-1 or SHA-256 thumbprint of the server certificate to trust, in hex, colons and spaces allowed. */
  readonly trustedThumbprint?: string;
  /** Own key and certificate, trusted and rejected server certificates; made on first secure use. */
  readonly pkiFolder: string;
  /** The client's name as the server sees it. */
  readonly applicationName: string;
}

/** Times of the life cycle in ms; the defaults suit a plant network. */
export interface OpcUaTimings {
  /** Until an attempt counts as failed. */
  readonly connect: number;
  /** Between two signs of life asked from the server. */
  readonly watch: number;
  /** Until a sign of life counts as missed and the connection as lost. */
  readonly answer: number;
  /** For each polite step of closing, before the socket is cut. */
  readonly goodbye: number;
  /** Between attempts for items the server refused. */
  readonly itemRetry: number;
  readonly firstRetry: number;
  readonly longestRetry: number;
  /** Until the secure channel's keys are renewed (at three quarters of it). */
  readonly channelLifetime: number;
}

export const DEFAULT_TIMINGS: OpcUaTimings = {
  connect: 15_000, watch: 5_000, answer: 5_000, goodbye: 1_000, itemRetry: 30_000, firstRetry: 1_000, longestRetry: 30_000,
  channelLifetime: 600_000,
};

const MODES: readonly string[] = ["None", "Sign", "SignAndEncrypt"] satisfies SecurityMode[];
const POLICIES: readonly string[] = [
  "None", "Basic128Rsa15", "Basic256", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss",
] satisfies SecurityPolicy[];

type Check = (settings: OpcUaSettings) => string | undefined;

/** What must hold of each setting; the answer says what is wrong with it. */
const CHECKS: Readonly<Record<string, Check>> = {
  endpointUrl: ({ endpointUrl }) =>
    isEndpointUrl(endpointUrl) ? undefined : `"${endpointUrl}" is not of the form opc.tcp://host:port`,
  securityMode: ({ securityMode }) => (MODES.includes(securityMode) ? undefined : `"${securityMode}" is none of ${MODES.join(", ")}`),
  securityPolicy: ({ securityMode, securityPolicy }) => {
    if (!POLICIES.includes(securityPolicy)) return `"${securityPolicy}" is none of ${POLICIES.join(", ")}`;
    if ((securityMode === "None") === (securityPolicy === "None")) return undefined;
    return `mode ${securityMode} does not go with policy ${securityPolicy}`;
  },
  user: ({ identity }) => (identity.type === "user" && identity.user === "" ? "the user name is empty" : undefined),
  userCertificate: ({ identity }) => (identity.type === "certificate" && isMissing(identity.certificate) ? "the user's certificate is missing" : undefined),
  userKey: ({ identity }) => (identity.type === "certificate" && isMissing(identity.privateKey) ? "the key of the user's certificate is missing" : undefined),
  trustedThumbprint: ({ trustedThumbprint = "" }) =>
    /^([0-9a-f]{40}|[0-9a-f]{64})?$/.test(plainThumbprint(trustedThumbprint))
      ? undefined
      : "it is not a SHA-1 (40 hex digits) or SHA-256 (64 hex digits) thumbprint",
};

/** @throws RESONANCE_CONFIG_INVALID for the first setting that cannot work, with its name as path. */
export function checkSettings(settings: OpcUaSettings): void {
  for (const [setting, check] of Object.entries(CHECKS)) {
    const detail = check(settings);
    if (detail) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
  }
}

/** A thumbprint without colons and spaces, in lower case. */
export function plainThumbprint(text: string): string {
  return text.replace(/[\s:]/g, "").toLowerCase();
}

function isMissing(material: KeyMaterial): boolean {
  return ("file" in material ? material.file : material.text).trim() === "";
}

function isEndpointUrl(text: string): boolean {
  if (!/^opc\.tcp:\/\/[^\s/]/i.test(text)) return false;
  try {
    // An own scheme keeps the URL parser from judging the host by rules of http.
    const url = new URL(text.replace(/^opc\.tcp:/i, "http:"));
    return url.hostname !== "" && url.username === "" && url.password === "";
  } catch {
    return false;
  }
}
