import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that Linux gives to connections and to servers that ask for any: one that was free stays free while its server is down. */
const [FIRST, LAST] = [10_000, 32_000];
/** Test files run beside each other: each process looks from a place of its own on. */
const SLICE = 200;
let next = FIRST + SLICE * (process.pid % ((LAST - FIRST) / SLICE));

/** A port of 127.0.0.1 that nobody listened on a moment ago, and that this process was not given lately. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next;
    next = port + 1 < LAST ? port + 1 : FIRST;
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  const free = await once(server, "listening").then(() => true, () => false);
  if (!free) return false;
  server.close();
  await once(server, "close");
  return true;
}
