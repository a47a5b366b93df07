import { ResonanceError } from "../errors/resonance-error";
import { HttpFailure } from "./http-failure";
import type { HttpAnswer, HttpRequest } from "./http-client";

/** OAuth 2 client credentials grant (RFC 6749 §4.4). */
export interface OAuthSettings {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Separated by spaces; empty for what the server gives. */
  readonly scope: string;
  /** Where the client's id and secret go: the Authorization header (RFC 6749 §2.3.1) or the body. */
  readonly clientAuthentication: "basic" | "body";
}

/** Gives access tokens. */
export interface TokenSource {
  /**
   * A token that is good for a while yet; callers at the same time share one request.
   * @throws HttpFailure of kind `token` with what the token endpoint said
   */
  token(): Promise<string>;
  /** A server refused this token: the next call asks for another. */
  refused(token: string): void;
}

interface Token { readonly value: string; readonly until: number }

/** A token without `expires_in` is kept this long; RFC 6749 §5.1 leaves it to the client. */
const UNKNOWN_LIFE_MS = 300_000;
/** How long before its end a token is renewed: this much, but no more than a tenth of its life. */
const MOST_EARLY_MS = 60_000;
const EXCERPT = 200;

/**
 * Gets tokens by `post` and keeps each until shortly before its end.
 * @throws RESONANCE_CONFIG_INVALID without a client ID or secret
 */
export function createTokenSource(settings: OAuthSettings, post: (request: HttpRequest) => Promise<HttpAnswer>, now: () => number = () => performance.now()): TokenSource {
  for (const setting of ["clientId", "clientSecret"] as const) {
    if (settings[setting].trim() === "") throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail: "OAuth 2 needs it" }, { path: setting });
  }
  let kept: Token | undefined;
  let asking: Promise<string> | undefined;

  const ask = async (): Promise<string> => {
    const asked = now();
    const answer = await post(tokenRequest(settings)).catch((thrown: unknown) => { throw tokenFailure(thrown); });
    const { token, lifeMs } = readToken(answer);
    kept = { value: token, until: asked + lifeMs - Math.min(MOST_EARLY_MS, lifeMs / 10) };
    return token;
  };
  return {
    async token() {
      if (kept && now() < kept.until) return kept.value;
      asking ??= ask().finally(() => { asking = undefined; });
      return asking;
    },
    refused(token) {
      if (kept?.value === token) kept = undefined;
    },
  };
}

function tokenRequest({ clientId, clientSecret, scope, clientAuthentication }: OAuthSettings): HttpRequest {
  const inBody = clientAuthentication === "body";
  const body = new URLSearchParams({ grant_type: "client_credentials", ...(scope.trim() && { scope: scope.trim() }), ...(inBody && { client_id: clientId, client_secret: clientSecret }) });
  return {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded", accept: "application/json",
      ...(!inBody && { authorization: `Basic ${Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString("base64")}` }),
    },
    body: body.toString(),
    idempotent: true,
  };
}

/** RFC 6749 §2.3.1: id and secret are form-encoded before they become user and password. */
function formEncode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}

function readToken({ statusCode, text }: HttpAnswer): { token: string; lifeMs: number } {
  const answer = readObject(text);
  if (statusCode !== 200) {
    const said = [answer["error"], answer["error_description"]].filter((part) => typeof part === "string").join(": ");
    throw failure(`the token endpoint answered HTTP ${statusCode}${said && ` (${said.slice(0, EXCERPT)})`}`);
  }
  const { access_token: token, token_type: type, expires_in: life } = answer;
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) throw failure("the token endpoint gave no access token");
  if (typeof type === "string" && type.toLowerCase() !== "bearer") throw failure("the token endpoint gave a token of another type than Bearer");
  const seconds = Number(life);
  return { token, lifeMs: seconds > 0 ? seconds * 1000 : UNKNOWN_LIFE_MS };
}

function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function tokenFailure(thrown: unknown): unknown {
  return thrown instanceof HttpFailure && thrown.kind !== "closed" ? failure(`the token endpoint: ${thrown.detail}`, thrown) : thrown;
}

function failure(detail: string, cause?: unknown): HttpFailure {
  return new HttpFailure("token", detail, { cause });
}
