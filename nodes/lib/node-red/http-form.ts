import type { NodeAPI } from "node-red";
import { readTls } from "../connection/tls";
import type { HttpAuthentication } from "../http/authorization";
import type { HttpClientOptions } from "../http/http-client";
import { userFolder } from "./user-folder";

/** What the shared rows of a form say about log-in and transport. */
export interface HttpForm {
  readonly authentication: HttpAuthentication;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly scope: string;
  readonly clientAuthentication: "basic" | "body";
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Empty: as the environment says. */
  readonly proxy: string;
}

/** Settings that forms of version 1 did not have, as they worked then. */
export const HTTP_ADDED = { tokenUrl: "", clientId: "", scope: "", clientAuthentication: "basic", certFile: "", keyFile: "", proxy: "none" } as const;

/** The secrets of these rows. */
export const HTTP_CREDENTIALS = {
  user: { type: "text" }, password: { type: "password" }, token: { type: "password" }, clientSecret: { type: "password" },
  cert: { type: "text" }, key: { type: "password" }, passphrase: { type: "password" },
} as const;

type Credentials = Readonly<Record<string, string | undefined>>;

/**
 * The settings of an HTTP client; files that are not absolute begin in Node-RED's user directory.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function httpSettings(RED: NodeAPI, form: HttpForm, credentials: Credentials): Pick<HttpClientOptions, "authentication" | "credentials" | "tls" | "proxy" | "oauth"> {
  const { authentication, tokenUrl, clientId, scope, clientAuthentication, caFile, certFile, keyFile, proxy } = form;
  const { cert, key, passphrase } = credentials;
  return {
    authentication, credentials, proxy,
    tls: readTls({ caFile, certFile, keyFile, cert, key, passphrase }, userFolder(RED)),
    oauth: { tokenUrl, clientId, scope, clientAuthentication },
  };
}
