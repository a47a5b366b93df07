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
}

const MOST_PENDING = 10;
const LEAST_HINT_MS = 60_000;
const MOST_HINT_MS = 0x7fffffff;

/** Faults after which publishing goes on by itself; the server wants fewer requests, or one waited for too long. */
const TOO_MANY = /BadTooManyPublishRequests/;
const OUTDATED = /BadTimeout/;

/**
 * Keeps one publish request more waiting at the server than there are subscriptions, and acknowledges what came.
 * node-opcua's own ClientSubscription does the same, but throws from its timers when the connection breaks meanwhile,
 * which would end the whole process.
 */
export function createPublisher(session: ClientSessionPublishService): Publisher {
  const routes = new Map<number, Route>();
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
    const timeoutHint = Math.min(MOST_HINT_MS, Math.max(LEAST_HINT_MS, 2 * MOST_PENDING * silence));
    const request = new PublishRequest({ requestHeader: { timeoutHint }, subscriptionAcknowledgements: acknowledgements });
    acknowledgements = [];
    pending += 1;
    session.publish(request, (error, response) => {
      pending -= 1;
      if (error || !response) failed(error?.message ?? "empty answer");
      else accept(response);
    });
  };
  const accept = ({ subscriptionId, notificationMessage }: PublishResponse): void => {
    const { sequenceNumber, notificationData } = notificationMessage;
    // A keep-alive has no data and nothing to acknowledge.
    if ((notificationData?.length ?? 0) > 0) {
      acknowledgements.push({ subscriptionId, sequenceNumber });
      routes.get(subscriptionId)?.receive(notificationMessage);
    }
    fill();
  };
  const failed = (detail: string): void => {
    if (TOO_MANY.test(detail)) limit = Math.max(1, pending);
    else if (OUTDATED.test(detail)) fill();
    else if (routes.size > 0) for (const route of [...routes.values()]) route.dead(/Bad[A-Z]\w+/.exec(detail)?.[0] ?? detail);
  };

  return {
    add(subscriptionId, route) {
      routes.set(subscriptionId, route);
      fill();
    },
    remove(subscriptionId) { routes.delete(subscriptionId); },
  };
}
