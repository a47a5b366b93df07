import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { defineNode, type NodeKit } from "../lib/node-red/define-node";
import type { OpcUaConnection } from "../lib/opcua/connection";
import type { ConnectionState } from "../lib/connection/connection-state";
import type { OpcUaEvent } from "../lib/opcua/event-subscriber";
import { eventsRequest, OPCUA_IN_MIGRATIONS, valuesRequest, type OpcUaInSettings } from "../lib/opcua/in-settings";
import type { Sample } from "../lib/record/sample";

type Output = "batch" | "single" | "value";

interface OpcUaInDef extends NodeDef, OpcUaInSettings {
  endpoint: string;
  output: Output;
}

type About = Readonly<{ resonance: unknown }>;
type Messages<T> = Readonly<Record<Output, (batch: readonly T[], about: About) => NodeMessage[]>>;

/** What a publish becomes: the messages to send one after the other. */
const OF_SAMPLES: Messages<Sample> = {
  batch: (samples, about) => [{ payload: samples, ...about }],
  single: (samples, about) => samples.map((sample) => ({ payload: sample, topic: sample.tag, ...about })),
  value: (samples, about) => samples.map(({ tag, value }) => ({ payload: value, topic: tag, ...about })),
};
const topicOf = ({ SourceName, ConditionName }: OpcUaEvent): string => [SourceName, ConditionName].filter(Boolean).join("/");
const OF_EVENTS: Messages<OpcUaEvent> = {
  batch: (events, about) => [{ payload: events, ...about }],
  single: (events, about) => events.map((event) => ({ payload: event, topic: topicOf(event), ...about })),
  value: (events, about) => events.map((event) => ({ payload: event["Message"] ?? null, topic: topicOf(event), ...about })),
};

/** The states without an error of their own to show. */
const STATUS: Readonly<Partial<Record<ConnectionState, "connecting" | "reconnecting" | "closed">>> = {
  connecting: "connecting", connected: "connecting", reconnecting: "reconnecting", closing: "closed", disconnected: "closed", closed: "closed",
};

/** Follows variables, or hears events, of an OPC UA server; every publish of the server is one message (or one a sample or event). */
export = (RED: NodeAPI) =>
  defineNode<OpcUaInDef>(RED, "resonance-opcua-in", (kit) => {
    const { def, lookup } = kit;
    const connection = lookup.config<OpcUaConnection>(def.endpoint, "resonance-opcua-endpoint");
    const endpoint = connection.endpointUrl;
    const messages = OF_SAMPLES[def.output];
    const about = { resonance: { endpoint } };
    const again = { resonance: { endpoint, repeated: true } };
    // Not known until the server has answered for each item of this session.
    let active: number | undefined;
    const show = (): void => { showState(kit, connection, active); };
    const hear = {
      problem(error: unknown) {
        kit.fail(error);
        show();
      },
      items(count: number) {
        active = count;
        show();
      },
    };
    const subscription = def.mode === "events"
      ? connection.subscribeEvents(eventsRequest(def), {
        ...hear,
        events(batch, refresh) { kit.send([OF_EVENTS[def.output](batch, { resonance: { endpoint, ...(refresh && { refresh }) } })]); },
      })
      : connection.subscribe(valuesRequest(def), {
        ...hear,
        samples(batch, repeated) { kit.send([messages(batch, repeated ? again : about)]); },
      });
    const ignore = connection.onState(({ state }) => {
      if (state !== "connected") active = undefined;
      show();
    });
    show();
    return {
      close() {
        ignore();
        subscription.close();
      },
    };
  }, { migrations: OPCUA_IN_MIGRATIONS });

/** The status under the node always follows the connection's state machine. */
function showState({ def, status }: NodeKit<OpcUaInDef>, connection: OpcUaConnection, active: number | undefined): void {
  const { state, error } = connection.status();
  const total = def.mode === "events" ? 1 : def.items.length;
  if (state === "connected" && active !== undefined) {
    if (active < total) status.show("yellow", "dot", def.mode === "events" ? "refused" : "partly", { active, total });
    else status.show("green", "dot", def.mode === "events" ? "events" : "connected", { count: active });
  } else if (error && state !== "reconnecting") {
    status.error(error);
  } else {
    const key = STATUS[state] ?? "closed";
    status.show(key === "closed" ? "grey" : "yellow", "ring", key);
  }
}
