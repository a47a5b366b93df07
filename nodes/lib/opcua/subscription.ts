import type { NotificationMessage, StatusCode } from "node-opcua";
import { settled } from "../connection/deadline";
import type { OpcUaSession } from "./session";
import type { OpcUaTimings } from "./settings";

/** A user's subscription in one session; it ends with the session or when it is stopped. */
export interface Monitor {
  /** Deletes the subscription on the server; never rejects. */
  stop(): Promise<void>;
  /** Stops retrying; the session is gone, so there is nothing to delete. */
  abandon(): void;
  /** The session goes on over another wire: says again what flows. */
  resume(): void;
}

/** What becomes of a subscription. */
export interface SubscriptionEvents {
  /** Gives the status when the notification says that the subscription ended. */
  receive(message: NotificationMessage): string | undefined;
  /** Once, when the server drops the subscription or no longer publishes; it is over then. */
  dead(detail: string): void;
}

/** A subscription without items. */
export interface Subscription {
  readonly subscriptionId: number;
  /** False once it is dead or stopped. */
  alive(): boolean;
  /** Ends it here, and tells `dead` of it. */
  die(detail: string): void;
  /** Ends it here only. */
  end(): void;
  /** Ends it, at the server too; never rejects. */
  stop(): Promise<void>;
}

const KEEP_ALIVE_MS = 10_000;
const LIFETIME_MS = 60_000;
const LEAST_KEEP_ALIVE_COUNT = 3;

/** Creates a subscription that publishes every `interval` ms. @throws what the server or the wire says. */
export async function openSubscription(
  { session, publisher }: OpcUaSession, interval: number, timings: OpcUaTimings, events: SubscriptionEvents,
): Promise<Subscription> {
  const keepAlive = Math.max(LEAST_KEEP_ALIVE_COUNT, Math.ceil(KEEP_ALIVE_MS / interval));
  const { subscriptionId, revisedMaxKeepAliveCount, revisedPublishingInterval } = await session.createSubscription({
    requestedPublishingInterval: interval,
    requestedMaxKeepAliveCount: keepAlive,
    requestedLifetimeCount: Math.max(3 * keepAlive, Math.ceil(LIFETIME_MS / interval)),
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 1,
  });
  let over = false;
  const end = (): void => {
    over = true;
    publisher.remove(subscriptionId);
  };
  const die = (detail: string): void => {
    if (over) return;
    end();
    events.dead(detail);
  };
  publisher.add(subscriptionId, {
    keepAliveMs: revisedMaxKeepAliveCount * revisedPublishingInterval,
    receive(message) {
      const status = events.receive(message);
      if (status) die(`the server ended the subscription (${status})`);
    },
    dead: die,
  });
  return {
    subscriptionId, end, die,
    alive: () => !over,
    async stop() {
      end();
      const deleted = new Promise<void>((resolve) => {
        session.deleteSubscriptions({ subscriptionIds: [subscriptionId] }, () => { resolve(); });
      });
      await settled(deleted, timings.goodbye);
    },
  };
}

/** True for a StatusChange that says the server serves this subscription no more, or another client (OPC 10000-4, 5.14.7). */
export function endsSubscription(status: StatusCode): boolean {
  return status.isNotGood() || status.name === "GoodSubscriptionTransferred";
}
