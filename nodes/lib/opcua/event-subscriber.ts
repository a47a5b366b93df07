import { ResonanceError } from "../errors/resonance-error";
import { parseAddress, type Address } from "./address";
import { checkFields } from "./event-fields";
import { startEventMonitor } from "./event-monitor";
import type { NamespaceMemory } from "./namespace-memory";
import { createStandingAlarms } from "./standing-alarms";
import type { User } from "./users";

/** An event by the names of the chosen fields. */
export type OpcUaEvent = Readonly<Record<string, unknown>>;

/** Which events to hear. */
export interface EventRequest {
  /** The object that notifies; empty: the Server object, which notifies of everything. NodeId or browse path. */
  readonly notifier: string;
  /** Names as in `event-fields.ts`: `Message`, `ActiveState`, `LimitState/CurrentState`; empty: the usual ones. */
  readonly fields: readonly string[];
  /** Only events of this severity or more, 1 to 1000. */
  readonly severity: number;
  /** Only events of this type and the types under it; empty: all. NodeId or browse path. */
  readonly eventType: string;
  /** ms between two publishes. */
  readonly publishingInterval: number;
  /** Events the server keeps between two publishes. */
  readonly queueSize: number;
}

/** Who hears events. */
export interface EventListener {
  /**
   * One call a publish. `refresh`: they are alarms that stood when the connection was made, once each; one that was told before and
   * has ended meanwhile comes once more, as it was, with `Retain` false.
   */
  events(batch: readonly OpcUaEvent[], refresh: boolean): void;
  /** Once for each new trouble. */
  problem(error: ResonanceError): void;
  /** 1 while the server sends events, else 0. */
  items?(active: number): void;
}

/** What an event monitor needs of its user. */
export interface EventSubscriber {
  readonly request: EventRequest;
  readonly notifier: Address;
  readonly eventType: Address | undefined;
  deliver(batch: readonly OpcUaEvent[], refresh: boolean): void;
  /** The server's queue ran over: events are lost. */
  overflowed(): void;
  /** The server's answer to the subscription; a refusal is reported when it is news. */
  answered(status: string): void;
}

const SERVER_OBJECT = "i=2253";
const MOST_SEVERE = 1_000;
const UINT32 = 0xffffffff;

/**
 * Checks a request and makes its user. A gap of the connection is no event: the problem and the state tell of it.
 * @throws RESONANCE_OPCUA_NODE_ID_INVALID, RESONANCE_CONFIG_INVALID, with the path of what is wrong.
 */
export function createEventSubscriber(request: EventRequest, memory: NamespaceMemory, listener: EventListener): User {
  check(request);
  const alarms = createStandingAlarms();
  const notifier = request.notifier.trim() || "Server";
  let overflows = 0;
  let answer: string | undefined;
  const subscriber: EventSubscriber = {
    request,
    notifier: parseAddress(request.notifier.trim() || SERVER_OBJECT, "notifier"),
    eventType: request.eventType.trim() === "" ? undefined : parseAddress(request.eventType, "eventType"),
    overflowed() {
      overflows += 1;
      const params = { tag: notifier, count: overflows, queueSize: request.queueSize };
      listener.problem(new ResonanceError("RESONANCE_OPCUA_QUEUE_OVERFLOW", params));
    },
    answered(status) {
      const accepted = status === "Good";
      listener.items?.(accepted ? 1 : 0);
      if (status === answer) return;
      answer = status;
      if (accepted) return;
      listener.problem(new ResonanceError("RESONANCE_OPCUA_EVENTS_REFUSED", { notifier, detail: status }, { path: "notifier" }));
    },
    deliver(batch, refresh) {
      if (batch.length === 0) return;
      try {
        listener.events(batch, refresh);
      } catch (cause) {
        listener.problem(new ResonanceError("RESONANCE_INTERNAL", { detail: cause instanceof Error ? cause.message : String(cause) }, { cause }));
      }
    },
  };
  return {
    problem(error) { listener.problem(error); },
    gap() { listener.items?.(0); },
    resumed() { /* The session published the events of the gap too. */ },
    start: (opened, timings, onDead) => startEventMonitor(opened, subscriber, alarms, memory, timings, onDead),
  };
}

function check({ fields, severity, publishingInterval, queueSize }: EventRequest): void {
  checkFields(fields);
  const demand = (holds: boolean, setting: string, detail: string): void => {
    if (!holds) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
  };
  demand(severity >= 0 && severity <= MOST_SEVERE, "severity", `${severity} is not between 0 and ${MOST_SEVERE}`);
  demand(publishingInterval > 0 && publishingInterval <= 86_400_000, "publishingInterval", `${publishingInterval} ms is not between 1 ms and one day`);
  demand(Number.isInteger(queueSize) && queueSize >= 1 && queueSize <= UINT32, "queueSize", `${queueSize} is not a whole number from 1 on`);
}
