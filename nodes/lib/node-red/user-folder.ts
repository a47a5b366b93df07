import path from "node:path";
import type { NodeAPI } from "node-red";

/** Node-RED's user directory, where relative paths of settings begin; the working directory where there is none. */
export function userFolder(RED: NodeAPI): string {
  const { userDir } = RED.settings as { readonly userDir?: string };
  return path.resolve(userDir ?? ".");
}
