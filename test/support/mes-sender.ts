import type { TestContext } from "node:test";
import type { ErrorCode } from "../../nodes/lib/errors/resonance-error";
import type { BackOff } from "../../nodes/lib/mes/back-off";
import { createMesExchange, type MesExchangeOptions } from "../../nodes/lib/mes/exchange";
import { createMesOutbox, type MesOutbox, type Result } from "../../nodes/lib/mes/mes-outbox";
import { openOutbox, type OutboxOptions } from "../../nodes/lib/outbox/open-outbox";
import { LANES } from "./mes-flow-process";
import { numberedDocument } from "./mes-store";
import { WIDE } from "./outbox";

/** An outbox on its way to a MES, and what became of what it took. */
export interface Sender {
  readonly outbox: MesOutbox;
  readonly results: Result[];
  readonly problems: ErrorCode[];
  readonly send: (from: number, to: number) => Promise<void>[];
  readonly waiting: () => number;
}

/** Opens the outbox of a folder for the MES at `url`; it closes with the test. Documents are numbered and spread over the equipments `cnc-<n>`. */
export function sender(t: TestContext, url: string, folder: string, changes: Partial<OutboxOptions> & { retries?: number; timeout?: number; lanes?: number; backOff?: BackOff; exchange?: Partial<MesExchangeOptions> } = {}): Sender {
  const { retries = Infinity, timeout = 5000, lanes = LANES, backOff = { firstMs: 5, longestMs: 50 }, exchange, ...more } = changes;
  const results: Result[] = [];
  const problems: ErrorCode[] = [];
  const outbox = createMesOutbox({
    exchange: createMesExchange({ url, format: "xml", authentication: "none", credentials: {}, timeout, connections: 4, ...exchange }),
    open: () => openOutbox({ folder, policy: "refuse", limits: WIDE, ...more }),
    lanesAtOnce: 4, retries, backOff, report: ({ code }) => { problems.push(code); },
  });
  outbox.onResult("test", (result) => { results.push(result); });
  outbox.start();
  t.after(() => outbox.close());
  return {
    outbox, results, problems,
    send: (from, to) => Array.from({ length: to - from }, (_, index) => {
      const number = from + index;
      const lane = `cnc-${number % lanes}`;
      return outbox.send({ envelope: { document: numberedDocument(lane, number), contentType: "application/xml", message: "SyncEquipment", bodId: `${lane}-${number}` }, lane, owner: "test", context: String(number) });
    }),
    waiting: () => outbox.status().counts?.waiting ?? -1,
  };
}
