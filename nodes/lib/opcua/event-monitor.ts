import type { EventFieldList, NotificationMessage } from "node-opcua";
import { resolveAddresses, type Address } from "./address";
import { readFields, selectClauses, selection, USUAL_FIELDS, type EventFields } from "./event-fields";
import { REFRESH_END, REFRESH_REQUIRED, REFRESH_START, whereClauses } from "./event-filter";
import type { EventSubscriber, OpcUaEvent } from "./event-subscriber";
import { createEventTypeNames } from "./event-type-names";
import { loadOpcua } from "./load";
import type { NamespaceMemory } from "./namespace-memory";
import type { OpcUaSession } from "./session";
import type { OpcUaTimings } from "./settings";
import type { StandingAlarms } from "./standing-alarms";
import { endsSubscription, openSubscription, type Monitor } from "./subscription";

const CONDITION_TYPE = "i=2782";
const CONDITION_REFRESH = "i=3875";
/** OPC 10000-4, 7.22.3: in place of events for which the queue had no room. */
const QUEUE_OVERFLOW = "ns=0;i=3035";
const FILTER_REFUSED = /Filter|Operator|Operand/;

/**
 * Creates one subscription with the notifier's events, then has the server list the standing alarms.
 * A notifier the server refuses is reported and tried again every `timings.itemRetry`.
 */
export async function startEventMonitor(
  opened: OpcUaSession, subscriber: EventSubscriber, alarms: StandingAlarms, memory: NamespaceMemory, timings: OpcUaTimings, onDead: (detail: string) => void,
): Promise<Monitor> {
  const { request } = subscriber;
  const names = selection(request.fields);
  const typeNames = createEventTypeNames(opened.session);
  let refreshing = false;
  let turn = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let answer = "";

  const chosen = (event: EventFields): OpcUaEvent => Object.fromEntries(
    (request.fields.length > 0 ? request.fields : USUAL_FIELDS).map((name) => [name, name === "EventType" ? typeNames.of(event.get(name)) : event.get(name)]),
  );
  const pass = (events: readonly EventFields[], refresh: boolean): void => { subscriber.deliver(events.map(chosen), refresh); };
  const sortOut = (events: readonly EventFields[]): void => {
    let group: EventFields[] = [];
    const flush = (refresh: boolean): void => {
      pass(group, refresh);
      group = [];
    };
    for (const event of events) {
      const type = event.get("EventType");
      if (type === REFRESH_START) {
        flush(false);
        refreshing = true;
        alarms.beginRefresh();
      } else if (type === REFRESH_END) {
        group.push(...alarms.endRefresh());
        flush(true);
        refreshing = false;
      } else if (type === REFRESH_REQUIRED) refresh();
      else if (type === QUEUE_OVERFLOW) subscriber.overflowed();
      else if (alarms.isNews(event)) group.push(event);
    }
    flush(refreshing);
  };
  const receive = ({ notificationData }: NotificationMessage): string | undefined => {
    const { EventNotificationList, StatusChangeNotification } = loadOpcua();
    const events: EventFields[] = [];
    for (const notification of notificationData ?? []) {
      if (notification instanceof EventNotificationList) events.push(...(notification.events ?? []).map((each) => fieldsOf(names, each)));
      else if (notification instanceof StatusChangeNotification && endsSubscription(notification.status)) return notification.status.name;
    }
    // In their order, though names of types may have to be asked for first.
    turn = turn.then(() => typeNames.learn(events.map((event) => event.get("EventType")))).then(() => { sortOut(events); });
    return undefined;
  };
  const subscription = await openSubscription(opened, request.publishingInterval, timings, {
    receive,
    dead(detail) {
      clearTimeout(timer);
      onDead(detail);
    },
  });
  /** Servers without conditions refuse; then there is nothing to list. */
  const refresh = (): void => {
    const { DataType } = loadOpcua();
    const inputArguments = [{ dataType: DataType.UInt32, value: subscription.subscriptionId }];
    opened.session.call({ objectId: CONDITION_TYPE, methodId: CONDITION_REFRESH, inputArguments }).catch(() => undefined);
  };
  const follow = async (): Promise<void> => {
    const status = await createItem(opened, subscription.subscriptionId, subscriber, names, memory);
    if (!subscription.alive()) return;
    answer = status;
    subscriber.answered(answer);
    if (status === "Good") refresh();
    else timer = setTimeout(() => { follow().catch((thrown: unknown) => { subscription.die(String(thrown)); }); }, timings.itemRetry);
  };
  try {
    await follow();
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
    resume() { if (answer) subscriber.answered(answer); },
  };
}

function fieldsOf(names: readonly string[], { eventFields }: EventFieldList): EventFields {
  return readFields(names, eventFields ?? []);
}

/** The server's status for the monitored item, `Good` where it took it. */
async function createItem(
  opened: OpcUaSession, subscriptionId: number, { request, notifier, eventType }: EventSubscriber, names: readonly string[], memory: NamespaceMemory,
): Promise<string> {
  const { AttributeIds, coerceNodeId, EventFilter, MonitoringMode, TimestampsToReturn } = loadOpcua();
  const addresses: readonly Address[] = eventType ? [notifier, eventType] : [notifier];
  const [place, type] = await resolveAddresses(opened, addresses, memory);
  if (!place || "status" in place) return place?.status ?? "BadNodeIdUnknown";
  if (type && "status" in type) return type.status;
  let status = "BadInternalError";
  for (const elements of whereClauses(request.severity, type?.nodeId)) {
    const { results } = await opened.session.createMonitoredItems({
      subscriptionId,
      timestampsToReturn: TimestampsToReturn.Neither,
      itemsToCreate: [{
        itemToMonitor: { nodeId: coerceNodeId(place.nodeId), attributeId: AttributeIds.EventNotifier },
        monitoringMode: MonitoringMode.Reporting,
        requestedParameters: {
          clientHandle: 1, samplingInterval: 0, queueSize: request.queueSize, discardOldest: true,
          filter: new EventFilter({ selectClauses: selectClauses(names), whereClause: { elements } }),
        },
      }],
    });
    const code = results?.[0]?.statusCode;
    status = code?.isGood() ? "Good" : (code?.name ?? "BadInternalError");
    if (!FILTER_REFUSED.test(status)) break;
  }
  return status;
}
