import { waitBefore, type BackOff } from "./back-off";
import type { Outcome } from "./judge";
import type { ErrorCode } from "../errors/resonance-error";

/** Spares a MES that is not there, or does not let this client in, all but one attempt at a time. */
export interface Rest {
  /** How many attempts may run at once now; `most` while the MES answers. */
  allowed(most: number): number;
  /** Takes note of an outcome; gives the milliseconds to wait when the MES itself was the trouble. */
  heed(outcome: Outcome): number | undefined;
  end(): void;
}

const NOT_THERE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["RESONANCE_MES_UNREACHABLE", "RESONANCE_HTTP_TOKEN"]);

/** `over` is called when a rest is over. */
export function createRest(backOff: BackOff, over: () => void): Rest {
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let until = 0;
  return {
    allowed: (most) => (timer ? 0 : failures > 0 ? 1 : most),
    heed(outcome) {
      if (!isTheMes(outcome)) {
        failures = 0;
        return undefined;
      }
      // Attempts that ran side by side fail together: one rest for all of them.
      if (!timer) {
        failures += 1;
        const wait = waitBefore(backOff, failures);
        until = performance.now() + wait;
        timer = setTimeout(() => {
          timer = undefined;
          over();
        }, wait);
      }
      return Math.max(0, until - performance.now());
    },
    end() { clearTimeout(timer); },
  };
}

function isTheMes(outcome: Outcome): boolean {
  return outcome.kind === "refused" ? outcome.misdirected === true : outcome.kind === "again" && NOT_THERE.has(outcome.error.code);
}
