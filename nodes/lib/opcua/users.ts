import { ResonanceError } from "../errors/resonance-error";
import { toFailure } from "./failure";
import type { OpcUaSession } from "./session";
import type { OpcUaTimings } from "./settings";
import type { Monitor } from "./subscription";

/** Who wants something of the session for as long as it is there: values, events. */
export interface User {
  problem(error: ResonanceError): void;
  /** Nothing comes for a while. */
  gap(timestamp: string): void;
  /** What was published during the gap has been delivered; what did not change still stands. */
  resumed(): void;
  /** Begins in a session; `onDead` hears, once, when the server drops the subscription while the session stands. */
  start(opened: OpcUaSession, timings: OpcUaTimings, onDead: (detail: string) => void): Promise<Monitor>;
}

/** The users of a connection and what each of them has in the present session. */
export interface Users {
  readonly size: number;
  has(user: User): boolean;
  all(): readonly User[];
  /** Begins for a new user where a session stands. */
  add(user: User): void;
  /** Ends for a user; false where it was none. */
  remove(user: User): boolean;
  /** A session stands: begins for all who have nothing in it yet. @throws what the server or the wire says. */
  enter(opened: OpcUaSession): Promise<void>;
  /** The wire is gone: says so to all; what they have in the session may come back. */
  leave(): void;
  /** The session is over: nobody has anything any more. */
  abandon(): void;
  clear(): void;
}

/** A subscription that dies again within this time is not told of again. */
const QUIET_MS = 60_000;

/** `lose` ends the session where a user cannot begin in it; `farewell` gets what goes on in the background. */
export function createUsers(
  endpointUrl: string, timings: OpcUaTimings, lose: (opened: OpcUaSession, error: ResonanceError) => void, farewell: (work: Promise<void>) => void,
): Users {
  const monitors = new Map<User, Monitor | undefined>();
  const restarts = new Map<User, NodeJS.Timeout>();
  const toldAt = new Map<User, number>();
  let current: OpcUaSession | undefined;
  /** Left by users who went while the wire was gone. */
  let stale: Monitor[] = [];

  const begin = async (user: User, opened: OpcUaSession): Promise<void> => {
    const monitor = await user.start(opened, timings, (detail) => { died(user, detail); });
    if (opened === current && monitors.has(user)) monitors.set(user, monitor);
    else if (opened === current) farewell(monitor.stop());
    else stale.push(monitor);
  };
  const beginLater = (user: User, opened: OpcUaSession): void => {
    begin(user, opened).catch((thrown: unknown) => { lose(opened, toFailure(thrown, "use", { endpointUrl })); });
  };
  /** The session stands and the server still answers: a new subscription, but not in a tight loop. */
  const died = (user: User, detail: string): void => {
    if (!monitors.has(user)) return;
    monitors.get(user)?.abandon();
    monitors.set(user, undefined);
    const opened = current;
    if (!opened) return;
    const now = Date.now();
    if (now - (toldAt.get(user) ?? -QUIET_MS) >= QUIET_MS) {
      toldAt.set(user, now);
      user.problem(new ResonanceError("RESONANCE_OPCUA_SUBSCRIPTION_LOST", { endpointUrl, detail }));
    }
    user.gap(new Date(now).toISOString());
    restarts.set(user, setTimeout(() => {
      restarts.delete(user);
      if (opened === current && monitors.has(user)) beginLater(user, opened);
    }, timings.firstRetry));
  };
  const stopRestarts = (): void => {
    for (const timer of restarts.values()) clearTimeout(timer);
    restarts.clear();
  };
  const abandon = (): void => {
    current = undefined;
    stopRestarts();
    for (const [user, monitor] of monitors) {
      monitor?.abandon();
      monitors.set(user, undefined);
    }
    for (const monitor of stale) monitor.abandon();
    stale = [];
  };

  return {
    get size() { return monitors.size; },
    has: (user) => monitors.has(user),
    all: () => [...monitors.keys()],
    add(user) {
      monitors.set(user, undefined);
      if (current) beginLater(user, current);
    },
    remove(user) {
      const monitor = monitors.get(user);
      clearTimeout(restarts.get(user));
      restarts.delete(user);
      toldAt.delete(user);
      if (!monitors.delete(user)) return false;
      if (monitor && current) farewell(monitor.stop());
      else if (monitor) stale.push(monitor);
      return true;
    },
    async enter(opened) {
      current = opened;
      for (const monitor of stale.splice(0)) farewell(monitor.stop());
      const beginning: Promise<void>[] = [];
      for (const [user, monitor] of monitors) {
        if (!monitor) {
          beginning.push(begin(user, opened));
          continue;
        }
        user.resumed();
        monitor.resume();
      }
      // Not earlier: what stood before stands again before anything new comes, and what the server sends once more is known as such.
      opened.publisher.resume();
      await Promise.all(beginning);
    },
    leave() {
      current = undefined;
      stopRestarts();
      const now = new Date().toISOString();
      for (const user of monitors.keys()) user.gap(now);
    },
    abandon,
    clear() {
      abandon();
      monitors.clear();
      toldAt.clear();
    },
  };
}
