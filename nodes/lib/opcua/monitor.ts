import type { CreateSubscriptionResponse } from "node-opcua";
import { settled } from "../connection/deadline";
import { createItemTable, type ItemTable } from "./item-table";
import { loadOpcua } from "./load";
import { resolveNodeId } from "./node-id";
import type { OpcUaSession } from "./session";
import type { OpcUaTimings } from "./settings";
import type { Item, Subscriber } from "./subscriber";

/** A subscriber's subscription in one session; it ends with the session or when it is stopped. */
export interface Monitor {
  /** Deletes the subscription on the server; never rejects. */
  stop(): Promise<void>;
  /** Stops retrying; the session is gone, so there is nothing to delete. */
  abandon(): void;
}

const KEEP_ALIVE_MS = 10_000;
const LIFETIME_MS = 60_000;
const LEAST_KEEP_ALIVE_COUNT = 3;
const FILTER_REFUSED = /Filter/;

interface Target {
  readonly item: Item;
  /** In the numbering of this session. */
  readonly nodeId: string;
}

/**
 * Creates one subscription with all items of the subscriber, in as few calls as the server allows.
 * Items the server refuses are reported and tried again every `timings.itemRetry`; the others flow.
 * `onDead` hears when the server drops the subscription while the session stands.
 */
export async function startMonitor(
  opened: OpcUaSession, subscriber: Subscriber, timings: OpcUaTimings, onDead: (detail: string) => void,
): Promise<Monitor> {
  const { session, publisher } = opened;
  const { subscriptionId, revisedMaxKeepAliveCount, revisedPublishingInterval } = await createSubscription(opened, subscriber);
  let timer: NodeJS.Timeout | undefined;
  let over = false;

  const end = (): void => {
    over = true;
    clearTimeout(timer);
    publisher.remove(subscriptionId);
  };
  const die = (detail: string): void => {
    if (over) return;
    end();
    onDead(detail);
  };
  const table = createItemTable(session, subscriber);
  const follow = async (items: readonly Item[]): Promise<void> => {
    const namespaces = await opened.namespaces();
    const refused: Item[] = [];
    for (const part of chunks(items, opened.itemsPerCall)) {
      if (!over) refused.push(...(await followPart(opened, subscriptionId, subscriber, part, namespaces, table)));
    }
    if (over) return;
    subscriber.active(subscriber.items.length - refused.length);
    if (refused.length > 0) timer = setTimeout(() => { follow(refused).catch(fail); }, timings.itemRetry);
  };
  const fail = (thrown: unknown): void => { die(thrown instanceof Error ? thrown.message : String(thrown)); };

  publisher.add(subscriptionId, {
    keepAliveMs: revisedMaxKeepAliveCount * revisedPublishingInterval,
    receive(message) {
      const ended = table.receive(message);
      if (ended) die(`the server ended the subscription (${ended})`);
    },
    dead: die,
  });
  try {
    await follow(subscriber.items);
  } catch (thrown) {
    end();
    throw thrown;
  }
  return {
    async stop() {
      end();
      const deleted = new Promise<void>((resolve) => {
        session.deleteSubscriptions({ subscriptionIds: [subscriptionId] }, () => { resolve(); });
      });
      await settled(deleted, timings.goodbye);
    },
    abandon: end,
  };
}

function createSubscription({ session }: OpcUaSession, { request }: Subscriber): Promise<CreateSubscriptionResponse> {
  const interval = request.publishingInterval;
  const keepAlive = Math.max(LEAST_KEEP_ALIVE_COUNT, Math.ceil(KEEP_ALIVE_MS / interval));
  return session.createSubscription({
    requestedPublishingInterval: interval,
    requestedMaxKeepAliveCount: keepAlive,
    requestedLifetimeCount: Math.max(3 * keepAlive, Math.ceil(LIFETIME_MS / interval)),
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 1,
  });
}

/**
 * Monitors a part of the items with one call; gives those that were refused.
 * Servers that cannot report every new source time report changes of the value.
 */
async function followPart(
  opened: OpcUaSession, subscriptionId: number, subscriber: Subscriber, items: readonly Item[], namespaces: readonly string[], table: ItemTable,
): Promise<readonly Item[]> {
  const targets = items.flatMap((item) => {
    const nodeId = resolveNodeId(item.nodeId, namespaces);
    return nodeId === undefined ? [] : [{ item, nodeId }];
  });
  if (subscriber.request.units !== false) await table.learn(opened, targets);
  const first = await createItems(opened, subscriptionId, subscriber, targets, table, subscriber.request.report === "timestamp");
  const unfiltered = targets.filter(({ item }) => FILTER_REFUSED.test(first.get(item) ?? ""));
  const second = await createItems(opened, subscriptionId, subscriber, unfiltered, table, false);
  return items.filter((item) => {
    const status = second.get(item) ?? first.get(item) ?? "BadNodeIdUnknown";
    if (status === "Good") subscriber.accepted(item);
    else subscriber.refused(item, status);
    return status !== "Good";
  });
}

/** The server's status for each item, `Good` for all it took. */
async function createItems(
  { session }: OpcUaSession, subscriptionId: number, { request }: Subscriber, targets: readonly Target[], table: ItemTable, byTimestamp: boolean,
): Promise<ReadonlyMap<Item, string>> {
  if (targets.length === 0) return new Map();
  const { AttributeIds, coerceNodeId, DataChangeFilter, DataChangeTrigger, MonitoringMode, TimestampsToReturn } = loadOpcua();
  const { results } = await session.createMonitoredItems({
    subscriptionId,
    timestampsToReturn: TimestampsToReturn.Both,
    itemsToCreate: targets.map(({ item, nodeId }) => ({
      itemToMonitor: { nodeId: coerceNodeId(nodeId), attributeId: AttributeIds.Value },
      monitoringMode: MonitoringMode.Reporting,
      requestedParameters: {
        // Registered before the server can send, so that no first value is missed.
        clientHandle: table.register(item),
        samplingInterval: request.samplingInterval,
        queueSize: request.queueSize,
        discardOldest: true,
        ...(byTimestamp ? { filter: new DataChangeFilter({ trigger: DataChangeTrigger.StatusValueTimestamp }) } : {}),
      },
    })),
  });
  return new Map(targets.map(({ item }, index) => {
    const status = results?.[index]?.statusCode;
    return [item, status?.isGood() ? "Good" : (status?.name ?? "BadInternalError")];
  }));
}

function chunks<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, part) => list.slice(part * size, (part + 1) * size));
}
