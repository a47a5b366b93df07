import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import { createBackOff } from "../connection/back-off";
import type { ConnectionStatus } from "../connection/connection-state";
import { pause } from "../connection/deadline";
import { createConnectionReport } from "./connection-report";
import { createEventSubscriber, type EventListener, type EventRequest } from "./event-subscriber";
import { isRefusal, toFailure } from "./failure";
import { startMonitor } from "./monitor";
import { createNamespaceMemory } from "./namespace-memory";
import { endLostSession, openSession, type OpcUaSession } from "./session";
import type { SessionSecurity } from "./session-guard";
import { checkSettings, DEFAULT_TIMINGS, type OpcUaSettings, type OpcUaTimings } from "./settings";
import { createSessionUses } from "./session-uses";
import { createSubscriber, type SubscriptionListener, type SubscriptionRequest } from "./subscriber";
import { createUsers, type User } from "./users";

/** A user's hold on the connection. */
export interface SubscriptionHandle {
  /** Ends the subscription; nothing is delivered from then on. */
  close(): void;
}

/** How long one use of the session may take, the wait for the session included. */
export interface UseOptions {
  /** ms; the endpoint's time for a connection unless told. */
  readonly timeout?: number;
}

/** So many goodbye times closing may take in all. */
const CLOSING = 4;

/** One endpoint and the one session all its users share. */
export interface OpcUaConnection {
  readonly endpointUrl: string;
  /** Where it stands now. */
  status(): ConnectionStatus;
  /** The security of the session that stands; `undefined` while none does. */
  security(): SessionSecurity | undefined;
  /** Hears every change of state or error from now on, not each vain retry; the answer ends that. */
  onState(listener: (status: ConnectionStatus) => void): () => void;
  /**
   * Follows variables until the handle is closed. The first user opens the session, the last one closes it.
   * @throws RESONANCE_OPCUA_NODE_ID_INVALID, RESONANCE_CONFIG_INVALID; whatever goes wrong later is told to the listener.
   */
  subscribe(request: SubscriptionRequest, listener: SubscriptionListener): SubscriptionHandle;
  /** Hears events and alarms of a notifier until the handle is closed; otherwise as `subscribe`. */
  subscribeEvents(request: EventRequest, listener: EventListener): SubscriptionHandle;
  /** Keeps the session standing (and reopened after a loss) until the answer is called. */
  hold(): () => void;
  /**
   * Runs `work` with the session. Where nobody has needed the connection yet it is opened for this; while it is known to be in trouble
   * this fails at once rather than wait for the next attempt, and a loss during the work ends it.
   * @throws the connection's trouble, RESONANCE_OPCUA_TIMEOUT, or what the work fails with as a ResonanceError.
   */
  use<T>(work: (session: OpcUaSession) => Promise<T>, options?: UseOptions): Promise<T>;
  /** Ends everything for good, within five seconds even where the server hangs; never rejects. */
  close(): Promise<void>;
}

/**
 * A connection that looks after itself: it connects when it is needed, retries for ever with back-off, announces a gap when the wire
 * is lost, takes the session over where the server still has it, and else subscribes anew in the next one.
 * @throws RESONANCE_CONFIG_INVALID with the setting's name as path.
 */
export function createOpcUaConnection(settings: OpcUaSettings, adjust: Partial<OpcUaTimings> = {}): OpcUaConnection {
  checkSettings(settings);
  const { endpointUrl } = settings;
  const timings = { ...DEFAULT_TIMINGS, ...adjust };
  const backOff = createBackOff(timings.firstRetry, timings.longestRetry);
  const holds = new Set<symbol>();
  const uses = createSessionUses();
  const farewells = new Set<Promise<void>>();
  const memory = createNamespaceMemory();
  const report = createConnectionReport();
  const { happen } = report;
  let current: OpcUaSession | undefined;
  /** Lost its wire and may still stand at the server. */
  let lost: OpcUaSession | undefined;
  let lose: (error: ResonanceError) => void = () => undefined;
  let stop = new AbortController();
  let running: Promise<void> | undefined;
  let releasedAt = 0;
  let disposed = false;

  const inBackground = (work: Promise<void>): void => {
    farewells.add(work);
    void work.finally(() => farewells.delete(work));
  };
  const users = createUsers(endpointUrl, timings, (opened, error) => { if (opened === current) lose(error); }, inBackground);
  /** Tells all users of a trouble, unless they know it or it is the same outage in other words. */
  const complain = (error: ResonanceError): void => {
    if (report.complain(error)) for (const user of users.all()) user.problem(error);
    uses.fail(error);
  };
  const needed = (): boolean => users.size + holds.size > 0;

  /** What stood in an earlier session is over where the server does not have that session any more. */
  const settleIn = async (opened: OpcUaSession, gone: () => boolean): Promise<void> => {
    if (!opened.resumed) {
      users.abandon();
      lost?.publisher.close();
    }
    lost = undefined;
    await opened.prepare();
    memory.learn(await opened.namespaces());
    if (gone()) return;
    current = opened;
    report.well();
    happen("opened");
    uses.opened(opened);
    await users.enter(opened);
    if (!gone()) backOff.reset();
  };
  /** The session ends: for good, or so that the next wire can take it over. */
  const part = async (opened: OpcUaSession, error: ResonanceError | undefined): Promise<void> => {
    current = undefined;
    if (!error || error.code === "RESONANCE_OPCUA_NOT_RUNNING") {
      users.abandon();
      inBackground(opened.close());
    } else {
      lost = opened;
      await opened.leave();
    }
  };

  /** One session, or one wire of it, from opening to loss; resolves when it is over. */
  const live = async (signal: AbortSignal): Promise<void> => {
    let opened: OpcUaSession | undefined;
    let reason: ResonanceError | undefined;
    let over = false;
    let onStop = (): void => undefined;
    try {
      const broken = new Promise<ResonanceError>((resolve) => { lose = resolve; });
      const stopped = new Promise<undefined>((resolve) => { onStop = () => { resolve(undefined); }; });
      signal.addEventListener("abort", onStop);
      opened = await openSession(settings, timings, signal, (error) => { lose(error); }, lost);
      const settled = settleIn(opened, () => over).then(() => broken, (thrown: unknown) => toFailure(thrown, "use", { endpointUrl }));
      reason = signal.aborted ? undefined : await Promise.race([broken, settled, stopped]);
      if (!reason || signal.aborted) return;
      const stood = report.state() === "connected";
      complain(reason);
      happen(stood ? "lost" : "unreachable");
      if (stood) users.leave();
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toResonanceError(thrown);
      complain(error);
      happen(isRefusal(error) ? "refusal" : "unreachable");
    } finally {
      over = true;
      signal.removeEventListener("abort", onStop);
      if (opened) await part(opened, signal.aborted ? undefined : reason);
    }
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await live(signal);
      // Repeated log-ins with a wrong password would lock the account.
      const wait = report.trouble()?.code === "RESONANCE_OPCUA_IDENTITY_REJECTED" ? backOff.longest() : backOff.next();
      await pause(wait, signal);
    }
    users.abandon();
    if (lost) inBackground(endLostSession(lost, settings, timings, CLOSING * timings.goodbye - (performance.now() - releasedAt)));
    lost = undefined;
    await Promise.all(farewells);
    report.well();
    backOff.reset();
    running = undefined;
    happen("released");
    if (needed()) start();
  };
  const start = (): void => {
    if (running || disposed) return;
    stop = new AbortController();
    happen("needed");
    running = run(stop.signal);
  };
  const release = (): void => {
    happen("unneeded");
    releasedAt = performance.now();
    stop.abort(new Error("nobody needs the connection any more"));
  };
  const hold = (): (() => void) => {
    const mine = Symbol("hold");
    if (!disposed) holds.add(mine);
    start();
    return () => { if (holds.delete(mine) && !needed()) release(); };
  };
  const join = (user: User): SubscriptionHandle => {
    users.add(user);
    const trouble = report.trouble();
    if (trouble) user.problem(trouble);
    start();
    return { close() { if (users.remove(user) && !needed()) release(); } };
  };
  const closed = (): ResonanceError => new ResonanceError("RESONANCE_OPCUA_CONNECTION_LOST", { endpointUrl, detail: "the endpoint was closed" });

  return {
    endpointUrl,
    status: report.status,
    security: () => current?.security,
    onState: report.onState,
    subscribe(request, listener) {
      const subscriber = createSubscriber(request, whileOpen(listener, () => users.has(user)));
      const user: User = { ...subscriber, start: (opened, times, onDead) => startMonitor(opened, subscriber, memory, times, onDead) };
      return join(user);
    },
    subscribeEvents(request, listener) {
      const user: User = createEventSubscriber(request, memory, whileOpen(listener, () => users.has(user)));
      return join(user);
    },
    hold,
    async use(work, { timeout = timings.connect } = {}) {
      const letGo = hold();
      const late = (): ResonanceError => new ResonanceError("RESONANCE_OPCUA_TIMEOUT", { endpointUrl, detail: `${timeout / 1000} s` });
      try {
        return await uses.run(work, disposed ? closed() : (current ?? report.trouble()), timeout, late);
      } catch (thrown) {
        throw toFailure(thrown, "use", { endpointUrl });
      } finally {
        letGo();
      }
    },
    async close() {
      disposed = true;
      holds.clear();
      uses.fail(closed());
      users.clear();
      if (running) release();
      await running;
      happen("disposed");
      report.silence();
    },
  };
}

/** A listener that hears nothing once its handle is closed. */
function whileOpen<L extends object>(listener: L, open: () => boolean): L {
  const guarded = Object.entries(listener).map(([name, hear]: [string, (...heard: unknown[]) => void]) =>
    [name, (...heard: unknown[]): void => { if (open()) hear(...heard); }]);
  return Object.fromEntries(guarded) as L;
}
