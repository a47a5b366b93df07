import type { ResonanceError } from "../errors/resonance-error";
import { within } from "../connection/deadline";
import type { OpcUaSession } from "./session";

/** What is to be done with a session. */
export type Work<T> = (session: OpcUaSession) => Promise<T>;

/** The works that run in a session or wait for it. */
export interface SessionUses {
  /**
   * Runs `work` with `now` where that is a session, else with the next one; fails with `now` where that is an error.
   * @throws what `work`, `fail` or, after `timeout` ms, `late` say.
   */
  run<T>(work: Work<T>, now: OpcUaSession | ResonanceError | undefined, timeout: number, late: () => ResonanceError): Promise<T>;
  /** A session stands: what waits for it begins. */
  opened(session: OpcUaSession): void;
  /** The session is lost, or none can be had: all works end with `error`. */
  fail(error: ResonanceError): void;
}

interface Use {
  opened(session: OpcUaSession): void;
  fail(error: ResonanceError): void;
}

export function createSessionUses(): SessionUses {
  const uses = new Set<Use>();
  return {
    run<T>(work: Work<T>, now: OpcUaSession | ResonanceError | undefined, timeout: number, late: () => ResonanceError): Promise<T> {
      let use: Use | undefined;
      const outcome = new Promise<T>((resolve, reject) => {
        use = {
          opened(session) { work(session).then(resolve, reject); },
          fail: reject,
        };
        uses.add(use);
        if (now instanceof Error) use.fail(now);
        else if (now) use.opened(now);
      });
      // What came too late must not begin after all: it may be a command to a machine.
      return within(outcome, timeout, late).finally(() => { if (use) uses.delete(use); });
    },
    opened(session) { for (const use of uses) use.opened(session); },
    fail(error) { for (const use of uses) use.fail(error); },
  };
}
