import type { ClientSession, ClientSessionPublishService, ClientSessionRawSubscriptionService, OPCUAClient } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import type { SingleUseClient } from "./client";
import { settled, within } from "../connection/deadline";
import { loadOpcua } from "./load";
import { createPublisher, type Publisher } from "./publisher";
import type { OpcUaSettings, OpcUaTimings } from "./settings";

/** node-opcua's session with the plain services of subscriptions, which its classes have but its type leaves out. */
export type RawSession = ClientSession & ClientSessionRawSubscriptionService & ClientSessionPublishService;

/** The security of a session's channel. */
export interface SessionSecurity {
  readonly mode: string;
  /** Short name of the policy. */
  readonly policy: string;
  /** The server's certificate, DER (a chain, its own first); absent without security. */
  readonly certificate?: Buffer;
}

/** An activated session on one wire; it is lost or closed once and for all. */
export interface OpcUaSession {
  readonly session: RawSession;
  readonly publisher: Publisher;
  /** As the secure channel has it, not as it was wished. */
  readonly security: SessionSecurity;
  /** Whether it was taken over from an earlier wire, with all its subscriptions. */
  readonly resumed: boolean;
  /**
   * Learns what a user of the session must know. To be awaited before anything else.
   * @throws RESONANCE_OPCUA_NOT_RUNNING; what the server or the wire says.
   */
  prepare(): Promise<void>;
  /** The server's limit for one CreateMonitoredItems call; known after `prepare`. */
  readonly itemsPerCall: number;
  /** The server's NamespaceArray as it stands now; indexes are only good for this session. */
  namespaces(): Promise<readonly string[]>;
  /** Goes on over another wire; `undefined` where the server does not have the session any more. Rejects when the new wire breaks. */
  takeOver(wire: SingleUseClient, onLost: (error: ResonanceError) => void): Promise<OpcUaSession | undefined>;
  /** Lets go of the wire only, so that another one can take the session over; never rejects. */
  leave(): Promise<void>;
  /** Ends within three goodbye times even where the server is gone; never rejects. */
  close(): Promise<void>;
}

const NAMESPACE_ARRAY = "i=2255";
const SERVER_STATE = "i=2259";
const MAX_MONITORED_ITEMS_PER_CALL = "i=11714";
const ITEMS_PER_CALL = 1_000;
/** OPC 10000-5, 12.6: the states in which a server delivers no process values, and says so. */
const IDLE_STATES: ReadonlyMap<number, string> = new Map([[1, "Failed"], [2, "NoConfiguration"], [3, "Suspended"], [4, "Shutdown"]]);
/** Failures of the wire; any other answer says that the server does not let the session go on. */
const WIRE_FAILURE = /BadConnection|BadSecureChannel|BadCommunication|BadTimeout|BadRequestTimeout|BadTcp|BadNotConnected/;

/** Watches over a fresh session: events of the socket, and a sign of life asked for now and then. */
export function guardSession(
  wire: SingleUseClient, session: RawSession, settings: OpcUaSettings, timings: OpcUaTimings, onLost: (error: ResonanceError) => void,
): OpcUaSession {
  let lose: (detail: string) => void = () => undefined;
  const publisher = createPublisher(session, (detail) => { lose(detail); });
  let itemsPerCall = ITEMS_PER_CALL;
  /** By the server or by ourselves: nothing is left to take over. */
  let ended = false;
  session.once("session_closed", () => { ended = true; });

  const guard = (main: SingleUseClient, tell: (error: ResonanceError) => void, resumed: boolean): OpcUaSession => {
    const { endpointUrl } = settings;
    let over = false;
    let timer: NodeJS.Timeout | undefined;

    const end = (error?: ResonanceError): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      stopListening();
      publisher.pause();
      if (error) tell(error);
    };
    lose = (detail) => { end(new ResonanceError("RESONANCE_OPCUA_CONNECTION_LOST", { endpointUrl, detail })); };
    const stopListening = listen(main.client, session, lose);
    const watch = (): void => {
      timer = setTimeout(() => {
        within(session.read({ nodeId: SERVER_STATE }), timings.answer, () => new Error("the server does not answer"))
          .then(({ value }) => {
            const state = idleState(value.value);
            if (state) end(notRunning(endpointUrl, state));
            else if (!over) watch();
          })
          .catch((thrown: unknown) => { lose(thrown instanceof Error ? thrown.message : String(thrown)); });
      }, timings.watch);
    };
    watch();
    const leave = async (): Promise<void> => {
      end();
      await settled(main.release(), 2 * timings.goodbye);
    };

    return {
      session, publisher, resumed, leave,
      security: securityOf(main.client),
      get itemsPerCall() { return itemsPerCall; },
      async prepare() {
        const [state, limit] = await session.read([{ nodeId: SERVER_STATE }, { nodeId: MAX_MONITORED_ITEMS_PER_CALL }]);
        const idle = idleState(state?.value.value);
        if (idle) throw notRunning(endpointUrl, idle);
        itemsPerCall = Number(limit?.value.value ?? 0) || ITEMS_PER_CALL;
        if (resumed) await publisher.catchUp();
      },
      async namespaces() {
        const { value } = await session.read({ nodeId: NAMESPACE_ARRAY });
        return Array.isArray(value.value) ? value.value.map(String) : [];
      },
      async takeOver(next, tellNext) {
        if (ended) return undefined;
        try {
          await next.client.reactivateSession(session);
          return guard(next, tellNext, true);
        } catch (thrown) {
          const detail = String(thrown);
          if (!/Bad[A-Z]/.test(detail) || WIRE_FAILURE.test(detail)) throw thrown;
          return undefined;
        }
      },
      async close() {
        end();
        publisher.close();
        await settled(session.close(true), timings.goodbye);
        await leave();
      },
    };
  };
  return guard(wire, onLost, false);
}

/** Hears when the wire or the server's side of the session ends; gives the way to hear no more. */
function listen(client: OPCUAClient, session: RawSession, lose: (detail: string) => void): () => void {
  const events = {
    connection_lost: () => { lose("the connection broke"); },
    close: () => { lose("the connection was closed"); },
    abort: () => { lose("the connection was aborted"); },
  };
  const onSessionClosed = (status: { readonly name: string }): void => { lose(`the server ended the session (${status.name})`); };
  for (const [name, listener] of Object.entries(events)) client.on(name as "close", listener);
  session.on("session_closed", onSessionClosed);
  return () => {
    for (const [name, listener] of Object.entries(events)) client.off(name as "close", listener);
    session.off("session_closed", onSessionClosed);
  };
}

/** The state's name where the server delivers no values in it. */
function idleState(value: unknown): string | undefined {
  return IDLE_STATES.get(Number(value));
}

function notRunning(endpointUrl: string, state: string): ResonanceError {
  return new ResonanceError("RESONANCE_OPCUA_NOT_RUNNING", { endpointUrl, state });
}

function securityOf({ securityMode, securityPolicy, serverCertificate }: OPCUAClient): SessionSecurity {
  const { MessageSecurityMode } = loadOpcua();
  const mode = MessageSecurityMode[securityMode];
  const certificate = mode === "None" ? undefined : [serverCertificate ?? []].flat()[0];
  return { mode, policy: securityPolicy.slice(securityPolicy.lastIndexOf("#") + 1), ...(certificate && { certificate }) };
}
