import type { NodeAPI } from "node-red";

const waiting = new WeakMap<NodeAPI["events"], (() => void)[]>();

/** Runs `action` when the flows being deployed have started; one listener, however many nodes wait. */
export function whenFlowsStarted({ events }: NodeAPI, action: () => void): void {
  const known = waiting.get(events);
  if (known) {
    known.push(action);
    return;
  }
  const actions = [action];
  waiting.set(events, actions);
  events.once("flows:started", () => {
    waiting.delete(events);
    for (const run of actions) run();
  });
}
