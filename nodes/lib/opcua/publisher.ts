import type { ClientSessionPublishService, ClientSessionRawSubscriptionService, NotificationMessage, PublishResponse } from "node-opcua";
import { createLane, type Lane } from "./lane";
import { loadOpcua } from "./load";

/** Where the notifications of one subscription go. */
export interface Route {
  /** Longest silence of a healthy subscription in ms: keep-alive count times publishing interval. */
  readonly keepAliveMs: number;
  receive(message: NotificationMessage): void;
  /** The server no longer publishes, or has published what cannot be had any more. */
  dead(detail: string): void;
}

/** What a publisher needs of a session. */
export type PublishingSession = ClientSessionPublishService & Pick<ClientSessionRawSubscriptionService, "deleteSubscriptions">;

/** The publish requests of one session, shared by its subscriptions. */
export interface Publisher {
  add(subscriptionId: number, route: Route): void;
  remove(subscriptionId: number): void;
  /** The wire is gone: nothing is sent or awaited until `resume`. */
  pause(): void;
  /**
   * The session goes on over another wire: fetches what the server published in vain meanwhile, in order.
   * @throws what the wire says when it breaks again.
   */
  catchUp(): Promise<void>;
  /** Publishing goes on, and with it comes what some servers send once more. */
  resume(): void;
  /** The session is over: forgets all routes and stops all timers. */
  close(): void;
}

const MOST_PENDING = 10;
const LEAST_HINT_MS = 60_000;
/** The longest time the protocol and Node.js can express. */
const MOST_MS = 0x7fffffff;
const REFILL_MS = 1_000;
const STRAY_MS = 1_000;
/** A keep-alive may be late by one whole period and by the way through a slow network. */
const SILENCE_FACTOR = 2;
const SILENCE_MARGIN_MS = 5_000;

/** Faults after which publishing goes on by itself; the server wants fewer requests, or one waited for too long. */
const TOO_MANY = /BadTooManyPublishRequests/;
const OUTDATED = /BadTimeout/;
/** The session stands, its subscriptions do not. */
const NO_SUBSCRIPTION = /BadNoSubscription|BadSubscriptionIdInvalid/;

/**
 * Keeps one publish request more waiting at the server than there are subscriptions, and acknowledges what came.
 * node-opcua's own ClientSubscription does the same, but throws from its timers when the connection breaks meanwhile,
 * which would end the whole process.
 * A subscription of which neither a notification nor a keep-alive comes for twice `keepAliveMs` and five seconds is dead,
 * even where the server answers everything else. One that nobody knows, since its making was cut short, is deleted. `broken` hears when the session can publish no more.
 */
export function createPublisher(session: PublishingSession, broken: (detail: string) => void): Publisher {
  const lanes = new Map<number, Lane>();
  const watches = new Map<number, NodeJS.Timeout>();
  let refill: NodeJS.Timeout | undefined;
  let acknowledgements: { subscriptionId: number; sequenceNumber: number }[] = [];
  let pending = 0;
  let limit = MOST_PENDING;
  let paused = false;
  /** Answers to requests of an earlier wire mean nothing any more. */
  let wire = 0;

  const fill = (): void => {
    const wanted = lanes.size === 0 || paused ? 0 : Math.min(limit, lanes.size + 1);
    while (pending < wanted) send();
  };
  const send = (): void => {
    const { PublishRequest } = loadOpcua();
    const silence = Math.max(...[...lanes.values()].map(({ route }) => route.keepAliveMs));
    // Requests are answered in turn, so the last of them may wait for many silences.
    const timeoutHint = Math.min(MOST_MS, Math.max(LEAST_HINT_MS, 2 * MOST_PENDING * silence));
    const told = acknowledgements;
    const request = new PublishRequest({ requestHeader: { timeoutHint }, subscriptionAcknowledgements: told });
    acknowledgements = [];
    pending += 1;
    const mine = wire;
    session.publish(request, (error, response) => {
      if (mine !== wire) return;
      pending -= 1;
      if (error || !response) failed(error?.message ?? "empty answer");
      else accept(response);
    });
  };
  const unwatch = (subscriptionId: number): void => {
    clearTimeout(watches.get(subscriptionId));
    watches.delete(subscriptionId);
  };
  const watch = (subscriptionId: number, { route }: Lane): void => {
    clearTimeout(watches.get(subscriptionId));
    const silence = Math.min(MOST_MS, SILENCE_FACTOR * route.keepAliveMs + SILENCE_MARGIN_MS);
    const expired = (): void => { route.dead(`nothing came from the subscription for ${silence / 1000} s`); };
    watches.set(subscriptionId, setTimeout(expired, silence).unref());
  };
  /** The answer to its making may still be on the way. */
  const stray = (subscriptionId: number): void => {
    if (watches.has(subscriptionId)) return;
    const remove = (): void => {
      watches.delete(subscriptionId);
      session.deleteSubscriptions({ subscriptionIds: [subscriptionId] }, () => undefined);
    };
    watches.set(subscriptionId, setTimeout(remove, STRAY_MS).unref());
  };
  const accept = ({ subscriptionId, notificationMessage }: PublishResponse): void => {
    const lane = lanes.get(subscriptionId);
    if (lane) watch(subscriptionId, lane);
    else stray(subscriptionId);
    // A keep-alive has no data and nothing to acknowledge.
    if ((notificationMessage.notificationData?.length ?? 0) > 0) {
      acknowledgements.push({ subscriptionId, sequenceNumber: notificationMessage.sequenceNumber });
      lane?.take(notificationMessage);
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
    else if (NO_SUBSCRIPTION.test(detail)) for (const { route } of [...lanes.values()]) route.dead(statusIn(detail));
    else if (lanes.size > 0) broken(statusIn(detail));
  };
  const halt = (): void => {
    wire += 1;
    pending = 0;
    clearTimeout(refill);
    for (const subscriptionId of [...watches.keys()]) unwatch(subscriptionId);
  };

  return {
    add(subscriptionId, route) {
      const lane = createLane(session, subscriptionId, route, (sequenceNumber) => { acknowledgements.push({ subscriptionId, sequenceNumber }); });
      lanes.set(subscriptionId, lane);
      if (!paused) watch(subscriptionId, lane);
      fill();
    },
    remove(subscriptionId) {
      lanes.delete(subscriptionId);
      unwatch(subscriptionId);
      acknowledgements = acknowledgements.filter((each) => each.subscriptionId !== subscriptionId);
    },
    pause() {
      paused = true;
      halt();
    },
    async catchUp() { for (const lane of [...lanes.values()]) await lane.catchUp(); },
    resume() {
      if (!paused) return;
      paused = false;
      for (const [subscriptionId, lane] of lanes) watch(subscriptionId, lane);
      fill();
    },
    close() {
      lanes.clear();
      halt();
    },
  };
}

function statusIn(detail: string): string {
  return /Bad[A-Z]\w+/.exec(detail)?.[0] ?? detail;
}
