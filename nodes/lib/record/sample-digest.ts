import type { Digest, Fold, Numbers } from "./aggregate";
import type { WindowSample } from "./sample-window";

/** What a window knows of a run of samples. */
export interface RunDigest extends Digest {
  readonly first: WindowSample;
  readonly last: WindowSample;
  /** The last one in time that is not of good quality. */
  readonly uncertain: WindowSample | undefined;
}

export function digestOf(sample: WindowSample, fold: Fold | undefined): RunDigest {
  return { count: 1, first: sample, last: sample, uncertain: sample.status === undefined ? undefined : sample, numbers: fold?.one(sample.value as number) };
}

/** The digest of two runs, of which the right one came later: of samples of one time it has the last. */
export function joinDigests(left: RunDigest | undefined, right: RunDigest | undefined, fold: Fold | undefined): RunDigest | undefined {
  if (!left || !right) return left ?? right;
  return {
    count: left.count + right.count,
    first: right.first.time < left.first.time ? right.first : left.first,
    last: later(left.last, right.last),
    uncertain: left.uncertain && right.uncertain ? later(left.uncertain, right.uncertain) : left.uncertain ?? right.uncertain,
    numbers: fold?.join(left.numbers as Numbers, right.numbers as Numbers),
  };
}

function later(left: WindowSample, right: WindowSample): WindowSample {
  return right.time >= left.time ? right : left;
}
