import { once, EventEmitter } from "node:events";
import type { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { createOpcUaConnection, type OpcUaConnection, type SubscriptionHandle } from "../../nodes/lib/opcua/connection";
import type { ConnectionState } from "../../nodes/lib/connection/connection-state";
import type { OpcUaSettings, OpcUaTimings } from "../../nodes/lib/opcua/settings";
import type { SubscriptionRequest } from "../../nodes/lib/opcua/subscriber";
import type { Sample } from "../../nodes/lib/record/sample";

/** Short times, so that tests of failures end soon. */
export const QUICK: Partial<OpcUaTimings> = {
  connect: 10_000, watch: 300, answer: 1_000, goodbye: 500, itemRetry: 300, firstRetry: 100, longestRetry: 400,
};

const PATIENCE_MS = 30_000;
export const CNC = "nsu=urn:model-data-resonance:cnc;s=";

export function connect(endpointUrl: string, pkiFolder: string, settings: Partial<OpcUaSettings> = {}, timings = QUICK): OpcUaConnection {
  const connection = createOpcUaConnection({
    endpointUrl, securityMode: "None", securityPolicy: "None", identity: { type: "anonymous" }, pkiFolder,
    applicationName: "resonance test", ...settings,
  }, timings);
  made.push(connection);
  return connection;
}

const made: OpcUaConnection[] = [];

/** Closes what a failed test left open. */
export async function closeConnections(): Promise<void> {
  await Promise.all(made.splice(0).map((connection) => connection.close()));
}

/** What a user of a connection heard, and waiting for what it will hear. */
export interface Recorder {
  readonly batches: (readonly Sample[])[];
  /** Those batches that ended a gap and were no new data. */
  readonly repeats: (readonly Sample[])[];
  readonly problems: ResonanceError[];
  readonly states: ConnectionState[];
  readonly handle: SubscriptionHandle;
  samples(tag?: string): Sample[];
  /** How many items flow, as last heard. */
  active(): number;
  /** Resolves when `condition` holds; checked whenever something is heard. */
  until(condition: () => boolean, what: string): Promise<void>;
}

/** Subscribes and keeps all that is heard; items as tag list (in the CNC namespace) or tag → NodeId. */
export function record(
  connection: OpcUaConnection, items: readonly string[] | Readonly<Record<string, string>>, request: Partial<SubscriptionRequest> = {},
): Recorder {
  const heard = new EventEmitter();
  heard.setMaxListeners(50);
  const batches: (readonly Sample[])[] = [];
  const repeats: (readonly Sample[])[] = [];
  const problems: ResonanceError[] = [];
  const states: ConnectionState[] = [];
  let active = 0;
  const note = (): void => { heard.emit("news"); };
  connection.onState(({ state }) => { states.push(state); note(); });
  const byTag = Array.isArray(items) ? items.map((tag: string) => [tag, CNC + tag] as const) : Object.entries(items as Record<string, string>);
  const handle = connection.subscribe(
    { items: byTag.map(([tag, nodeId]) => ({ tag, nodeId })), publishingInterval: 50, samplingInterval: 0, queueSize: 100, report: "value", ...request },
    {
      samples(batch, repeated) {
        batches.push(batch);
        if (repeated) repeats.push(batch);
        note();
      },
      problem(error) { problems.push(error); note(); },
      items(count) { active = count; note(); },
    },
  );
  return {
    batches, repeats, problems, states, handle,
    active: () => active,
    samples: (tag) => batches.flat().filter((sample) => tag === undefined || sample.tag === tag),
    async until(condition, what) {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      while (!condition()) {
        await once(heard, "news", { signal }).catch(() => {
          throw new Error(`never came: ${what}; heard ${JSON.stringify({ states, problems: problems.map(String), last: batches.at(-1) })}`);
        });
      }
    },
  };
}

/** Resolves when `condition` holds, for what no event tells of. */
export async function eventually(condition: () => boolean, what: string, patience = PATIENCE_MS): Promise<void> {
  const deadline = Date.now() + patience;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
