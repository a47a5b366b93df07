import type { ClientSecureChannelLayer, OPCUAClient, OPCUAClientOptions } from "node-opcua";
import { settled } from "../connection/deadline";
import { loadOpcua } from "./load";
import type { OwnCertificate } from "./pki";
import type { OpcUaSettings, OpcUaTimings } from "./settings";

/** A node-opcua client that makes one attempt and can always be got rid of. */
export interface SingleUseClient {
  readonly client: OPCUAClient;
  /** Says goodbye politely, then cuts the socket; never rejects. */
  release(): Promise<void>;
}

/** Security of one connection: none for asking what a server offers, else the configured one. */
export interface ClientSecurity {
  readonly mode: OpcUaSettings["securityMode"];
  readonly policy: OpcUaSettings["securityPolicy"];
  readonly serverCertificate?: Buffer;
}

const SESSION_TIMEOUT_MS = 60_000;

/**
 * A client without node-opcua's own reconnection: a lost connection ends it, and our state machine makes the next one.
 * Trust was checked before (`trust.ts`), so its certificate store accepts what it is given.
 */
export function createClient(settings: OpcUaSettings, timings: OpcUaTimings, own: OwnCertificate, security: ClientSecurity): SingleUseClient {
  const { InMemoryCertificateStore, MessageSecurityMode: Modes, OPCUAClient: Client, SecurityPolicy } = loadOpcua();
  const options: OPCUAClientOptions = {
    applicationName: settings.applicationName,
    applicationUri: own.applicationUri,
    clientName: settings.applicationName,
    certificateKeyPairProvider: own.provider,
    clientCertificateManager: new InMemoryCertificateStore({ autoAcceptUnknown: true }),
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 200 },
    endpointMustExist: false,
    keepSessionAlive: false,
    // A session outlives its wire, so that another one can take it over; whoever ends it for good closes it first.
    keepPendingSessionsOnDisconnect: true,
    defaultSecureTokenLifetime: timings.channelLifetime,
    requestedSessionTimeout: SESSION_TIMEOUT_MS,
    transportTimeout: timings.connect,
    defaultTransactionTimeout: timings.connect,
    securityMode: Modes[security.mode],
    securityPolicy: SecurityPolicy[security.policy],
    ...(security.serverCertificate ? { serverCertificate: security.serverCertificate } : {}),
  };
  const client = Client.create(options);
  let channel: ClientSecureChannelLayer | undefined;
  client.on("secure_channel_created", (created) => { channel = created; });
  return {
    client,
    async release() {
      const goodbye = client.disconnect();
      if (await settled(goodbye, timings.goodbye)) return;
      // Pending requests fail with the socket, so that the goodbye can end.
      channel?.forceConnectionBreak();
      if (await settled(goodbye, timings.goodbye)) return;
      channel?.abortConnection(() => channel?.dispose());
    },
  };
}
