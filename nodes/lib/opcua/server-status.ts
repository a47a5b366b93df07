import type { ClientSession } from "node-opcua";
import { loadOpcua } from "./load";

/** What a server says of itself (OPC 10000-5, ServerStatusDataType). */
export interface ServerFacts {
  readonly state?: string;
  readonly product?: string;
  readonly manufacturer?: string;
  readonly version?: string;
  /** ISO 8601 UTC */
  readonly startTime?: string;
  readonly currentTime?: string;
  /** The server's clock minus ours, in ms. */
  readonly clockOffset?: number;
}

interface Status {
  readonly state?: number;
  readonly startTime?: Date | null;
  readonly currentTime?: Date | null;
  readonly buildInfo?: { readonly productName?: string | null; readonly manufacturerName?: string | null; readonly softwareVersion?: string | null };
}

const SERVER_STATUS = "i=2256";

/** Reads the one variable every server has. @throws the status where it cannot be read. */
export async function readServerStatus(session: ClientSession): Promise<ServerFacts> {
  const { ServerState } = loadOpcua();
  const { value, statusCode } = await session.read({ nodeId: SERVER_STATUS });
  if (!statusCode.isGood()) throw new Error(statusCode.name);
  const { state, startTime, currentTime, buildInfo } = (value.value ?? {}) as Status;
  return {
    ...(state !== undefined && { state: ServerState[state] ?? String(state) }),
    ...(buildInfo?.productName && { product: buildInfo.productName }),
    ...(buildInfo?.manufacturerName && { manufacturer: buildInfo.manufacturerName }),
    ...(buildInfo?.softwareVersion && { version: buildInfo.softwareVersion }),
    ...(startTime && { startTime: startTime.toISOString() }),
    ...(currentTime && { currentTime: currentTime.toISOString(), clockOffset: currentTime.getTime() - Date.now() }),
  };
}
