import path from "node:path";
import type { NodeAPI } from "node-red";
import { userFolder } from "./user-folder";

/** The folder of a node's outbox in the user directory; an id is only ever one name in a path. */
export function outboxFolder(RED: NodeAPI, id: string): string {
  return path.join(userFolder(RED), "resonance", "outbox", id.replace(/[^\w-]/g, (sign) => `%${sign.codePointAt(0)?.toString(16)}`));
}
