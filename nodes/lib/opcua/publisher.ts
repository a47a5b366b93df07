import type { ClientSessionPublishService, NotificationMessage, PublishResponse } from "node-opcua";
import { loadOpcua } from "./load";

/** Where the notifications of one subscription go. */
export interface Route {
  /** Longest silence of a healthy subscription in ms: keep-alive count times publishing interval. */
  readonly keepAliveMs: number;
  receive(message: NotificationMessage): void;
  /** The server no longer publishes. */
  dead(detail: string): void;
}

/** The publish requests of one session, shared by its subscriptions. */
export interface Publisher {
  add(subscriptionId: number, route: Route): void;
  remove(subscriptionId: number): void;
  /** The session is over: forgets all routes and stops all timers. */
  close(): void;
}

const MOST_PENDING = 10;
const LEAST_HINT_MS = 60_000;
/** The longest time the protocol and Node.js can express. */
const MOST_MS = 0x7fffffff;
const REFILL_MS = 1_000;
/** A keep-alive may be late by one whole period and by the way through a slow network. */
const SILENCE_FACTOR = 2;
const SILENCE_MARGIN_MS = 5_000;

/** Faults after which publishing goes on by itself; the server wants fewer requests, or one waited for too long. */
const TOO_MANY = /BadTooManyPublishRequests/;
const OUTDATED = /BadTimeout/;

/**
 * Keeps one publish request more waiting at the server than there are subscriptions, and acknowledges what came.
 * node-opcua's own ClientSubscription does the same, but throws from its timers when the connection breaks meanwhile,
 * which would end the whole process.
 * A subscription of which neither a notification nor a keep-alive comes for twice `keepAliveMs` and five seconds is dead,
 * even where the server answers everything else.
 */
export function createPublisher(session: ClientSessionPublishService): Publisher {
  const routes = new Map<number, Route>();
  const watches = new Map<number, NodeJS.Timeout>();
  let refill: NodeJS.Timeout | undefined;
  let acknowledgements: { subscriptionId: number; sequenceNumber: number }[] = [];
  let pending = 0;
  let limit = MOST_PENDING;

  const fill = (): void => {
    const wanted = routes.size === 0 ? 0 : Math.min(limit, routes.size + 1);
    while (pending < wanted) send();
  };
  const send = (): void => {
    const { PublishRequest } = loadOpcua();
    const silence = Math.max(...[...routes.values()].map(({ keepAliveMs }) => keepAliveMs));
    // Requests are answered in turn, so the last of them may wait for many silences.
    const timeoutHint = Math.min(MOST_MS, Math.max(LEAST_HINT_MS, 2 * MOST_PENDING * silence));
    const request = new PublishRequest({ requestHeader: { timeoutHint }, subscriptionAcknowledgements: acknowledgements });
    acknowledgements = [];
    pending += 1;
    session.publish(request, (error, response) => {
      pending -= 1;
      if (error || !response) failed(error?.message ?? "empty answer");
      else accept(response);
    });
  };
  const watch = (subscriptionId: number, route: Route): void => {
    clearTimeout(watches.get(subscriptionId));
    const silence = Math.min(MOST_MS, SILENCE_FACTOR * route.keepAliveMs + SILENCE_MARGIN_MS);
    const expired = (): void => { route.dead(`nothing came from the subscription for ${silence / 1000} s`); };
    watches.set(subscriptionId, setTimeout(expired, silence).unref());
  };
  const accept = ({ subscriptionId, notificationMessage }: PublishResponse): void => {
    const { sequenceNumber, notificationData } = notificationMessage;
    const route = routes.get(subscriptionId);
    if (route) watch(subscriptionId, route);
    // A keep-alive has no data and nothing to acknowledge.
    if ((notificationData?.length ?? 0) > 0) {
      acknowledgements.push({ subscriptionId, sequenceNumber });
      route?.receive(notificationMessage);
    }
    fill();
  };
  const failed = (detail: string): void => {
    if (TOO_MANY.test(detail)) {
      limit = Math.max(1, pending);
      // With none waiting there is no answer that would bring the next request about.
      clearTimeout(refill);
      if (pending === 0) refill = setTimeout(fill, REFILL_MS).unref();
    } else if (OUTDATED.test(detail)) fill();
    else if (routes.size > 0) for (const route of [...routes.values()]) route.dead(/Bad[A-Z]\w+/.exec(detail)?.[0] ?? detail);
  };

  return {
    add(subscriptionId, route) {
      routes.set(subscriptionId, route);
      watch(subscriptionId, route);
      fill();
    },
    remove(subscriptionId) {
      routes.delete(subscriptionId);
      clearTimeout(watches.get(subscriptionId));
      watches.delete(subscriptionId);
    },
    close() {
      routes.clear();
      for (const timer of watches.values()) clearTimeout(timer);
      watches.clear();
      clearTimeout(refill);
    },
  };
}
