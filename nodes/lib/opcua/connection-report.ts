import { nextState, type ConnectionEvent, type ConnectionState, type ConnectionStatus } from "../connection/connection-state";
import { sameTrouble } from "../connection/same-trouble";
import type { ResonanceError } from "../errors/resonance-error";
import { createOutage } from "./outage";

/** Where a connection stands, and who hears of it. */
export interface ConnectionReport {
  state(): ConnectionState;
  trouble(): ResonanceError | undefined;
  readonly status: () => ConnectionStatus;
  /** Moves the state on; listeners hear a change of state or trouble, not each vain retry. */
  readonly happen: (event: ConnectionEvent) => void;
  /** Something is wrong from now on. True where that is news: not the same outage in other words. */
  complain(error: ResonanceError): boolean;
  /** Nothing is wrong any more: the next trouble is news. */
  well(): void;
  /** The answer ends it. */
  readonly onState: (listener: (status: ConnectionStatus) => void) => () => void;
  /** Nobody listens any more. */
  silence(): void;
}

export function createConnectionReport(): ConnectionReport {
  const listeners = new Set<(status: ConnectionStatus) => void>();
  const outage = createOutage();
  let state: ConnectionState = "disconnected";
  let trouble: ResonanceError | undefined;
  let told: ConnectionStatus = { state };
  const status = (): ConnectionStatus => (trouble ? { state, error: trouble } : { state });
  return {
    status,
    state: () => state,
    trouble: () => trouble,
    happen(event) {
      const next = nextState(state, event);
      if (next === undefined) return;
      state = next;
      if (told.state === state && sameTrouble(told.error, trouble)) return;
      told = status();
      for (const listener of listeners) listener(told);
    },
    complain(error) {
      trouble = error;
      return outage.isNews(error);
    },
    well() {
      trouble = undefined;
      outage.over();
    },
    onState(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    silence() { listeners.clear(); },
  };
}
