import { resolveAddresses } from "./address";
import { monitoringFilters } from "./deadband";
import { createItemTable, type ItemTable } from "./item-table";
import { loadOpcua } from "./load";
import type { NamespaceMemory } from "./namespace-memory";
import type { OpcUaSession } from "./session";
import type { OpcUaTimings } from "./settings";
import type { Item, Subscriber } from "./subscriber";
import { openSubscription, type Monitor } from "./subscription";

const FILTER_REFUSED = /Filter/;

interface Target {
  readonly item: Item;
  /** In the numbering of this session. */
  readonly nodeId: string;
}

/** One subscription and what is needed to put items into it. */
interface Place {
  readonly opened: OpcUaSession;
  readonly subscriptionId: number;
  readonly subscriber: Subscriber;
  readonly memory: NamespaceMemory;
  readonly table: ItemTable;
}

/**
 * Creates one subscription with all items of the subscriber, in as few calls as the server allows.
 * Items the server refuses are reported and tried again every `timings.itemRetry`; the others flow.
 * `onDead` hears when the server drops the subscription while the session stands.
 */
export async function startMonitor(
  opened: OpcUaSession, subscriber: Subscriber, memory: NamespaceMemory, timings: OpcUaTimings, onDead: (detail: string) => void,
): Promise<Monitor> {
  const table = createItemTable(opened.session, subscriber);
  let timer: NodeJS.Timeout | undefined;
  let active = 0;
  const subscription = await openSubscription(opened, subscriber.request.publishingInterval, timings, {
    receive: (message) => table.receive(message),
    dead(detail) {
      clearTimeout(timer);
      onDead(detail);
    },
  });
  const place: Place = { opened, subscriptionId: subscription.subscriptionId, subscriber, memory, table };
  const follow = async (items: readonly Item[]): Promise<void> => {
    const refused: Item[] = [];
    for (const part of chunks(items, opened.itemsPerCall)) {
      if (subscription.alive()) refused.push(...(await followPart(place, part)));
    }
    if (!subscription.alive()) return;
    active = subscriber.items.length - refused.length;
    subscriber.active(active);
    if (refused.length > 0) timer = setTimeout(() => { follow(refused).catch(fail); }, timings.itemRetry);
  };
  const fail = (thrown: unknown): void => { subscription.die(thrown instanceof Error ? thrown.message : String(thrown)); };

  try {
    await follow(subscriber.items);
  } catch (thrown) {
    subscription.end();
    throw thrown;
  }
  return {
    stop() {
      clearTimeout(timer);
      return subscription.stop();
    },
    abandon() {
      clearTimeout(timer);
      subscription.end();
    },
    resume() { subscriber.active(active); },
  };
}

/** Monitors a part of the items with one call for each kind of filter the server takes; gives those that were refused. */
async function followPart(place: Place, items: readonly Item[]): Promise<readonly Item[]> {
  const { opened, subscriber, memory } = place;
  const statuses = new Map<Item, string>();
  const targets: Target[] = [];
  const resolved = await resolveAddresses(opened, items.map(({ nodeId }) => nodeId), memory);
  items.forEach((item, index) => {
    const resolution = resolved[index];
    if (resolution && "nodeId" in resolution) targets.push({ item, nodeId: resolution.nodeId });
    else statuses.set(item, resolution?.status ?? "BadNodeIdUnknown");
  });
  if (subscriber.request.units !== false) await place.table.learn(opened, targets);
  let open: readonly Target[] = targets;
  for (const filter of monitoringFilters(subscriber.request)) {
    for (const [item, status] of await createItems(place, open, filter)) statuses.set(item, status);
    open = open.filter(({ item }) => FILTER_REFUSED.test(statuses.get(item) ?? ""));
  }
  return items.filter((item) => {
    const status = statuses.get(item) ?? "BadInternalError";
    if (status === "Good") subscriber.accepted(item);
    else subscriber.refused(item, status);
    return status !== "Good";
  });
}

/** The server's status for each item, `Good` for all it took. */
async function createItems(
  { opened: { session }, subscriptionId, subscriber: { request }, table }: Place, targets: readonly Target[], filter: object,
): Promise<ReadonlyMap<Item, string>> {
  if (targets.length === 0) return new Map();
  const { AttributeIds, coerceNodeId, MonitoringMode, TimestampsToReturn } = loadOpcua();
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
        discardOldest: request.discard !== "newest",
        ...filter,
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
