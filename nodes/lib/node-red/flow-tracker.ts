import type { NodeAPI, NodeMessage } from "node-red";

/** Follows messages through a flow. */
export interface FlowTracker {
  /** Sends a message (which gets an ID of its own) and calls `finished` once: when every node that got it is done, or `late` after `limitMs`. */
  follow(msg: NodeMessage, send: (msg: NodeMessage) => void, limitMs: number, finished: (late: boolean) => void): void;
}

interface Journey {
  readonly until: number;
  readonly finished: (late: boolean) => void;
  /** Nodes that have the message and are not done with it. */
  open: number;
  sending: boolean;
}

interface HookEvent { readonly msg: NodeMessage }
interface Hooks { add(name: string, handler: (event: HookEvent) => void): void }

const SWEEP_MS = 250;
const trackers = new WeakMap<object, FlowTracker>();

/** The tracker of a runtime; its hooks are added when it is first asked for. */
export function flowTracker(RED: NodeAPI): FlowTracker {
  const { hooks } = RED as unknown as { hooks?: Hooks };
  const known = trackers.get(RED.events);
  if (known) return known;
  const made = createTracker(RED.util.generateId.bind(RED.util), hooks);
  trackers.set(RED.events, made);
  return made;
}

function createTracker(newId: () => string, hooks: Hooks | undefined): FlowTracker {
  const journeys = new Map<string, Journey>();
  let sweeper: NodeJS.Timeout | undefined;

  const end = (id: string, journey: Journey, late: boolean): void => {
    if (journeys.delete(id)) journey.finished(late);
  };
  const arrive = (id: string, journey: Journey): void => {
    if (journey.open <= 0 && !journey.sending) end(id, journey, false);
  };
  const sweep = (): void => {
    const now = performance.now();
    for (const [id, journey] of journeys) if (journey.until <= now) end(id, journey, true);
    if (journeys.size > 0) return;
    clearInterval(sweeper);
    sweeper = undefined;
  };
  // A message that is split keeps its ID in every part; each delivery is balanced by one completion.
  hooks?.add("preDeliver.resonance-flow", ({ msg }) => {
    const journey = journeys.size > 0 ? journeys.get(msg._msgid ?? "") : undefined;
    if (journey) journey.open += 1;
  });
  hooks?.add("onComplete.resonance-flow", ({ msg }) => {
    const id = msg._msgid ?? "";
    const journey = journeys.size > 0 ? journeys.get(id) : undefined;
    if (!journey) return;
    journey.open -= 1;
    arrive(id, journey);
  });

  return {
    follow(msg, send, limitMs, finished) {
      const id = newId();
      const journey: Journey = { until: performance.now() + limitMs, finished, open: 0, sending: true };
      journeys.set(id, journey);
      try {
        send(Object.assign(msg, { _msgid: id }));
      } finally {
        journey.sending = false;
        arrive(id, journey);
      }
      if (journeys.size > 0) sweeper ??= setInterval(sweep, SWEEP_MS).unref();
    },
  };
}
