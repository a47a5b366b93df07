import { ResonanceError } from "../errors/resonance-error";

/** How a client proves who it is. */
export type HttpAuthentication = "none" | "basic" | "bearer" | "oauth";

/** Credentials as Node-RED keeps them; which of them count depends on the authentication. */
export interface HttpCredentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** OAuth 2 */
  readonly clientSecret?: string | undefined;
}

type HeaderWriter = (credentials: HttpCredentials) => string | undefined;

/** RFC 7617 (user and password in UTF-8) and RFC 6750. */
const WRITERS: Readonly<Record<HttpAuthentication, HeaderWriter>> = {
  none: () => undefined,
  // Its tokens change; see `token-source.ts`.
  oauth: () => undefined,
  basic: ({ user, password }) => {
    if (!user) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "user", detail: "basic authentication needs a user" }, { path: "user" });
    if (user.includes(":")) {
      throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "user", detail: "a user name of basic authentication holds no colon" }, { path: "user" });
    }
    return `Basic ${Buffer.from(`${user}:${password ?? ""}`, "utf8").toString("base64")}`;
  },
  bearer: ({ token }) => {
    const trimmed = token?.trim();
    if (!trimmed) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "token", detail: "bearer authentication needs a token" }, { path: "token" });
    if (!/^[\x21-\x7e]+$/.test(trimmed)) {
      throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "token", detail: "a token holds neither spaces nor characters outside ASCII" }, { path: "token" });
    }
    return `Bearer ${trimmed}`;
  },
};

/**
 * The value of the `Authorization` header, or `undefined` for none.
 * @throws RESONANCE_CONFIG_INVALID for a missing or unusable user or token; the texts never hold a secret.
 */
export function authorizationHeader(authentication: HttpAuthentication, credentials: HttpCredentials): string | undefined {
  const write = (WRITERS as Readonly<Record<string, HeaderWriter | undefined>>)[authentication];
  if (!write) {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "authentication", detail: `${authentication} is not known` }, { path: "authentication" });
  }
  return write(credentials);
}
