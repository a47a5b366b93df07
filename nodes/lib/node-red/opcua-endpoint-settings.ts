import path from "node:path";
import type { NodeAPI } from "node-red";
import type { Identity, KeyMaterial, OpcUaSettings, SecurityMode, SecurityPolicy } from "../opcua/settings";
import { userFolder } from "./user-folder";

/** What an endpoint's form holds besides its credentials. */
export interface EndpointForm {
  readonly endpointUrl: string;
  readonly securityMode: SecurityMode;
  readonly securityPolicy: SecurityPolicy;
  readonly authentication: "anonymous" | "user" | "certificate";
  readonly trustedThumbprint?: string;
  /** Where a user's certificate and key come from; absent in endpoints from before there was a choice. */
  readonly userCertificateSource?: "file" | "text";
  readonly userCertificateFile?: string;
  readonly userKeyFile?: string;
}

/** The credentials of an endpoint: `user`, `password`, `userCertificate`, `userKey` (PEM) and `userKeyPassword`. */
export type EndpointSecrets = Readonly<Record<string, string | undefined>>;

/** The client's name as servers show it. */
export const APPLICATION_NAME = "Node-RED model-data resonance";

/** The folder of keys and certificates that all endpoints share. */
export const pkiFolderOf = (RED: NodeAPI): string => path.join(userFolder(RED), "resonance", "pki");

export function endpointSettings(RED: NodeAPI, form: EndpointForm, secrets: EndpointSecrets): OpcUaSettings {
  return {
    endpointUrl: form.endpointUrl.trim(),
    securityMode: form.securityMode,
    securityPolicy: form.securityMode === "None" ? "None" : form.securityPolicy,
    identity: identityOf(RED, form, secrets),
    trustedThumbprint: form.trustedThumbprint ?? "",
    pkiFolder: pkiFolderOf(RED),
    applicationName: APPLICATION_NAME,
  };
}

function identityOf(RED: NodeAPI, form: EndpointForm, secrets: EndpointSecrets): Identity {
  if (form.authentication === "user") return { type: "user", user: secrets["user"] ?? "", password: secrets["password"] ?? "" };
  if (form.authentication !== "certificate") return { type: "anonymous" };
  const fromFile = (file = ""): KeyMaterial => ({ file: file.trim() === "" ? "" : path.resolve(userFolder(RED), file.trim()) });
  const [certificate, privateKey] = form.userCertificateSource === "text"
    ? [{ text: secrets["userCertificate"] ?? "" }, { text: secrets["userKey"] ?? "" }]
    : [fromFile(form.userCertificateFile), fromFile(form.userKeyFile)];
  const keyPassword = secrets["userKeyPassword"];
  return { type: "certificate", certificate, privateKey, ...(keyPassword && { keyPassword }) };
}
