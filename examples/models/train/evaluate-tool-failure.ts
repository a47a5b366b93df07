import type { Ai4iRow } from "./ai4i";
import { brier, logLoss, mean, meanError, rocAuc } from "./metrics";
import { predict, type Network } from "./network";

/** How good the model is on rows it has not seen, each number beside what a guess without a model gives. */
export interface Metrics {
  readonly rows: number;
  readonly failures: number;
  readonly rocAuc: number;
  readonly logLoss: number;
  /** Log loss of the training rows' failure rate. */
  readonly baseRateLogLoss: number;
  readonly brier: number;
  readonly baseRateBrier: number;
  /** Minutes. */
  readonly remainingMeanError: number;
  /** Minutes; the guess is the mean of the training rows. */
  readonly meanRemainingMeanError: number;
  /** Minutes; the guess is the mean life of the training tools less the wear so far. */
  readonly meanLifeMeanError: number;
}

/** What a guess without a model knows: from the training rows only. */
export interface BaseRates {
  readonly failureRate: number;
  readonly meanRemaining: number;
  readonly meanLife: number;
}

/** Wear is the last input. */
const wearOf = ({ inputs }: Ai4iRow): number => inputs.at(-1) ?? NaN;

export function baseRates(training: readonly Ai4iRow[]): BaseRates {
  const known = training.filter(hasEnd);
  const ends = known.filter(({ remaining }) => remaining === 0);
  return {
    failureRate: mean(training.map(({ failed }) => (failed ? 1 : 0))),
    meanRemaining: mean(known.map(({ remaining }) => remaining)),
    meanLife: mean(ends.map(wearOf)),
  };
}

export function measure(network: Network, rows: readonly Ai4iRow[], base: BaseRates): Metrics {
  const labels = rows.map(({ failed }) => failed);
  const probabilities = rows.map(({ inputs }) => predict(network, inputs).failureProbability);
  const guess = rows.map(() => base.failureRate);
  const known = rows.filter(hasEnd);
  const remaining = known.map((row) => row.remaining);
  return {
    rows: rows.length,
    failures: labels.filter(Boolean).length,
    rocAuc: rocAuc(probabilities, labels),
    logLoss: logLoss(probabilities, labels),
    baseRateLogLoss: logLoss(guess, labels),
    brier: brier(probabilities, labels),
    baseRateBrier: brier(guess, labels),
    remainingMeanError: meanError(known.map(({ inputs }) => predict(network, inputs).remainingUsefulLife), remaining),
    meanRemainingMeanError: meanError(known.map(() => base.meanRemaining), remaining),
    meanLifeMeanError: meanError(known.map((row) => Math.max(0, base.meanLife - wearOf(row))), remaining),
  };
}

export function hasEnd(row: Ai4iRow): row is Ai4iRow & { readonly remaining: number } {
  return row.remaining !== undefined;
}
