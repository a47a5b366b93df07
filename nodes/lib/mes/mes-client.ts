import { setTimeout as sleep } from "node:timers/promises";
import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import type { DocumentFormat } from "../isa95/document";
import { DEFAULT_BACK_OFF, waitBefore, type BackOff } from "./back-off";
import { createMemoryBacklog, type Backlog } from "./backlog";
import type { Delivery, Envelope } from "./delivery";
import { createMesExchange, type MesExchangeOptions } from "./exchange";

/** Where the MES is, how to talk to it, and how many documents may wait. */
export interface MesClientOptions extends MesExchangeOptions {
  /** Further attempts after the first. */
  readonly retries: number;
  /** Documents that may wait, those under way included. */
  readonly queueLimit: number;
  /** Documents under way at once; 1 unless told, which keeps their order. */
  readonly concurrency?: number;
  readonly backOff?: BackOff;
  /** Where documents wait; in memory unless told. */
  readonly backlog?: Backlog;
}

/** What the client is doing. */
export interface MesStatus {
  readonly state: "idle" | "sending" | "retrying" | "failed";
  /** Documents not settled yet. */
  readonly pending: number;
}

/** A connection to a MES. */
export interface MesClient {
  readonly format: DocumentFormat;
  readonly status: MesStatus;
  /**
   * Sends a document after those given before; settles when the MES has answered.
   * @throws RESONANCE_MES_…: the code says whether the MES was reached, refused, or answered something else.
   */
  send(envelope: Envelope): Promise<Delivery>;
  /** Calls `listener` at every change; gives the function that ends it. */
  onStatus(listener: (status: MesStatus) => void): () => void;
  /** Ends what is under way; every document not delivered fails with RESONANCE_MES_CLOSED. */
  close(): Promise<void>;
}

interface Waiter {
  readonly resolve: (delivery: Delivery) => void;
  readonly reject: (error: ResonanceError) => void;
}

/**
 * A client that posts B2MML documents in order, one after the other, tries again what may succeed later (no connection,
 * time-out, 408, 429, 5xx) and reads the MES's answer. Nothing connects before the first document.
 * @throws RESONANCE_CONFIG_INVALID for an unusable URL, time-out, CA file, number or missing credentials.
 */
export function createMesClient(options: MesClientOptions): MesClient {
  const { format } = options;
  const retries = requireCount("retries", options.retries, 0);
  const concurrency = requireCount("concurrency", options.concurrency ?? 1, 1);
  const backlog = options.backlog ?? createMemoryBacklog(requireCount("queueLimit", options.queueLimit, 1));
  const backOff = options.backOff ?? DEFAULT_BACK_OFF;
  const mes = createMesExchange({ ...options, connections: concurrency });
  const waiters = new Map<Envelope, Waiter>();
  const listeners = new Set<(status: MesStatus) => void>();
  const closing = new AbortController();
  let underWay = 0;
  let state: MesStatus["state"] = "idle";

  const status = (): MesStatus => ({ state, pending: backlog.size });
  const show = (next: MesStatus["state"]): void => {
    state = next;
    for (const listener of listeners) listener(status());
  };

  const deliver = async (envelope: Envelope): Promise<Delivery> => {
    const started = performance.now();
    for (let attempts = 1; ; attempts++) {
      show("sending");
      const outcome = await mes.attempt(envelope);
      if (outcome.kind === "taken") return { ...outcome.delivery, attempts, durationMs: Math.round(performance.now() - started) };
      if (outcome.kind === "refused" || attempts > retries) throw outcome.error;
      show("retrying");
      await sleep(waitBefore(backOff, attempts, outcome.afterMs), undefined, { signal: closing.signal });
    }
  };

  const run = async (envelope: Envelope): Promise<void> => {
    const waiter = waiters.get(envelope);
    let last: MesStatus["state"] = "idle";
    try {
      const delivery = await deliver(envelope);
      await backlog.settle(envelope);
      waiter?.resolve(delivery);
    } catch (thrown) {
      last = "failed";
      if (!closing.signal.aborted) await backlog.settle(envelope);
      waiter?.reject(toResonanceError(thrown));
    } finally {
      waiters.delete(envelope);
      underWay--;
      if (!closing.signal.aborted) {
        if (underWay === 0) show(last);
        pump();
      }
    }
  };

  const pump = (): void => {
    while (underWay < concurrency && !closing.signal.aborted) {
      const next = backlog.take();
      if (!next) return;
      underWay++;
      void run(next);
    }
  };

  return {
    format,
    get status() {
      return status();
    },
    async send(document) {
      if (closing.signal.aborted) throw new ResonanceError("RESONANCE_MES_CLOSED");
      // Its own object, so that the same document may wait twice.
      const envelope = { ...document };
      const settled = new Promise<Delivery>((resolve, reject) => waiters.set(envelope, { resolve, reject }));
      // Closing may reject it while the backlog still keeps the document; the caller sees it below.
      settled.catch(() => undefined);
      try {
        await backlog.put(envelope);
      } catch (thrown) {
        waiters.delete(envelope);
        throw thrown;
      }
      pump();
      return settled;
    },
    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort();
      for (const { reject } of waiters.values()) reject(new ResonanceError("RESONANCE_MES_CLOSED"));
      waiters.clear();
      listeners.clear();
      await mes.close();
    },
  };
}

/** @throws RESONANCE_CONFIG_INVALID for what is no finite number above zero, or with `orZero` zero */
export function requireAmount(setting: string, value: number, orZero = false): number {
  if (Number.isFinite(value) && (value > 0 || (orZero && value === 0))) return value;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail: `${value} is no number ${orZero ? "from" : "above"} 0` }, { path: setting });
}

/** @throws RESONANCE_CONFIG_INVALID for what is no whole number from `least` on */
export function requireCount(setting: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail: `${value} is no whole number from ${least}` }, { path: setting });
}
