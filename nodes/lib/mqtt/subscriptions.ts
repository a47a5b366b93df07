import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import type { MqttMessage, Qos, Taken } from "./message";
import { compileFilter } from "./topic";

/** What to follow. */
export interface SubscriptionRequest {
  /** As the broker gets it; see `subscriptionFilter`. */
  readonly filter: string;
  readonly qos: Qos;
}

/** Who hears what comes; an exception of `message` is reported to `problem`, and the message counts as taken. */
export interface SubscriptionListener {
  /** `taken` is to be called once, when the flow has it. */
  message(message: MqttMessage, taken: Taken): void;
  /** Once for each new trouble: of the connection, or of this subscription. */
  problem(error: ResonanceError): void;
  /** The broker granted the subscription, or it no longer stands. */
  active?(on: boolean): void;
}

/** One filter at the broker, whatever the number of its users. */
export interface Filter {
  readonly filter: string;
  /** Subscription identifier (MQTT 5.0 §3.8.2.1.2): the same for the same filter in every run, since a kept session keeps it. */
  readonly identifier: number;
  readonly matches: (topic: string) => boolean;
  readonly users: Map<SubscriptionListener, Qos>;
  /** What came while nobody used it, as in a deployment. */
  readonly held: (readonly [MqttMessage, Taken])[];
}

/** The filters of a connection and who uses them. */
export interface Subscriptions {
  readonly filters: ReadonlyMap<string, Filter>;
  add(request: SubscriptionRequest, listener: SubscriptionListener): Filter;
  /** Forgets a filter; what it held counts as taken. */
  forget(filter: Filter): void;
  /** Gives a message to all it is for; `false` when nobody wants it (then it counts as taken). */
  dispatch(message: MqttMessage, taken: Taken, identifiers: readonly number[]): boolean;
}

const MOST_REMEMBERED = 10_000;

/** The highest service any user of the filter wants. */
export function highestQos({ users }: Filter): Qos {
  return Math.max(0, ...users.values()) as Qos;
}

export function createSubscriptions(): Subscriptions {
  const filters = new Map<string, Filter>();
  /** Which filters a topic is for; forgotten at every change. */
  const known = new Map<string, readonly Filter[]>();

  const matching = (topic: string): readonly Filter[] => {
    const remembered = known.get(topic);
    if (remembered) return remembered;
    const found = [...filters.values()].filter(({ matches }) => matches(topic));
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(topic, found);
    return found;
  };
  const wanted = (topic: string, identifiers: readonly number[]): readonly Filter[] => {
    const found = matching(topic);
    if (found.length < 2 || identifiers.length === 0) return found;
    // The broker sends a message once for each of several filters; each copy is for its own.
    const named = found.filter(({ identifier }) => identifiers.includes(identifier));
    return named.length > 0 ? named : found;
  };

  return {
    filters,
    add({ filter: text, qos }, listener) {
      const filter = filters.get(text) ?? { filter: text, identifier: identifierOf(text), matches: compileFilter(text), users: new Map<SubscriptionListener, Qos>(), held: [] };
      filters.set(text, filter);
      known.clear();
      filter.users.set(listener, qos);
      for (const [message, taken] of filter.held.splice(0)) give(listener, message, taken);
      return filter;
    },
    forget(filter) {
      filters.delete(filter.filter);
      known.clear();
      for (const [, taken] of filter.held.splice(0)) taken();
    },
    dispatch(message, taken, identifiers) {
      const found = wanted(message.topic, identifiers);
      const listeners = found.length === 1 ? found[0]?.users : new Map(found.flatMap(({ users }) => [...users]));
      if (listeners && listeners.size > 0) {
        const part = listeners.size === 1 ? taken : whenAll(listeners.size, taken);
        for (const listener of listeners.keys()) give(listener, message, part);
        return true;
      }
      const [waiting] = found;
      if (waiting) waiting.held.push([message, taken]);
      else taken();
      return waiting !== undefined;
    },
  };
}

function give(listener: SubscriptionListener, message: MqttMessage, taken: Taken): void {
  try {
    listener.message(message, taken);
  } catch (thrown) {
    taken();
    listener.problem(toResonanceError(thrown));
  }
}

function whenAll(count: number, taken: Taken): Taken {
  let left = count;
  return () => { if (--left === 0) taken(); };
}

/** FNV-1a, folded into the 28 bits an identifier may have; never 0. */
function identifierOf(filter: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(filter)) hash = Math.imul(hash ^ byte, 0x01000193);
  return ((hash >>> 0) % 268_435_455) + 1 > 268_435_455 ? 1 : ((hash >>> 0) % 268_435_455) + 1;
}
