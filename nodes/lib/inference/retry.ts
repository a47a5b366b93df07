import { createBackOff } from "../connection/back-off";
import { pause } from "../connection/deadline";
import { ResonanceError } from "../errors/resonance-error";
import { isTransient } from "./failure-kind";

/** How often and for how long a question is asked again. */
export interface RetryRules {
  /** Further attempts after the first; 0 for none. */
  readonly retries: number;
  /** Milliseconds since the first attempt after which no further one begins. */
  readonly withinMs: number;
}

/** A result and how many attempts it took. */
export interface Attempted<T> {
  readonly result: T;
  readonly attempts: number;
}

const FIRST_MS = 200;
const LONGEST_MS = 10_000;

/**
 * Makes an attempt, and further ones while failures are transient (`isTransient`), with exponential waiting times and jitter
 * in between; what a server asks for (Retry-After) goes first. Where that is longer than the rules allow, or a circuit has
 * opened meanwhile, the failure is final.
 * @throws the last failure, RESONANCE_MODEL_CLOSED when the signal is aborted while waiting
 */
export async function withRetry<T>({ retries, withinMs }: RetryRules, attempt: () => Promise<T>, signal: AbortSignal): Promise<Attempted<T>> {
  const begun = performance.now();
  const backOff = createBackOff(FIRST_MS, LONGEST_MS);
  let failure: unknown;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return { result: await attempt(), attempts };
    } catch (thrown) {
      const opened = failure !== undefined && thrown instanceof ResonanceError && thrown.code === "RESONANCE_MODEL_CIRCUIT_OPEN";
      failure = opened ? failure : thrown;
      if (opened || attempts > retries || !isTransient(thrown)) throw failure;
      const asked = (thrown as ResonanceError).params["retryAfter"];
      const wait = typeof asked === "number" ? asked : backOff.next();
      if (performance.now() + wait - begun > withinMs) throw failure;
      await pause(wait, signal);
      if (signal.aborted) throw new ResonanceError("RESONANCE_MODEL_CLOSED");
    }
  }
}
