import type { ClientSession, DataValue, MonitoredItemNotification, NotificationMessage } from "node-opcua";
import { decodeStructures, holdsStructures } from "./decode";
import { loadOpcua } from "./load";
import { factsIfAny } from "./read-values";
import type { OpcUaSession } from "./session";
import type { Item, Subscriber } from "./subscriber";
import { endsSubscription } from "./subscription";
import { isOverflow, toSample } from "./to-sample";
import type { VariableFacts } from "./variable-facts";

/** Which item a client handle means, and from there the way of a notification to its subscriber. */
export interface ItemTable {
  /** A new handle for the item. */
  register(item: Item): number;
  /** Reads units and names of the items' variables, which their samples then carry; never rejects. */
  learn(opened: OpcUaSession, targets: readonly { readonly item: Item; readonly nodeId: string }[]): Promise<void>;
  /** Delivers all values of a notification as one batch; gives the status when it says that the subscription ended. */
  receive(message: NotificationMessage): string | undefined;
}

interface Arrival {
  readonly item: Item;
  readonly data: DataValue;
}

/** The table of one subscription. Structures are decoded with the server's own type descriptions first; nothing overtakes them. */
export function createItemTable(session: ClientSession, subscriber: Subscriber): ItemTable {
  const items = new Map<number, Item>();
  const facts = new Map<Item, VariableFacts>();
  let decoding: Promise<void> | undefined;

  const deliver = (arrivals: readonly Arrival[]): void => {
    subscriber.deliver(arrivals.map(({ item, data }) => toSample(item.tag, data, facts.get(item))));
    for (const { item, data } of arrivals) if (isOverflow(data)) subscriber.overflowed(item.tag);
  };
  const decodeFirst = (arrivals: readonly Arrival[], before: Promise<void>): void => {
    const turn = before
      .then(() => decodeStructures(session, arrivals.map(({ data }) => data)))
      .then(() => {
        deliver(arrivals);
        if (decoding === turn) decoding = undefined;
      });
    decoding = turn;
  };
  const arrive = (notifications: readonly MonitoredItemNotification[]): void => {
    const arrivals: Arrival[] = [];
    for (const { clientHandle, value } of notifications) {
      const item = items.get(clientHandle);
      if (item) arrivals.push({ item, data: value });
    }
    if (arrivals.length === 0) return;
    if (decoding || arrivals.some(isStructure)) decodeFirst(arrivals, decoding ?? Promise.resolve());
    else deliver(arrivals);
  };

  return {
    register(item) {
      const handle = items.size + 1;
      items.set(handle, item);
      return handle;
    },
    async learn(opened, targets) {
      const known = await factsIfAny(opened, targets.map(({ nodeId }) => nodeId));
      for (const { item, nodeId } of targets) facts.set(item, known.get(nodeId) ?? {});
    },
    receive({ notificationData }) {
      const { DataChangeNotification, StatusChangeNotification } = loadOpcua();
      const values: MonitoredItemNotification[] = [];
      let ended: string | undefined;
      for (const notification of notificationData ?? []) {
        // One by one: as arguments of a call the values of a large server would be too many.
        if (notification instanceof DataChangeNotification) for (const value of notification.monitoredItems ?? []) values.push(value);
        else if (notification instanceof StatusChangeNotification && endsSubscription(notification.status)) ended = notification.status.name;
      }
      arrive(values);
      return ended;
    },
  };
}

function isStructure({ data }: Arrival): boolean {
  return holdsStructures(data.value);
}
