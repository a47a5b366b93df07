import { ResonanceError } from "../errors/resonance-error";
import type { Envelope } from "./delivery";

/**
 * Where documents wait between the client and the network, in order. What is put stays until it is settled; the client
 * settles nothing after it was closed, so that one on disk keeps what was not delivered for the next start.
 */
export interface Backlog {
  /** Documents not settled yet, those under way included. */
  readonly size: number;
  /** Keeps a document; returns once it is kept. @throws RESONANCE_MES_QUEUE_FULL */
  put(envelope: Envelope): void | Promise<void>;
  /** The next document that is not under way, which then is. */
  take(): Envelope | undefined;
  /** Forgets a document that was delivered or refused. */
  settle(envelope: Envelope): void | Promise<void>;
}

/** A backlog in memory for `limit` documents. */
export function createMemoryBacklog(limit: number): Backlog {
  const waiting: Envelope[] = [];
  const underWay = new Set<Envelope>();
  return {
    get size() {
      return waiting.length + underWay.size;
    },
    put(envelope) {
      if (waiting.length + underWay.size >= limit) throw new ResonanceError("RESONANCE_MES_QUEUE_FULL", { limit });
      waiting.push(envelope);
    },
    take() {
      const next = waiting.shift();
      if (next) underWay.add(next);
      return next;
    },
    settle(envelope) {
      underWay.delete(envelope);
    },
  };
}
