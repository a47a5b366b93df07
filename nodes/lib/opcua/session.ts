import type { ClientSession, ClientSessionPublishService, ClientSessionRawSubscriptionService } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { createClient, type SingleUseClient } from "./client";
import { settled, within } from "../connection/deadline";
import { chooseOffer, offersOf, type EndpointOffer } from "./endpoint-choice";
import { toFailure, type Phase } from "./failure";
import { userIdentity } from "./identity";
import { ownCertificateFor, type OwnCertificate } from "./pki";
import { checkPolicyUsable } from "./policy";
import { createPublisher, type Publisher } from "./publisher";
import type { OpcUaSettings, OpcUaTimings } from "./settings";
import { checkServerCertificate } from "./trust";

/** node-opcua's session with the plain services of subscriptions, which its classes have but its type leaves out. */
export type RawSession = ClientSession & ClientSessionRawSubscriptionService & ClientSessionPublishService;

/** An activated session; it ends once and for all when it is lost or closed. */
export interface OpcUaSession {
  readonly session: RawSession;
  readonly publisher: Publisher;
  /** The server's limit for one CreateMonitoredItems call. */
  readonly itemsPerCall: number;
  /** The server's NamespaceArray as it stands now; indexes are only good for this session. */
  namespaces(): Promise<readonly string[]>;
  /** Ends within three goodbye times even where the server is gone; never rejects. */
  close(): Promise<void>;
}

const NAMESPACE_ARRAY = "i=2255";
const SERVER_STATE = "i=2259";
const MAX_MONITORED_ITEMS_PER_CALL = "i=11714";
const ITEMS_PER_CALL = 1_000;

/**
 * Opens a session: asks what the server offers, chooses the configured security, checks the certificate, connects, logs in.
 * `onLost` is called at most once, when the socket closes, the server ends the session or no longer answers.
 * @throws ResonanceError; the signal's reason when it aborts.
 */
export async function openSession(
  settings: OpcUaSettings, timings: OpcUaTimings, signal: AbortSignal, onLost: (error: ResonanceError) => void,
): Promise<OpcUaSession> {
  const clients: SingleUseClient[] = [];
  const progress: { phase: Phase; over: boolean; own?: OwnCertificate } = { phase: "reach", over: false };
  const newClient = (...args: Parameters<typeof createClient>): SingleUseClient => {
    if (progress.over) throw new Error("the attempt is over");
    const made = createClient(...args);
    clients.push(made);
    return made;
  };

  const open = async (): Promise<OpcUaSession> => {
    checkPolicyUsable(settings.securityPolicy);
    const identity = await userIdentity(settings.identity);
    const own = await ownCertificateFor(settings);
    progress.own = own;
    const offer = await discover(newClient(settings, timings, own, { mode: "None", policy: "None" }), settings);
    const { securityMode: mode, securityPolicy: policy } = settings;
    // A password is encrypted with the server's key, so that key must be the right one even where the channel is not secured.
    if (mode !== "None" || settings.identity.type !== "anonymous") await checkServerCertificate(offer.certificate, settings);
    progress.phase = "secure";
    const secured = mode !== "None" && offer.certificate ? { serverCertificate: offer.certificate } : {};
    const main = newClient(settings, timings, own, { mode, policy, ...secured });
    await main.client.connect(settings.endpointUrl);
    progress.phase = "login";
    const session = (await main.client.createSession(identity)) as RawSession;
    progress.phase = "use";
    const limits = await session.read({ nodeId: MAX_MONITORED_ITEMS_PER_CALL });
    const limit = Number(limits.value.value ?? 0);
    return guard(main, session, limit > 0 ? limit : ITEMS_PER_CALL, settings, timings, onLost);
  };

  try {
    return await within(open(), timings.connect, () => timedOut(settings, timings), signal);
  } catch (thrown) {
    progress.over = true;
    await Promise.all(clients.map((client) => client.release()));
    throw toFailure(thrown, progress.phase, {
      endpointUrl: settings.endpointUrl,
      ...(settings.identity.type === "user" ? { user: settings.identity.user } : {}),
      ...(progress.own?.file ? { certificateFile: progress.own.file } : {}),
    });
  }
}

/** GetEndpoints needs no security (OPC 10000-4, 5.4.4). */
async function discover(discovery: SingleUseClient, settings: OpcUaSettings): Promise<EndpointOffer> {
  await discovery.client.connect(settings.endpointUrl);
  const endpoints = await discovery.client.getEndpoints({ endpointUrl: settings.endpointUrl });
  await discovery.release();
  return chooseOffer(offersOf(endpoints), settings);
}

/** Watches over a fresh session: events of the socket, and a sign of life asked for now and then. */
function guard(
  main: SingleUseClient, session: RawSession, itemsPerCall: number,
  settings: OpcUaSettings, timings: OpcUaTimings, onLost: (error: ResonanceError) => void,
): OpcUaSession {
  const { endpointUrl } = settings;
  const publisher = createPublisher(session);
  let over = false;
  let timer: NodeJS.Timeout | undefined;

  const end = (): boolean => {
    if (over) return false;
    over = true;
    clearTimeout(timer);
    publisher.close();
    return true;
  };
  const lose = (detail: string): void => {
    if (end()) onLost(new ResonanceError("RESONANCE_OPCUA_CONNECTION_LOST", { endpointUrl, detail }));
  };
  const watch = (): void => {
    timer = setTimeout(() => {
      within(session.read({ nodeId: SERVER_STATE }), timings.answer, () => new Error("the server does not answer"))
        .then(() => { if (!over) watch(); })
        .catch((thrown: unknown) => { lose(thrown instanceof Error ? thrown.message : String(thrown)); });
    }, timings.watch);
  };

  main.client.on("connection_lost", () => { lose("the connection broke"); });
  main.client.on("close", () => { lose("the connection was closed"); });
  main.client.on("abort", () => { lose("the connection was aborted"); });
  session.on("session_closed", (status) => { lose(`the server ended the session (${status.name})`); });
  watch();
  return {
    session, publisher, itemsPerCall,
    async namespaces() {
      const { value } = await session.read({ nodeId: NAMESPACE_ARRAY });
      return Array.isArray(value.value) ? value.value.map(String) : [];
    },
    async close() {
      end();
      await settled(main.release(), 3 * timings.goodbye);
    },
  };
}

function timedOut({ endpointUrl }: OpcUaSettings, timings: OpcUaTimings): ResonanceError {
  return new ResonanceError("RESONANCE_OPCUA_TIMEOUT", { endpointUrl, detail: `${timings.connect / 1000} s` });
}
