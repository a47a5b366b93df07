import type { NodeMessage } from "node-red";

/** Keeps messages while their payload is on its way elsewhere. */
export interface MessageKeeper {
  /** A text that stands for the message and brings it back. */
  keep(msg: NodeMessage): string;
  /** The message without its payload: as it was, or after a restart (or when too many are kept) what could be written as JSON. */
  restore(text: string): NodeMessage;
}

/** Messages kept as they were; beyond that the oldest are kept as JSON only. */
const MOST_WHOLE = 1_000;
/** Characters of JSON for one property. */
const LONGEST_PROPERTY = 16_384;

export function createMessageKeeper(): MessageKeeper {
  const whole = new Map<string, NodeMessage>();
  let count = 0;
  // Numbers of another run of the process must not be taken for those of this one.
  const run = `${process.pid}-${Date.now().toString(36)}`;
  return {
    keep(msg) {
      count += 1;
      const id = `${run}-${count}`;
      whole.set(id, msg);
      const [oldest] = whole.keys();
      if (whole.size > MOST_WHOLE && oldest !== undefined) whole.delete(oldest);
      return JSON.stringify({ id, msg: Object.fromEntries(Object.entries(msg).filter(([name, value]) => name !== "payload" && isPlain(value))) });
    },
    restore(text) {
      const { id = "", msg = {} } = readKept(text);
      const rest: NodeMessage = { ...(whole.get(id) ?? msg) };
      delete rest.payload;
      whole.delete(id);
      return rest;
    },
  };
}

/** Whether a value is the same after it was written as JSON, as far as that can be told cheaply: no functions, sockets or circles. */
function isPlain(value: unknown): boolean {
  try {
    const json = JSON.stringify(value, (_, part: unknown) => {
      if (typeof part === "function" || typeof part === "bigint" || isForeign(part)) throw new TypeError("not plain");
      return part;
    }) as string | undefined;
    return json !== undefined && json.length <= LONGEST_PROPERTY;
  } catch {
    return false;
  }
}

function isForeign(part: unknown): boolean {
  if (typeof part !== "object" || part === null || Array.isArray(part)) return false;
  const prototype: unknown = Object.getPrototypeOf(part);
  return prototype !== null && Object.getPrototypeOf(prototype) !== null;
}

function readKept(text: string): { id?: string; msg?: NodeMessage } {
  try {
    return JSON.parse(text) as { id?: string; msg?: NodeMessage };
  } catch {
    return {};
  }
}
