import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { defineNode, type NodeKit } from "../lib/node-red/define-node";
import type { OpcUaConnection } from "../lib/opcua/connection";
import type { ConnectionState } from "../lib/connection/connection-state";
import type { ItemRequest, Report } from "../lib/opcua/subscriber";
import type { Sample } from "../lib/record/sample";

type Output = "batch" | "single" | "value";

interface OpcUaInDef extends NodeDef {
  endpoint: string;
  items: ItemRequest[];
  /** ms; the editor saves what was typed. */
  publishingInterval: number | string;
  samplingInterval: number | string;
  queueSize: number | string;
  report: Report;
  output: Output;
  /** Absent where an older version of the node was saved. */
  units?: boolean;
}

type About = Readonly<{ resonance: unknown }>;

/** What a publish becomes: the messages to send one after the other. */
const MESSAGES: Readonly<Record<Output, (samples: readonly Sample[], about: About) => NodeMessage[]>> = {
  batch: (samples, about) => [{ payload: samples, ...about }],
  single: (samples, about) => samples.map((sample) => ({ payload: sample, topic: sample.tag, ...about })),
  value: (samples, about) => samples.map(({ tag, value }) => ({ payload: value, topic: tag, ...about })),
};

/** The states without an error of their own to show. */
const STATUS: Readonly<Partial<Record<ConnectionState, "connecting" | "reconnecting" | "closed">>> = {
  connecting: "connecting", connected: "connecting", reconnecting: "reconnecting", closing: "closed", disconnected: "closed", closed: "closed",
};

/** Follows variables of an OPC UA server; every publish of the server is one message (or one a sample). */
export = (RED: NodeAPI) =>
  defineNode<OpcUaInDef>(RED, "resonance-opcua-in", (kit) => {
    const { def, lookup } = kit;
    const connection = lookup.config<OpcUaConnection>(def.endpoint, "resonance-opcua-endpoint");
    const messages = MESSAGES[def.output];
    const resonance = { endpoint: connection.endpointUrl };
    // Not known until the server has answered for each item of this session.
    let active: number | undefined;
    const show = (): void => { showState(kit, connection, active, def.items.length); };

    const subscription = connection.subscribe(
      {
        items: def.items,
        publishingInterval: Number(def.publishingInterval),
        samplingInterval: Number(def.samplingInterval),
        queueSize: Number(def.queueSize),
        report: def.report,
        units: def.units ?? true,
      },
      {
        samples(batch) { kit.send([messages(batch, { resonance })]); },
        problem(error) {
          kit.fail(error);
          show();
        },
        items(count) {
          active = count;
          show();
        },
      },
    );
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
  });

/** The status under the node always follows the connection's state machine. */
function showState({ status }: NodeKit<OpcUaInDef>, connection: OpcUaConnection, active: number | undefined, total: number): void {
  const { state, error } = connection.status();
  if (state === "connected" && active !== undefined) {
    if (active < total) status.show("yellow", "dot", "partly", { active, total });
    else status.show("green", "dot", "connected", { count: active });
  } else if (error && state !== "reconnecting") {
    status.error(error);
  } else {
    const key = STATUS[state] ?? "closed";
    status.show(key === "closed" ? "grey" : "yellow", "ring", key);
  }
}
