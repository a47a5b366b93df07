import type { Node, NodeMessage } from "node-red";
import { ResonanceError, type ErrorCode } from "../errors/resonance-error";
import type { Outgoing } from "./define-node";

/** The outputs of a node that has only those its settings ask for. */
export interface OutputPorts<P extends string> {
  /** What to send so that `msg` leaves by one port alone. */
  only(port: P, msg: NodeMessage): Outgoing;
}

/**
 * The ports in the order of `wanted`, those left out that are not wanted.
 * @throws RESONANCE_CONFIG_INVALID, or what `missing` says of a port, where the node in the flow has fewer outputs: it was saved before the settings asked for them
 */
export function outputPorts<P extends string>(node: Node, wanted: Readonly<Record<P, boolean>>, missing: Partial<Record<P, ErrorCode>> = {}): OutputPorts<P> {
  const names = (Object.keys(wanted) as P[]).filter((name) => wanted[name]);
  const { wires = [] } = node as { readonly wires?: readonly unknown[] };
  const lacking = names[Math.max(wires.length, 1)];
  if (lacking !== undefined) {
    const detail = `${names.length} > ${wires.length}`;
    throw new ResonanceError(missing[lacking] ?? "RESONANCE_CONFIG_INVALID", { setting: "outputs", detail }, { path: "outputs" });
  }
  return { only: (port, msg) => names.map((name) => (name === port ? msg : null)) };
}
