import { ResonanceError, type ErrorCode } from "../errors/resonance-error";
import type { Sample } from "../record/sample";
import { NAMESPACE_MOVED, parseAddress, type Address } from "./address";
import { createLastSamples } from "./last-samples";

/** A variable to follow and the tag its samples carry. */
export interface ItemRequest {
  readonly tag: string;
  /** `ns=2;s=X`, `i=2258`, `nsu=<uri>;s=X` or a browse path as `/Objects/2:Machine/2:Speed` */
  readonly nodeId: string;
}

/** What a server is to report: changes of value or status (the default of OPC 10000-4), or the same value with a new source time too. */
export type Report = "value" | "timestamp";

/** What to follow and how often; times in ms. */
export interface SubscriptionRequest {
  readonly items: readonly ItemRequest[];
  readonly publishingInterval: number;
  /** 0: as fast as the server can; -1: as the publishing interval. */
  readonly samplingInterval: number;
  /** Values the server keeps for each item between two publishes. */
  readonly queueSize: number;
  readonly report: Report;
  /** Whether samples carry the unit and an enumeration's name; asked of the server once a session. Yes, where it is not given. */
  readonly units?: boolean;
  /** Changes of a value by no more than this are not reported: in its unit, or percent of its EURange. */
  readonly deadband?: Deadband;
  /** What the server's queue drops when it is full. */
  readonly discard?: "oldest" | "newest";
}

export interface Deadband {
  readonly type: "absolute" | "percent";
  readonly value: number;
  /** Where the server refuses the deadband for an item, every change is reported instead. */
  readonly optional: boolean;
}

/** Who hears what comes; an exception of a listener is reported to its own `problem`. */
export interface SubscriptionListener {
  /**
   * One call a publish: all values that came together, in the server's order. `repeated` ones were delivered before a gap and still
   * stand, as their source time proves; they end the gap and are no new data.
   */
  samples(batch: readonly Sample[], repeated: boolean): void;
  /** Once for each new trouble: of the connection, or of one item (then with `path` `items/<n>/nodeId`). */
  problem(error: ResonanceError): void;
  /** How many of the items the server now reports. */
  items?(active: number): void;
}

/** An item with its address read. */
export interface Item {
  readonly index: number;
  readonly tag: string;
  readonly nodeId: Address;
}

/** What a subscriber knows of its items over all sessions. */
export interface Subscriber {
  readonly request: SubscriptionRequest;
  readonly items: readonly Item[];
  /** Passes a batch on and keeps each last value. */
  deliver(batch: readonly Sample[]): void;
  /** Announces a gap: every item once, Bad, with its last good value, the time of that and the time of the gap. */
  gap(timestamp: string): void;
  /** The gap is over in the same session: what did not change stands as it did. */
  resumed(): void;
  /** The item flows; a later refusal is news again. */
  accepted(item: Item): void;
  /** The item is refused with `status`; reported when that is news. */
  refused(item: Item, status: string): void;
  /** The server's queue of `tag` ran over. */
  overflowed(tag: string): void;
  problem(error: ResonanceError): void;
  /** How many items flow now. */
  active(count: number): void;
}

/** Statuses that say: there is nothing with this NodeId. */
const UNKNOWN = /^BadNodeId|^BadAttributeIdInvalid|^BadNoMatch/;
/** Statuses of a filter the item cannot have; a percent deadband needs an EURange. */
const FILTER = /^Bad(MonitoredItemFilter|Filter|Deadband)/;
const OVERFLOW_REPORT_MS = 10_000;
const UINT32 = 0xffffffff;

/**
 * Checks a request and makes its subscriber.
 * @throws RESONANCE_OPCUA_NODE_ID_INVALID, RESONANCE_CONFIG_INVALID, with the path of what is wrong.
 */
export function createSubscriber(request: SubscriptionRequest, listener: SubscriptionListener): Subscriber {
  checkNumbers(request);
  const items = readItems(request.items);
  const last = createLastSamples(items.map(({ tag }) => tag));
  const reported = new Map<Item, string>();
  let overflows = 0;
  let overflowReportedAt = 0;

  const problem = (error: ResonanceError): void => { listener.problem(error); };
  const pass = (batch: readonly Sample[], repeated: boolean): void => {
    if (batch.length === 0) return;
    try {
      listener.samples(batch, repeated);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      problem(new ResonanceError("RESONANCE_INTERNAL", { detail }, { cause }));
    }
  };
  return {
    request, items, problem,
    deliver(batch) {
      const { repeated, fresh } = last.sort(batch);
      pass(repeated, true);
      pass(fresh, false);
    },
    gap(timestamp) { pass(last.gap(timestamp), false); },
    resumed() { pass(last.resumed(), true); },
    accepted(item) { reported.delete(item); },
    refused(item, status) {
      if (reported.get(item) === status) return;
      reported.set(item, status);
      problem(new ResonanceError(refusalCode(status), { tag: item.tag, nodeId: item.nodeId.text, detail: status }, { path: `items/${item.index}/nodeId` }));
    },
    overflowed(tag) {
      overflows += 1;
      const now = Date.now();
      if (now - overflowReportedAt < OVERFLOW_REPORT_MS) return;
      overflowReportedAt = now;
      problem(new ResonanceError("RESONANCE_OPCUA_QUEUE_OVERFLOW", { tag, count: overflows, queueSize: request.queueSize }));
    },
    active(count) { listener.items?.(count); },
  };
}

function refusalCode(status: string): ErrorCode {
  if (status.startsWith(NAMESPACE_MOVED)) return "RESONANCE_OPCUA_NAMESPACE_MOVED";
  if (UNKNOWN.test(status)) return "RESONANCE_OPCUA_NODE_UNKNOWN";
  return FILTER.test(status) ? "RESONANCE_OPCUA_FILTER_REFUSED" : "RESONANCE_OPCUA_ITEM_REFUSED";
}

function readItems(requests: readonly ItemRequest[]): readonly Item[] {
  if (requests.length === 0) throw invalid("items", "there is no item to read");
  const tags = new Set<string>();
  return requests.map(({ tag, nodeId }, index) => {
    if (tag === "") throw invalid(`items/${index}/tag`, "the tag is empty");
    if (tags.has(tag)) throw invalid(`items/${index}/tag`, `the tag ${tag} is there twice`);
    tags.add(tag);
    return { index, tag, nodeId: parseAddress(nodeId, `items/${index}/nodeId`) };
  });
}

/** The protocol has no more to say on a number outside these bounds than an obscure status. */
function checkNumbers({ publishingInterval, samplingInterval, queueSize, deadband }: SubscriptionRequest): void {
  if (!(publishingInterval > 0 && publishingInterval <= 86_400_000)) throw invalid("publishingInterval", `${publishingInterval} ms is not between 1 ms and one day`);
  if (!(samplingInterval >= -1 && samplingInterval <= 86_400_000)) throw invalid("samplingInterval", `${samplingInterval} ms is not between -1 and one day`);
  if (!(Number.isInteger(queueSize) && queueSize >= 1 && queueSize <= UINT32)) throw invalid("queueSize", `${queueSize} is not a whole number from 1 on`);
  if (!deadband) return;
  const most = deadband.type === "percent" ? 100 : Number.MAX_VALUE;
  if (!(deadband.value >= 0 && deadband.value <= most)) throw invalid("deadband", `${deadband.value} is not between 0 and ${deadband.type === "percent" ? "100 %" : "the largest number"}`);
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
