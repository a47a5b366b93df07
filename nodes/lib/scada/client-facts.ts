import { createHash } from "node:crypto";
import type { ServerSession } from "node-opcua";
import { loadOpcua } from "../opcua/load";

/** Who holds a session, as far as the protocol tells it. */
export interface ClientFacts {
  /** Of the application, as it calls itself. */
  readonly name: string;
  readonly applicationUri: string;
  readonly address: string;
  /** Of the login; absent where it is anonymous. */
  readonly user?: string;
  readonly mode: string;
  readonly policy: string;
  /** SHA-256 of the certificate, hexadecimal; absent where nobody has checked it. */
  readonly thumbprint?: string;
}

/** What a session says of its client; without security its name and URI are only what it says of itself. */
export function clientFacts({ sessionName, clientDescription, channel, userIdentityToken }: ServerSession): ClientFacts {
  const { MessageSecurityMode, SecurityPolicy, UserNameIdentityToken } = loadOpcua();
  const mode = channel ? MessageSecurityMode[channel.securityMode] : "Invalid";
  const certificate = mode === "None" ? null : channel?.clientCertificate;
  const user = userIdentityToken instanceof UserNameIdentityToken ? userIdentityToken.userName : null;
  const [policy = "None"] = Object.entries(SecurityPolicy).find(([, uri]) => uri === channel?.securityPolicy) ?? [];
  return {
    name: clientDescription?.applicationName.text ?? sessionName,
    applicationUri: clientDescription?.applicationUri ?? "",
    address: channel?.remoteAddress ?? "",
    ...(user === null ? {} : { user }),
    mode, policy,
    ...(certificate ? { thumbprint: createHash("sha256").update(certificate).digest("hex") } : {}),
  };
}
