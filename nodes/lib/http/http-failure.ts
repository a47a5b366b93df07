/**
 * Why an exchange gave no answer: nobody there or the connection broke, too slow, the server's certificate is not
 * trusted, the answer is larger than allowed, what came back is not HTTP, there is no access token to go there with,
 * or this side closed or cancelled.
 */
export type HttpFailureKind = "unreachable" | "timeout" | "certificate" | "tooLarge" | "protocol" | "token" | "closed";

/** An exchange without a usable answer; each user of `lib/http` turns it into its own `ResonanceError`. */
export class HttpFailure extends Error {
  readonly kind: HttpFailureKind;
  /** What the network said, in English, e.g. `connect ECONNREFUSED 127.0.0.1:8000`. */
  readonly detail: string;
  /** Whether the connection broke before any byte of an answer: sending again may be safe. */
  readonly unanswered: boolean;

  constructor(kind: HttpFailureKind, detail: string, details: { unanswered?: boolean; cause?: unknown } = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "HttpFailure";
    this.kind = kind;
    this.detail = detail;
    this.unanswered = details.unanswered ?? false;
  }
}

/** Error codes of Node's TLS and of undici; what is not listed and has no pattern below counts as unreachable. */
const KINDS: Readonly<Record<string, HttpFailureKind>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: "certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: "certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "certificate",
  UNABLE_TO_GET_ISSUER_CERT: "certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "certificate",
  INVALID_CA: "certificate",
  HOSTNAME_MISMATCH: "certificate",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "tooLarge",
  UND_ERR_HEADERS_OVERFLOW: "tooLarge",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "protocol",
  UND_ERR_DESTROYED: "closed",
  UND_ERR_CLOSED: "closed",
  UND_ERR_ABORTED: "closed",
  ABORT_ERR: "closed",
};
/** How undici tells that a proxy refuses the tunnel: as if this side had ended the exchange. */
const PROXY_REFUSAL = /^Proxy response \(\d+\)/;
const PATTERNS: readonly (readonly [RegExp, HttpFailureKind])[] = [
  [/^CERT_/, "certificate"],
  [/^HPE_|^EPROTO$|^ERR_SSL_/, "protocol"],
];
/** A connection that ends like this may be a kept-alive one that the server had closed already. */
const BROKEN: ReadonlySet<string> = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

/** Any error of an exchange as an `HttpFailure`; `answered` says whether the head of an answer had arrived. */
export function toHttpFailure(thrown: unknown, answered: boolean): HttpFailure {
  if (thrown instanceof HttpFailure) return thrown;
  const code = codeOf(thrown);
  const kind = isProxyRefusal(thrown) ? "unreachable" : KINDS[code] ?? PATTERNS.find(([pattern]) => pattern.test(code))?.[1] ?? "unreachable";
  const broken = kind === "unreachable" && answered;
  const detail = broken ? `the connection broke in the middle of the answer (${detailOf(thrown)})` : detailOf(thrown);
  return new HttpFailure(kind, detail, { unanswered: !answered && BROKEN.has(code), cause: thrown });
}

function isProxyRefusal(thrown: unknown): boolean {
  return thrown instanceof Error && (PROXY_REFUSAL.test(thrown.message) || isProxyRefusal(thrown.cause));
}

function codeOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return "";
  const { code, cause, name } = thrown as { code?: unknown; cause?: unknown; name?: unknown };
  const inner = cause === undefined ? "" : codeOf(cause);
  if (inner !== "") return inner;
  if (typeof code === "string") return code;
  // undici's parser errors often come without a code.
  return name === "HTTPParserError" ? "HPE_" : "";
}

/** A host with several addresses fails with one error an address and an empty text of its own. */
function detailOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return thrown.errors.map(detailOf).join("; ");
  if (!(thrown instanceof Error)) return String(thrown);
  // OpenSSL's own text is a line of addresses and file names; its reason is what a person reads.
  const { reason } = thrown as { reason?: unknown };
  if (codeOf(thrown) === "ERR_SSL_WRONG_VERSION_NUMBER") return "the server does not speak TLS (http instead of https?)";
  if (typeof reason === "string" && thrown.message.includes("SSL routines")) return `TLS: ${reason}`;
  return thrown.message || codeOf(thrown) || thrown.name;
}
