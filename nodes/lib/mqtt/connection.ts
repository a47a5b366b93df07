import { createBackOff } from "../connection/back-off";
import { nextState, type ConnectionEvent, type ConnectionState, type ConnectionStatus } from "../connection/connection-state";
import { pause } from "../connection/deadline";
import { sameTrouble } from "../connection/same-trouble";
import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import { failure, isRefusal, needsPatience, toFailure } from "./failure";
import { checkFits } from "./fits";
import type { Publication } from "./message";
import { presence } from "./presence";
import { openSession, type MqttSession } from "./session";
import { checkSettings, DEFAULT_TIMINGS, type MqttSettings, type MqttTimings, type ProtocolVersion } from "./settings";
import { createSubscriber, type SubscriptionHandle } from "./subscriber";
import type { SubscriptionListener, SubscriptionRequest } from "./subscriptions";
import { createWindow, type Window } from "./window";

/** One broker and the one client all its users share. */
export interface MqttConnection {
  readonly url: string;
  readonly clientId: string;
  status(): ConnectionStatus;
  /** The version spoken now; `undefined` while there is no session. */
  version(): ProtocolVersion | undefined;
  /** Messages that came although nobody wants them any more: a kept session of an earlier flow. */
  unwanted(): number;
  /** Hears every change of state or error from now on, not each vain retry; the answer ends that. */
  onState(listener: (status: ConnectionStatus) => void): () => void;
  /** Keeps the connection until the answer is called; the first user connects, the last one disconnects. */
  hold(): () => void;
  /** Follows a topic filter and keeps the connection until the handle is closed. */
  subscribe(request: SubscriptionRequest, listener: SubscriptionListener): SubscriptionHandle;
  /**
   * Publishes in the order of the calls; settles with the broker's acknowledgement (QoS 0: when it was written).
   * @throws RESONANCE_MQTT_NOT_CONNECTED, RESONANCE_MQTT_CONNECTION_LOST (it may have arrived), RESONANCE_MQTT_PUBLISH_REFUSED,
   * RESONANCE_MQTT_TOO_LARGE, RESONANCE_MQTT_NOT_SUPPORTED, RESONANCE_MQTT_EXPIRED
   */
  publish(publication: Publication): Promise<void>;
  /** Ends everything for good, within five seconds even where the broker hangs; never rejects. */
  close(): Promise<void>;
}

/** Messages with QoS 1 or 2 under way at once, where the broker allows more. */
const MOST_UNDER_WAY = 1000;
const SUSPICIOUS = 3;

/**
 * A connection that looks after itself: it connects when it is needed, retries for ever with back-off, subscribes anew where the
 * broker forgot, and falls back to MQTT 3.1.1 where that is allowed.
 * @throws RESONANCE_CONFIG_INVALID with the setting's name as path.
 */
export function createMqttConnection(settings: MqttSettings, adjust: Partial<MqttTimings> = {}): MqttConnection {
  const url = checkSettings(settings);
  const timings = { ...DEFAULT_TIMINGS, ...adjust };
  const context = { url: settings.url, user: settings.user, clientId: settings.clientId };
  const preferred: ProtocolVersion = settings.protocol === "3.1.1" ? 4 : 5;
  const backOff = createBackOff(timings.firstRetry, timings.longestRetry);
  const listeners = new Set<(status: ConnectionStatus) => void>();
  const holds = new Set<symbol>();
  const farewells = new Set<Promise<void>>();
  let state: ConnectionState = "disconnected";
  let trouble: ResonanceError | undefined;
  let told: ConnectionStatus = { state };
  let version = preferred;
  let current: MqttSession | undefined;
  let window: Window | undefined;
  let stop = new AbortController();
  let running: Promise<void> | undefined;
  let disposed = false;
  let unwanted = 0;
  /** Connections in a row that did not hold. */
  let shortLived = 0;
  /** Whether the broker said that it does not speak MQTT 5. */
  let saidOldOnly = false;

  const isOpen = (): boolean => current !== undefined;
  const subscriber = createSubscriber(settings, timings, () => current);
  const status = (): ConnectionStatus => (trouble ? { state, error: trouble } : { state });
  const happen = (event: ConnectionEvent): void => {
    const next = nextState(state, event);
    if (next === undefined) return;
    state = next;
    if (told.state === state && sameTrouble(told.error, trouble)) return;
    told = status();
    for (const listener of listeners) listener(told);
  };
  const complain = (error: ResonanceError): void => {
    const known = sameTrouble(trouble, error);
    trouble = error;
    if (!known) subscriber.problem(error);
  };

  /** One session from opening to loss; says whether the next attempt may follow at once. */
  const live = async (signal: AbortSignal): Promise<boolean> => {
    let session: MqttSession | undefined;
    try {
      let lose: (error: ResonanceError) => void = () => undefined;
      const lost = new Promise<ResonanceError>((resolve) => { lose = resolve; });
      session = await openSession(settings, url, version, timings, signal, {
        message(message, taken, identifiers) { if (!subscriber.dispatch(message, taken, identifiers)) unwanted += 1; },
        lost(error) {
          current = undefined;
          window?.close(error);
          lose(error);
        },
      });
      current = session;
      const birth = presence(settings, true);
      if (birth) session.publish(birth).catch((thrown: unknown) => { subscriber.problem(toFailure(thrown, context)); });
      // Only then may be published, lest an answer comes before its subscription stands.
      await subscriber.start(session);
      if (!isOpen()) throw await lost;
      window = createWindow(Math.min(session.limits.receiveMaximum, MOST_UNDER_WAY));
      trouble = undefined;
      const opened = Date.now();
      happen("opened");
      const stopped = new Promise<void>((resolve) => { signal.addEventListener("abort", () => { resolve(); }, { once: true }); });
      const broken = signal.aborted ? undefined : await Promise.race([lost, stopped]);
      const stable = Date.now() - opened >= timings.stable;
      if (stable) backOff.reset();
      shortLived = stable ? 0 : shortLived + 1;
      if (!broken || signal.aborted) return false;
      const reason = suspectTwin(broken);
      current = undefined;
      window.close(reason);
      complain(reason);
      happen("lost");
      if (isRefusal(reason)) happen("refusal");
      // A version that was only tried because of silence is not kept.
      if (!saidOldOnly) version = preferred;
      return false;
    } catch (thrown) {
      if (signal.aborted) return false;
      const error = toResonanceError(thrown);
      if (fallBack(error)) return true;
      complain(error);
      happen(isRefusal(error) ? "refusal" : "unreachable");
      return false;
    } finally {
      current = undefined;
      window?.close(failure("RESONANCE_MQTT_CONNECTION_LOST", context, "the connection was closed"));
      window = undefined;
      subscriber.stop();
      if (session) {
        const farewell = session.close(signal.aborted);
        farewells.add(farewell);
        void farewell.finally(() => farewells.delete(farewell));
      }
    }
  };

  /** Before MQTT 5, and with some brokers of MQTT 5, only a repetition tells that another client takes the session again and again. */
  const suspectTwin = (error: ResonanceError): ResonanceError => {
    if (error.code !== "RESONANCE_MQTT_CONNECTION_LOST" || shortLived < SUSPICIOUS) return error;
    return failure(error.code, context, `${String(error.params["detail"])}, again and again soon after connecting; does another client use the client ID ${settings.clientId}?`, error.cause);
  };
  const fallBack = (error: ResonanceError): boolean => {
    if (settings.protocol !== "auto") return false;
    if (error.code === "RESONANCE_MQTT_VERSION" && version === 5) {
      saidOldOnly = true;
      version = 4;
      return true;
    }
    if (error.code === "RESONANCE_MQTT_VERSION") saidOldOnly = false;
    // An old broker may hang up without a word: the versions take turns.
    if (!saidOldOnly) version = error.code === "RESONANCE_MQTT_NO_CONNACK" && version === 5 ? 4 : 5;
    return false;
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      if (await live(signal)) continue;
      const wait = trouble && needsPatience(trouble) ? backOff.longest() : backOff.next();
      await pause(wait, signal);
    }
    await Promise.all(farewells);
    trouble = undefined;
    backOff.reset();
    running = undefined;
    happen("released");
    if (holds.size > 0) start();
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
    holds.add(mine);
    start();
    return () => {
      if (holds.delete(mine) && holds.size === 0 && running) release();
    };
  };

  return {
    url: settings.url, clientId: settings.clientId, status, hold,
    version: () => (window ? current?.version : undefined),
    unwanted: () => unwanted,
    onState(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    subscribe(request, listener) {
      const handle = subscriber.add(request, listener, hold);
      if (trouble) listener.problem(trouble);
      return handle;
    },
    async publish(publication) {
      const session = current;
      if (!session || !window) throw failure("RESONANCE_MQTT_NOT_CONNECTED", context, trouble?.message ?? state, trouble);
      checkFits(publication, session);
      if (publication.qos === 0) return session.publish(publication);
      return window.run(() => session.publish(publication));
    },
    async close() {
      disposed = true;
      holds.clear();
      subscriber.close();
      if (running) release();
      await running;
      happen("disposed");
      listeners.clear();
    },
  };
}
