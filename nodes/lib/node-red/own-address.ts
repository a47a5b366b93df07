import type { NodeAPI } from "node-red";
import { ResonanceError } from "../errors/resonance-error";

/** What the runtime's settings say of where it listens. */
interface Listening {
  readonly uiHost?: unknown;
  readonly uiPort?: unknown;
  readonly https?: unknown;
  readonly httpNodeRoot?: unknown;
}

const EVERYWHERE: ReadonlySet<unknown> = new Set([undefined, "", "0.0.0.0", "::"]);

/**
 * A whole URL as it stands; of a path alone, the address of this Node-RED's own HTTP nodes, so that a flow may hold both sides.
 * @throws RESONANCE_CONFIG_INVALID for a path where Node-RED has no HTTP nodes or does not say where it listens
 */
export function withOwnAddress(RED: Pick<NodeAPI, "settings">, url: string): string {
  const path = url.trim();
  if (!path.startsWith("/")) return url;
  const { uiHost, uiPort, https, httpNodeRoot = "/" } = RED.settings as Listening;
  const port = Number(uiPort);
  if (httpNodeRoot === false || !(port > 0)) {
    const detail = httpNodeRoot === false ? "Node-RED has no HTTP nodes" : "Node-RED does not say which port it listens at";
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "url", detail: `${path}: ${detail}` }, { path: "url" });
  }
  const named = String(uiHost);
  const host = EVERYWHERE.has(uiHost) ? "127.0.0.1" : named.includes(":") ? `[${named}]` : named;
  const root = typeof httpNodeRoot === "string" ? httpNodeRoot.replace(/^\/?/, "/").replace(/\/+$/, "") : "";
  return `${https ? "https" : "http"}://${host}:${port}${root}${path}`;
}
