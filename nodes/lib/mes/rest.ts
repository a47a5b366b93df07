import { waitBefore, type BackOff } from "./back-off";
import type { Outcome } from "./judge";
import type { ErrorCode } from "../errors/resonance-error";

/** Spares a MES that is not there, does not let this client in, asks for a pause or fails all the time. */
export interface Rest {
  /** How many attempts may run at once now; `most` while the MES answers. */
  allowed(most: number): number;
  /** Takes note of what became of a document of `lane`; gives the milliseconds it waits when the MES itself was the trouble. */
  heed(outcome: Outcome, lane: string): number | undefined;
  /** Lanes that failed since the MES last took something: the others go first, so that those that always fail hold up nobody. */
  readonly failed: ReadonlySet<string>;
  /** All lanes have failed: from the first one again. */
  nextRound(): void;
  end(): void;
}

const NOT_THERE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["RESONANCE_MES_UNREACHABLE", "RESONANCE_HTTP_TOKEN"]);
/** So many failures without a success between them are the MES's and not single documents'. */
const MANY = 8;
/** How many times the longest pause of the back-off a MES may ask for. */
const ASKED_FACTOR = 10;

/** `over` is called when a rest is over. */
export function createRest(backOff: BackOff, over: () => void): Rest {
  const failed = new Set<string>();
  let absences = 0;
  let inARow = 0;
  let timer: NodeJS.Timeout | undefined;
  let until = 0;
  /** Attempts that ran side by side fail together: one rest for all of them, the longest. */
  const restFor = (wait: number): number => {
    if (!timer || performance.now() + wait > until) {
      clearTimeout(timer);
      until = performance.now() + wait;
      timer = setTimeout(() => {
        timer = undefined;
        over();
      }, wait);
    }
    return Math.max(0, until - performance.now());
  };
  return {
    failed,
    allowed: (most) => (timer ? 0 : absences > 0 || inARow >= MANY ? 1 : most),
    heed(outcome, lane) {
      if (isTheMes(outcome)) {
        if (timer) return Math.max(0, until - performance.now());
        absences += 1;
        return restFor(waitBefore(backOff, absences));
      }
      absences = 0;
      if (outcome.kind !== "again") {
        inARow = 0;
        failed.clear();
        return undefined;
      }
      inARow += 1;
      failed.add(lane);
      const own = waitBefore(backOff, 1);
      if (outcome.afterMs !== undefined) return restFor(Math.max(own, Math.min(outcome.afterMs, ASKED_FACTOR * backOff.longestMs)));
      if (inARow >= MANY) restFor(own);
      return undefined;
    },
    nextRound() { failed.clear(); },
    end() { clearTimeout(timer); },
  };
}

function isTheMes(outcome: Outcome): boolean {
  return outcome.kind === "refused" ? outcome.misdirected === true : outcome.kind === "again" && NOT_THERE.has(outcome.error.code);
}
