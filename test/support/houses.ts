import { existsSync } from "node:fs";
import path from "node:path";
import { skipWithout } from "./requirements";

/** A Node-RED and the Node that runs it. */
export interface House {
  readonly title: string;
  readonly node: string;
  readonly redJs: string;
  /** Why it cannot be tested here. */
  readonly skip: false | string;
}

const node24 = process.env["RESONANCE_NODE24"] ?? "";
const redJs5 = path.join(process.env["RESONANCE_NODE_RED5"] ?? "", "node_modules", "node-red", "red.js");

/**
 * The development Node-RED on this Node; and Node-RED 5 on Node 24, where `RESONANCE_NODE_RED5` names the folder it is installed in
 * and `RESONANCE_NODE24` the binary.
 */
export const HOUSES: readonly House[] = [
  { title: `Node-RED 4.1 on Node ${process.versions.node}`, node: process.execPath, redJs: require.resolve("node-red/red.js"), skip: false },
  { title: "Node-RED 5.0 on Node 24", node: node24, redJs: redJs5, skip: skipWithout("node24", existsSync(node24) && existsSync(redJs5)) },
];
