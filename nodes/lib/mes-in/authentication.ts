import { createHash, timingSafeEqual } from "node:crypto";
import { ResonanceError } from "../errors/resonance-error";
import { authorizationHeader, type HttpAuthentication, type HttpCredentials } from "../http/authorization";

/** Whether a request's `Authorization` header is the one that is wanted. */
export type Authenticate = (header: string | undefined) => boolean;

/**
 * Compiles the check of who calls. The time it takes tells nothing of the secret.
 * @throws RESONANCE_CONFIG_INVALID for an authentication that is not known and for missing or unusable credentials; `none` is a choice of
 * its own, not what is left when nothing was set.
 */
export function compileAuthentication(authentication: HttpAuthentication, credentials: HttpCredentials): Authenticate {
  const expected = authorizationHeader(authentication, credentials);
  if (expected === undefined) return () => true;
  if (authentication === "basic" && !credentials.password) {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "password", detail: "basic authentication needs a password" }, { path: "password" });
  }
  const wanted = digest(expected);
  return (header) => timingSafeEqual(digest(canonical(header ?? "")), wanted);
}

/** The scheme is written in any case, and Base64 with or without padding (RFC 9110 §11.1, RFC 7617). */
function canonical(header: string): string {
  const [, scheme = "", rest = ""] = /^([A-Za-z]+) +(\S+) *$/.exec(header) ?? [];
  if (scheme.toLowerCase() === "basic") return `Basic ${Buffer.from(rest, "base64").toString("base64")}`;
  return scheme.toLowerCase() === "bearer" ? `Bearer ${rest}` : "";
}

/** Texts of any length become equally long. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
