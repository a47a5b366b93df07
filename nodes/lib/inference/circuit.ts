import { ResonanceError } from "../errors/resonance-error";
import { checkNumber } from "./check-setting";
import { isCancelled, isOutage } from "./failure-kind";

/** When a circuit opens, and for how long. */
export interface CircuitRules {
  /** Outages in a row. */
  readonly failures: number;
  /** Milliseconds until a single question may probe the model again. */
  readonly openMs: number;
}

/** `half-open`: one question is under way to probe the model. */
export type CircuitState = "closed" | "open" | "half-open";

/** Keeps questions away from a model that answers nobody; all callers of a model share its circuit. */
export interface Circuit {
  /**
   * Makes an attempt, unless the circuit is open. Only outages (`isOutage`) count as failures: a model that refuses a
   * question is alive.
   * @throws RESONANCE_MODEL_CIRCUIT_OPEN and what the attempt throws
   */
  guard<T>(attempt: () => Promise<T>): Promise<T>;
  state(): CircuitState;
  /** Told at every change; gives what ends that. */
  watch(listener: (state: CircuitState) => void): () => void;
}

/**
 * A closed circuit for the model of this name.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function createCircuit(model: string, { failures, openMs }: CircuitRules, now: () => number = () => performance.now()): Circuit {
  checkNumber("circuitFailures", failures, { min: 1, whole: true });
  checkNumber("circuitTime", openMs / 1000, { min: 0.001 });
  const listeners = new Set<(state: CircuitState) => void>();
  let state: CircuitState = "closed";
  let inRow = 0;
  let until = 0;
  let last: ResonanceError | undefined;
  /** Attempts that began before the last change have no say any more. */
  let generation = 0;

  const change = (next: CircuitState): void => {
    state = next;
    generation += 1;
    for (const listener of listeners) listener(next);
  };
  const open = (): void => {
    until = now() + openMs;
    change("open");
  };
  const enter = (): number => {
    if (state === "open" && now() >= until) change("half-open");
    else if (state !== "closed") {
      const seconds = Math.max(0, Math.ceil((until - now()) / 1000));
      throw new ResonanceError("RESONANCE_MODEL_CIRCUIT_OPEN", { model, seconds, failures: inRow, detail: last?.code }, { cause: last });
    }
    return generation;
  };
  const succeeded = (begun: number): void => {
    if (begun !== generation) return;
    inRow = 0;
    if (state === "half-open") change("closed");
  };
  const failed = (begun: number, thrown: unknown): void => {
    if (begun !== generation) return;
    if (isCancelled(thrown)) {
      // A probe that was called off tells nothing: the next question is one.
      if (state === "half-open") change("open");
      return;
    }
    if (!isOutage(thrown)) {
      succeeded(begun);
      return;
    }
    inRow += 1;
    last = thrown as ResonanceError;
    if (state === "half-open" || inRow >= failures) open();
  };

  return {
    async guard(attempt) {
      const begun = enter();
      try {
        const result = await attempt();
        succeeded(begun);
        return result;
      } catch (thrown) {
        failed(begun, thrown);
        throw thrown;
      }
    },
    state: () => state,
    watch(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
  };
}
