import type { NodeAPI } from "node-red";

/** What became of a document on its way to a MES. */
export interface DeliveryNews {
  readonly bodId: string;
  /** Whether the MES has it: accepted or modified, or taken without a word. Else it was rejected, given up or never sent. */
  readonly taken: boolean;
}

type Listener = (news: DeliveryNews) => void;

/** Listeners of a runtime, which its events stand for. */
const listeners = new WeakMap<NodeAPI["events"], Set<Listener>>();

/** Hears of the documents that the nodes of this runtime send to a MES; gives what ends it. */
export function onDelivery({ events }: NodeAPI, listener: Listener): () => void {
  const known = listeners.get(events) ?? new Set();
  listeners.set(events, known.add(listener));
  return () => { known.delete(listener); };
}

/** Tells what became of a document; one without BODID nobody waits for. */
export function tellDelivery({ events }: NodeAPI, bodId: string | undefined, taken: boolean): void {
  if (bodId === undefined || bodId === "") return;
  for (const listener of listeners.get(events) ?? []) listener({ bodId, taken });
}
