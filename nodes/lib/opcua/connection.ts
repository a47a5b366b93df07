import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import { createBackOff } from "../connection/back-off";
import { nextState, type ConnectionEvent, type ConnectionState, type ConnectionStatus } from "../connection/connection-state";
import { pause } from "../connection/deadline";
import { sameTrouble } from "../connection/same-trouble";
import { isRefusal, toFailure } from "./failure";
import { startMonitor, type Monitor } from "./monitor";
import { openSession, type OpcUaSession } from "./session";
import { checkSettings, DEFAULT_TIMINGS, type OpcUaSettings, type OpcUaTimings } from "./settings";
import { createSessionUses } from "./session-uses";
import { createSubscriber, type Subscriber, type SubscriptionListener, type SubscriptionRequest } from "./subscriber";

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

/** One endpoint and the one session all its users share. */
export interface OpcUaConnection {
  readonly endpointUrl: string;
  /** Where it stands now. */
  status(): ConnectionStatus;
  /** Hears every change of state or error from now on, not each vain retry; the answer ends that. */
  onState(listener: (status: ConnectionStatus) => void): () => void;
  /**
   * Follows variables until the handle is closed. The first user opens the session, the last one closes it.
   * @throws RESONANCE_OPCUA_NODE_ID_INVALID, RESONANCE_CONFIG_INVALID; whatever goes wrong later is told to the listener.
   */
  subscribe(request: SubscriptionRequest, listener: SubscriptionListener): SubscriptionHandle;
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
 * A connection that looks after itself: it connects when it is needed, retries for ever with back-off,
 * announces a gap when the session is lost, and subscribes anew in the next session.
 * @throws RESONANCE_CONFIG_INVALID with the setting's name as path.
 */
export function createOpcUaConnection(settings: OpcUaSettings, adjust: Partial<OpcUaTimings> = {}): OpcUaConnection {
  checkSettings(settings);
  const { endpointUrl } = settings;
  const timings = { ...DEFAULT_TIMINGS, ...adjust };
  const backOff = createBackOff(timings.firstRetry, timings.longestRetry);
  const listeners = new Set<(status: ConnectionStatus) => void>();
  const users = new Map<Subscriber, Monitor | undefined>();
  const holds = new Set<symbol>();
  const uses = createSessionUses();
  const farewells = new Set<Promise<void>>();
  let state: ConnectionState = "disconnected";
  let trouble: ResonanceError | undefined;
  let told: ConnectionStatus = { state };
  let current: OpcUaSession | undefined;
  let lose: (error: ResonanceError) => void = () => undefined;
  let stop = new AbortController();
  let running: Promise<void> | undefined;
  let disposed = false;

  const status = (): ConnectionStatus => (trouble ? { state, error: trouble } : { state });
  const happen = (event: ConnectionEvent): void => {
    const next = nextState(state, event);
    if (next === undefined) return;
    state = next;
    if (told.state === state && sameTrouble(told.error, trouble)) return;
    told = status();
    for (const listener of listeners) listener(told);
  };
  /** Tells all users of a trouble, unless it is the one they know. */
  const complain = (error: ResonanceError): void => {
    const known = sameTrouble(trouble, error);
    trouble = error;
    if (!known) for (const user of users.keys()) user.problem(error);
    uses.fail(error);
  };
  const needed = (): boolean => users.size + holds.size > 0;
  const inBackground = (work: Promise<void>): void => {
    farewells.add(work);
    void work.finally(() => farewells.delete(work));
  };

  const attach = async (user: Subscriber, session: OpcUaSession): Promise<void> => {
    const onDead = (detail: string): void => {
      if (session === current) lose(new ResonanceError("RESONANCE_OPCUA_CONNECTION_LOST", { endpointUrl, detail }));
    };
    const monitor = await startMonitor(session, user, timings, onDead);
    if (session === current && users.has(user)) users.set(user, monitor);
    else inBackground(monitor.stop());
  };

  /** One session from opening to loss; resolves when it is over. */
  const live = async (signal: AbortSignal): Promise<void> => {
    let session: OpcUaSession | undefined;
    try {
      const lost = new Promise<ResonanceError>((resolve) => { lose = resolve; });
      session = await openSession(settings, timings, signal, (error) => { lose(error); });
      current = session;
      trouble = undefined;
      happen("opened");
      uses.opened(session);
      const attached = Promise.all([...users.keys()].map((user) => attach(user, current as OpcUaSession)));
      const stopped = new Promise<void>((resolve) => { signal.addEventListener("abort", () => { resolve(); }, { once: true }); });
      const broken = attached.then(() => { backOff.reset(); return lost; }, (thrown: unknown) => toFailure(thrown, "use", { endpointUrl }));
      const reason = signal.aborted ? undefined : await Promise.race([lost, broken, stopped]);
      current = undefined;
      if (reason && !signal.aborted) {
        complain(reason);
        happen("lost");
        const now = new Date().toISOString();
        for (const user of users.keys()) user.gap(now);
      }
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toResonanceError(thrown);
      complain(error);
      happen(isRefusal(error) ? "refusal" : "unreachable");
    } finally {
      current = undefined;
      for (const [user, monitor] of users) {
        monitor?.abandon();
        users.set(user, undefined);
      }
      if (session) inBackground(session.close());
    }
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await live(signal);
      // Repeated log-ins with a wrong password would lock the account.
      const wait = trouble?.code === "RESONANCE_OPCUA_IDENTITY_REJECTED" ? backOff.longest() : backOff.next();
      await pause(wait, signal);
    }
    await Promise.all(farewells);
    trouble = undefined;
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
    stop.abort(new Error("nobody needs the connection any more"));
  };
  const hold = (): (() => void) => {
    const mine = Symbol("hold");
    if (!disposed) holds.add(mine);
    start();
    return () => { if (holds.delete(mine) && !needed()) release(); };
  };
  const closed = (): ResonanceError => new ResonanceError("RESONANCE_OPCUA_CONNECTION_LOST", { endpointUrl, detail: "the endpoint was closed" });

  return {
    endpointUrl, status,
    onState(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    subscribe(request, listener) {
      const user = createSubscriber(request, whileOpen(listener, () => users.has(user)));
      users.set(user, undefined);
      if (trouble) user.problem(trouble);
      if (current) attach(user, current).catch((thrown: unknown) => { lose(toFailure(thrown, "use", { endpointUrl })); });
      else start();
      return {
        close() {
          const monitor = users.get(user);
          if (!users.delete(user)) return;
          if (!needed()) release();
          else if (monitor) inBackground(monitor.stop());
        },
      };
    },
    hold,
    async use(work, { timeout = timings.connect } = {}) {
      const letGo = hold();
      const late = (): ResonanceError => new ResonanceError("RESONANCE_OPCUA_TIMEOUT", { endpointUrl, detail: `${timeout / 1000} s` });
      try {
        return await uses.run(work, disposed ? closed() : (current ?? trouble), timeout, late);
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
      for (const monitor of users.values()) monitor?.abandon();
      users.clear();
      if (running) release();
      await running;
      happen("disposed");
      listeners.clear();
    },
  };
}

/** A listener that hears nothing once its handle is closed. */
function whileOpen(listener: SubscriptionListener, open: () => boolean): SubscriptionListener {
  return {
    samples(batch) { if (open()) listener.samples(batch); },
    problem(error) { if (open()) listener.problem(error); },
    items(active) { if (open()) listener.items?.(active); },
  };
}
