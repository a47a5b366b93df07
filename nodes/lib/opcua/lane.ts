import type { ClientSessionPublishService, NotificationMessage } from "node-opcua";
import { loadOpcua } from "./load";
import type { Route } from "./publisher";

/** The notifications of one subscription, in the order of their sequence numbers. */
export interface Lane {
  readonly route: Route;
  /** Passes a notification on; where earlier ones are missing, these are asked for first. */
  take(message: NotificationMessage): void;
  /**
   * After a break: fetches everything that was published since the last notification.
   * @throws what the wire says when it breaks again.
   */
  catchUp(): Promise<void>;
}

/** A server keeps some hundred notifications for a repetition at most; of a longer gap the end is all there can be. */
const MOST_REPEATED = 1_000;
const NOT_KEPT = /BadMessageNotAvailable/;
const NO_SUBSCRIPTION = /BadNoSubscription|BadSubscriptionIdInvalid/;
/** OPC 10000-4, 7.6: after this number comes 1. */
const LAST_NUMBER = 0xffffffff;

/** Follows the sequence numbers of a subscription (OPC 10000-4, 5.14.1.4); `acknowledge` hears of each notification that was fetched. */
export function createLane(
  session: ClientSessionPublishService, subscriptionId: number, route: Route, acknowledge: (sequenceNumber: number) => void,
): Lane {
  /** Of the last notification; unknown before the first one, which has 1. */
  let last = 0;
  /** What came while missing ones are fetched. */
  let waiting: NotificationMessage[] | undefined;
  /** The numbers that were fetched after a break: the server may send them once more. */
  const fetched = new Set<number>();

  const pass = (message: NotificationMessage): void => {
    last = message.sequenceNumber;
    route.receive(message);
  };
  const repeated = (retransmitSequenceNumber: number): Promise<NotificationMessage> => new Promise((resolve, reject) => {
    const request = new (loadOpcua().RepublishRequest)({ subscriptionId, retransmitSequenceNumber });
    session.republish(request, (error, response) => {
      if (error ?? !response) reject(error ?? new Error("empty answer"));
      else resolve(response.notificationMessage);
    });
  });
  /** True where the server still had the notification. */
  const fetch = async (sequenceNumber: number): Promise<boolean> => {
    try {
      const message = await repeated(sequenceNumber);
      fetched.add(sequenceNumber);
      acknowledge(sequenceNumber);
      pass(message);
      return true;
    } catch (thrown) {
      if (NOT_KEPT.test(String(thrown))) return false;
      throw thrown;
    }
  };
  const fetchBefore = async (next: number): Promise<void> => {
    const missing = next - following(last);
    let lost = Math.max(0, missing - MOST_REPEATED);
    // Whatever else is wrong with the wire or the session is noticed elsewhere; here it only means that nothing can be had.
    for (let number = next - missing + lost; number < next; number += 1) if (!(await fetch(number).catch(() => false))) lost += 1;
    last = next - 1;
    const rest = waiting ?? [];
    waiting = undefined;
    for (const message of rest) take(message);
    if (lost > 0) route.dead(`${lost} of the server's notifications did not arrive`);
  };
  const take = (message: NotificationMessage): void => {
    const { sequenceNumber } = message;
    if (waiting) {
      waiting.push(message);
    } else if (fetched.delete(sequenceNumber)) {
      // It has been passed on already.
    } else if (last !== 0 && sequenceNumber > following(last)) {
      waiting = [message];
      void fetchBefore(sequenceNumber);
    } else pass(message);
  };

  return {
    route, take,
    async catchUp() {
      fetched.clear();
      try {
        while (await fetch(following(last)));
      } catch (thrown) {
        if (!NO_SUBSCRIPTION.test(String(thrown))) throw thrown;
        route.dead("the server dropped the subscription while the connection was broken");
      }
    },
  };
}

function following(sequenceNumber: number): number {
  return sequenceNumber === LAST_NUMBER ? 1 : sequenceNumber + 1;
}
