import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { defineNode, type NodeKit, type Outgoing } from "../lib/node-red/define-node";
import type { OpcUaConnection } from "../lib/opcua/connection";
import { parseNodeId } from "../lib/opcua/node-id";
import { compileRows, wholeNumber, type RowSetting } from "../lib/opcua/out-settings";
import { callTask, historyTask, readTask, writeTask, type Task, type TaskResult, type Together } from "../lib/opcua/out-tasks";
import { createTurns } from "../lib/opcua/turns";
import type { Profile } from "../lib/profile/profile";
import { profileKey } from "../lib/profile/profile-lookup";

type Mode = "write" | "read" | "call" | "history";

interface OpcUaOutDef extends NodeDef {
  endpoint: string;
  mode: Mode;
  items: RowSetting[];
  /** ms; the editor saves what was typed. */
  confirmWithin: number | string;
  checkRange: boolean;
  together: Together;
  repeat: boolean;
  objectId: string;
  methodId: string;
  /** Seconds. */
  historySpan: number | string;
  historyLimit: number | string;
  timeout: number | string;
  queueLimit: number | string;
  /** Of the runtime. */
  wires?: readonly (readonly string[])[];
}

const DAY_MS = 86_400_000;

/** What each mode makes of a message. */
const TASKS: Readonly<Record<Mode, (kit: NodeKit<OpcUaOutDef>, connection: OpcUaConnection, timeout: number) => Task>> = {
  write: ({ def, lookup }, connection, timeout) => writeTask({
    connection, timeout, rows: compileRows(def.items), together: def.together, repeat: def.repeat, checkRange: def.checkRange,
    confirmWithin: wholeNumber("confirmWithin", def.confirmWithin, [0, 60_000]),
    profileOf: (key) => lookup.all<Profile>("resonance-profile").find((profile) => profileKey(profile) === key),
  }),
  read: ({ def }, connection, timeout) => readTask({ connection, timeout, rows: compileRows(def.items) }),
  history: ({ def }, connection, timeout) => historyTask({
    connection, timeout, rows: compileRows(def.items),
    span: wholeNumber("historySpan", def.historySpan, [1, 366 * 86_400]) * 1000, limit: wholeNumber("historyLimit", def.historyLimit, [1, 1_000_000]),
  }),
  call: ({ def }, connection, timeout) => callTask({
    connection, timeout, repeat: def.repeat, method: { objectId: parseNodeId(def.objectId, "objectId"), methodId: parseNodeId(def.methodId, "methodId") },
  }),
};

/** Writes to an OPC UA server, reads from it on a message, calls a method or reads history; one message after the other. */
export = (RED: NodeAPI) =>
  defineNode<OpcUaOutDef>(RED, "resonance-opcua-out", (kit) => {
    const { def, lookup, status, language } = kit;
    const connection = lookup.config<OpcUaConnection>(def.endpoint, "resonance-opcua-endpoint");
    const task = TASKS[def.mode](kit, connection, wholeNumber("timeout", def.timeout, [10, DAY_MS]));
    const turns = createTurns(wholeNumber("queueLimit", def.queueLimit, [0, 100_000]));
    const letGo = connection.hold();
    const show = (): void => { showState(kit, connection); };
    const ignore = connection.onState(show);
    show();

    const split = (msg: NodeMessage, { payload, about, failures, count }: TaskResult): readonly [NodeMessage | null, NodeMessage | null] => {
      const resonance = { ...(msg["resonance"] as object | undefined), endpoint: connection.endpointUrl, ...about };
      const errors = failures.map((error) => ({ path: error.path ?? "", code: error.code, message: error.localize(language).message }));
      if (count > 0) status.count(def.mode, "green", count);
      if (errors.length > 0) status.count("failed", "yellow", errors.length);
      return [payload === undefined ? null : { ...msg, payload, resonance }, errors.length === 0 ? null : { ...msg, resonance: { ...resonance, errors } }];
    };
    const wired = (def.wires?.[1]?.length ?? 0) > 0;
    return {
      async input(msg, send): Promise<Outgoing> {
        const work = task(msg.payload, msg.topic);
        const result = await turns.run(work);
        const [good, bad] = split(msg, result);
        const [first] = result.failures;
        if (wired || !first) return [good, bad];
        // Nobody listens at the second port: a Catch node must hear of it.
        if (good) send([good, null]);
        throw first;
      },
      close() {
        turns.close();
        ignore();
        letGo();
      },
    };
  });

/** What stands under the node while it does nothing. */
function showState({ status }: NodeKit<OpcUaOutDef>, connection: OpcUaConnection): void {
  const { state, error } = connection.status();
  if (state === "connected") status.show("green", "dot", "ready");
  else if (state === "reconnecting") status.show("yellow", "ring", "reconnecting");
  else if (error) status.error(error);
  else if (state === "connecting") status.show("yellow", "ring", "connecting");
  else status.show("grey", "ring", "closed");
}
