import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import { settled } from "../connection/deadline";
import type { MqttMessage, Taken } from "./message";
import type { MqttSession } from "./session";
import type { MqttSettings, MqttTimings } from "./settings";
import { createSubscriptions, highestQos, type Filter, type SubscriptionListener, type SubscriptionRequest } from "./subscriptions";

/** A user's hold on a subscription. */
export interface SubscriptionHandle {
  /** Ends it: nothing is delivered from then on. `forGood` says that nobody will come back for what the broker keeps. */
  close(): void;
}

/** Keeps the broker's subscriptions in step with what is wanted, over all sessions. */
export interface Subscriber {
  add(request: SubscriptionRequest, listener: SubscriptionListener, hold: () => () => void): SubscriptionHandle;
  dispatch(message: MqttMessage, taken: Taken, identifiers: readonly number[]): boolean;
  /** A session stands. @throws when it does not answer */
  start(session: MqttSession): Promise<void>;
  stop(): void;
  /** Tells all users. */
  problem(error: ResonanceError): void;
  /** Nothing is delivered any more; what was held stays with the broker. */
  close(): void;
}

/** What each client of this process has at its broker, so that a deployment which no longer wants a filter can end it. */
const REMEMBERED = new Map<string, Set<string>>();

export function createSubscriber(settings: MqttSettings, timings: MqttTimings, current: () => MqttSession | undefined): Subscriber {
  const subscriptions = createSubscriptions();
  const key = `${settings.clientId}@${settings.url}`;
  const atBroker = REMEMBERED.get(key) ?? new Set<string>();
  REMEMBERED.set(key, atBroker);
  const refused = new Map<string, string>();
  const timers = new Set<NodeJS.Timeout>();
  let retry: NodeJS.Timeout | undefined;

  const later = (ms: number, action: () => void): NodeJS.Timeout => {
    const timer = setTimeout(() => { timers.delete(timer); action(); }, ms);
    timer.unref();
    timers.add(timer);
    return timer;
  };
  const tell = (filter: Filter, on: boolean): void => { for (const user of filter.users.keys()) user.active?.(on); };
  const all = (): Filter[] => [...subscriptions.filters.values()];

  const ask = async (session: MqttSession, filter: Filter): Promise<void> => {
    try {
      if (filter.filter.startsWith("$share/") && !session.limits.shared) throw new ResonanceError("RESONANCE_MQTT_SUBSCRIBE_REFUSED", { filter: filter.filter, detail: "the broker has no shared subscriptions" });
      await session.subscribe(filter.filter, highestQos(filter), filter.identifier);
      atBroker.add(filter.filter);
      refused.delete(filter.filter);
      if (session === current()) tell(filter, true);
    } catch (thrown) {
      const error = toResonanceError(thrown);
      if (error.code !== "RESONANCE_MQTT_SUBSCRIBE_REFUSED") throw error;
      atBroker.delete(filter.filter);
      tell(filter, false);
      const detail = String(error.params["detail"]);
      if (refused.get(filter.filter) !== detail) for (const user of filter.users.keys()) user.problem(error);
      refused.set(filter.filter, detail);
      retry ??= later(timings.subscribeRetry, () => { retry = undefined; again(); });
    }
  };
  const inBackground = (work: Promise<void>): void => { work.catch(() => undefined); };
  /** Asks once more for what was refused. */
  const again = (): void => {
    const session = current();
    if (session) for (const filter of all()) if (refused.has(filter.filter)) inBackground(ask(session, filter));
  };
  const drop = (filter: Filter): void => {
    if (filter.users.size > 0 || subscriptions.filters.get(filter.filter) !== filter) return;
    subscriptions.forget(filter);
    refused.delete(filter.filter);
    const session = current();
    if (session && atBroker.delete(filter.filter)) inBackground(session.unsubscribe(filter.filter));
  };

  return {
    dispatch: (message, taken, identifiers) => subscriptions.dispatch(message, taken, identifiers),
    add(request, listener, hold) {
      let open = true;
      const mine: SubscriptionListener = {
        message(message, taken) { listener.message(message, taken); },
        problem(error) { if (open) listener.problem(error); },
        active(on) { if (open) listener.active?.(on); },
      };
      const filter = subscriptions.add(request, mine);
      const release = hold();
      const session = current();
      if (session) inBackground(ask(session, filter));
      return {
        close() {
          if (!open) return;
          open = false;
          filter.users.delete(mine);
          if (filter.users.size === 0) later(timings.grace, () => { drop(filter); });
          release();
        },
      };
    },
    async start(session) {
      const wanted = all();
      if (!session.resumed) atBroker.clear();
      // In a kept session what stands still stands; asking again would bring all retained messages once more.
      const missing = wanted.filter(({ filter }) => !atBroker.has(filter));
      const surplus = [...atBroker].filter((filter) => !subscriptions.filters.has(filter));
      for (const filter of wanted) if (atBroker.has(filter.filter)) tell(filter, true);
      for (const filter of surplus) atBroker.delete(filter);
      await Promise.all([...missing.map((filter) => ask(session, filter)), ...surplus.map((filter) => settled(session.unsubscribe(filter), timings.answer))]);
    },
    stop() {
      for (const filter of all()) tell(filter, false);
    },
    problem(error) {
      for (const filter of all()) for (const user of filter.users.keys()) user.problem(error);
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      for (const filter of all()) {
        filter.users.clear();
        filter.held.length = 0;
      }
    },
  };
}
