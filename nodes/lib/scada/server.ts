import type { ISessionContext, OPCUAServer, OPCUAServerOptions, ServerSession } from "node-opcua";
import { toResonanceError, type ResonanceError } from "../errors/resonance-error";
import { settled } from "../connection/deadline";
import { loadOpcua, type NodeOpcua } from "../opcua/load";
import { ownCertificateOf } from "../opcua/pki";
import { catchFaults } from "./catch-faults";
import { clientFacts, type ClientFacts } from "./client-facts";
import { clientStore, noUserCertificates } from "./client-trust";
import { hostsOf, urlHost } from "./hosts";
import type { ScadaSettings } from "./settings";
import { LOCALES, type LocalesOf } from "./texts";
import { isUser } from "./users";

/** A server of node-opcua and what the address space needs of it. */
export interface Server {
  readonly opcua: OPCUAServer;
  readonly endpointUrl: string;
  readonly localesOf: LocalesOf;
  /** Name of the session's user where it may operate. */
  operator(context: ISessionContext): string | undefined;
  /** Sessions that are open now. */
  clients(): number;
  /** Who holds them. */
  sessions(): readonly ClientFacts[];
  /** Ends all sessions and frees the port; ends after 4 s at the latest, whatever the clients do. */
  close(): Promise<void>;
}

/** What a server tells while it runs. */
export interface ServerListener {
  refused(error: ResonanceError): void;
  clients(count: number): void;
}

/** OPC 10000-7. The stack's own list has a client's profile in it and leaves the history out. */
const PROFILES = [
  "Server/StandardUA2017", "Server/DataAccess", "Server/StandardEventSubscription", "Server/Methods", "Server/HistoricalRawData",
  "Transport/uatcp-uasc-uabinary",
];
const POLITE_MS = 2_500;
const CUT_MS = 1_500;
/** Calls that only tell something; everything else changes something. */
const READING_CALLS: ReadonlySet<string> = new Set(["ConditionRefresh", "ConditionRefresh2", "GetMonitoredItems", "ResendData"]);

/**
 * Makes a server with its standard address space; it does not listen yet.
 * @throws RESONANCE_OPCUA_PKI_UNUSABLE, and what node-opcua throws
 */
export async function makeServer(settings: ScadaSettings, nodesetFiles: readonly string[], listener: ServerListener): Promise<Server> {
  const opcua = loadOpcua();
  const hosts = hostsOf(settings.host, settings.publicHost);
  const { file, keyFile, applicationUri } = await ownCertificateOf(settings.pkiFolder, settings.applicationName, hosts);
  const [host = settings.host, ...others] = hosts.all.map(urlHost);
  const server = new opcua.OPCUAServer({
    port: settings.port, host: settings.host, hostname: host, alternateHostname: others, disableDiscovery: false,
    ...security(opcua, settings, (error) => { listener.refused(error); }),
    certificateFile: file, privateKeyFile: keyFile,
    nodesets: [...nodesetFiles],
    registerServerMethod: opcua.RegisterServerMethod.HIDDEN,
    serverInfo: { applicationUri, productUri: "urn:model-data-resonance:scada", applicationName: { text: settings.applicationName, locale: LOCALES.en } },
    buildInfo: { productName: settings.applicationName, productUri: "urn:model-data-resonance:scada", manufacturerName: "model-data resonance" },
    maxConnectionsPerEndpoint: settings.maxSessions * 2 + 10,
    serverCapabilities: {
      maxSessions: settings.maxSessions, maxSubscriptions: settings.maxSessions * 10, maxBrowseContinuationPoints: 100, maxHistoryContinuationPoints: 100,
      minSupportedSampleRate: 0, localeIdArray: Object.values(LOCALES), serverProfileArray: PROFILES.map((name) => `http://opcfoundation.org/UA-Profile/${name}`),
    },
  } as OPCUAServerOptions);
  await server.initialize();
  catchFaults(server, (thrown) => { listener.refused(toResonanceError(thrown)); });
  offerUserNamesOnly(opcua, server, settings);
  const locales = new WeakMap<object, readonly string[]>();
  const sessions = new Set<ServerSession>();
  followSessions(opcua, server, sessions, locales, (count) => { listener.clients(count); });
  const self: Server = {
    opcua: server,
    endpointUrl: `opc.tcp://${host}:${settings.port}`,
    localesOf: (context) => (context?.session && locales.get(context.session)) ?? [],
    operator(context) {
      const token = (context.session as ServerSession | undefined)?.userIdentityToken;
      if (!(token instanceof opcua.UserNameIdentityToken)) return undefined;
      return settings.users.find(({ name, operate }) => operate && name === token.userName)?.name;
    },
    clients: () => server.engine.currentSessionCount,
    sessions: () => [...sessions].map(clientFacts),
    close: () => closeServer(server),
  };
  server.engine.addressSpace?.addMethodCallInterceptor((context, _object, method) => {
    const name = method.browseName.name ?? "";
    return READING_CALLS.has(name) || self.operator(context) !== undefined ? opcua.StatusCodes.Good : opcua.StatusCodes.BadUserAccessDenied;
  });
  return self;
}

/** Without a policy other than None there is no security mode to sign with. */
function security({ MessageSecurityMode, SecurityPolicy }: NodeOpcua, settings: ScadaSettings, refused: (error: ResonanceError) => void): object {
  const { securityPolicies, anonymous, users, pkiFolder } = settings;
  const secure = securityPolicies.some((policy) => policy !== "None");
  return {
    allowAnonymous: anonymous,
    securityPolicies: securityPolicies.map((policy) => SecurityPolicy[policy]),
    securityModes: [
      ...(securityPolicies.includes("None") ? [MessageSecurityMode.None] : []),
      ...(secure ? [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt] : []),
    ],
    serverCertificateManager: clientStore(pkiFolder, refused),
    userCertificateManager: noUserCertificates(),
    userManager: { isValidUser: (name: string, password: string) => isUser(users, name, password) },
  };
}

/** The stack offers logins by certificate too, which nobody could use here. */
function offerUserNamesOnly({ UserTokenType }: NodeOpcua, server: OPCUAServer, { users }: ScadaSettings): void {
  for (const description of server.endpoints.flatMap((endpoint) => endpoint.endpointDescriptions())) {
    description.userIdentityTokens = (description.userIdentityTokens ?? []).filter(({ tokenType }) =>
      tokenType === UserTokenType.Anonymous || (tokenType === UserTokenType.UserName && users.length > 0));
  }
}

function followSessions({ ActivateSessionRequest }: NodeOpcua, server: OPCUAServer, sessions: Set<ServerSession>, locales: WeakMap<object, readonly string[]>, count: (clients: number) => void): void {
  server.on("request", (request) => {
    if (!(request instanceof ActivateSessionRequest)) return;
    const session = server.getSession(request.requestHeader.authenticationToken);
    const wanted = (request.localeIds ?? []).filter((locale) => locale !== null && locale !== "");
    if (session && wanted.length > 0) locales.set(session, wanted as string[]);
  });
  const tell = (): void => { setImmediate(() => { count(server.engine.currentSessionCount); }); };
  server.on("session_activated", (session: ServerSession) => {
    sessions.add(session);
    tell();
  });
  server.on("session_closed", (session: ServerSession) => {
    sessions.delete(session);
    tell();
  });
}

async function closeServer(server: OPCUAServer): Promise<void> {
  const endpoints = [...server.endpoints];
  const polite = server.shutdown(0);
  polite.catch(() => undefined);
  if (await settled(polite, POLITE_MS)) return;
  // A client that does not answer: its socket is cut.
  for (const endpoint of endpoints) endpoint.abruptlyInterruptChannels();
  await settled(polite, CUT_MS);
}
