import type { DataValue, IVariableHistorian, ReadRawModifiedDetails } from "node-opcua";

/** How much a variable remembers. */
export interface HistoryLimits {
  readonly values: number;
  readonly ageMs: number;
}

/** A variable's values in the order of their source times. */
export interface History extends IVariableHistorian {
  /** Keeps a value; one of the same time takes the place of the older one. */
  keep(value: DataValue): void;
  readonly size: number;
}

const timeOf = ({ sourceTimestamp }: DataValue): number => sourceTimestamp?.getTime() ?? 0;
/** OPC UA's "no time given" is 1601-01-01 or earlier. */
const given = (time: Date | null): number | undefined => (time && time.getFullYear() > 1601 ? time.getTime() : undefined);

/** The history of one variable in memory, bounded by count and age (OPC 10000-11, read raw). */
export function createHistory(limits: HistoryLimits, now: () => number = Date.now): History {
  const values: DataValue[] = [];
  const trim = (): void => {
    const oldest = now() - limits.ageMs;
    const outdated = firstFrom(values, oldest);
    const surplus = values.length - limits.values;
    const drop = Math.max(outdated, surplus);
    if (drop > 0) values.splice(0, drop);
  };
  return {
    get size() { return values.length; },
    keep(value) {
      const at = firstFrom(values, timeOf(value));
      const known = values[at];
      values.splice(at, known && timeOf(known) === timeOf(value) ? 1 : 0, value);
      // In blocks, since each removal at the front moves the rest.
      if (values.length > limits.values * 1.1 + 10) trim();
    },
    // What is kept is said by `keep`: a value that merely expires is no new one.
    push: () => Promise.resolve(),
    extractDataValues(details, most, isReversed, reverseAnswer, callback) {
      trim();
      const [from, to] = range(values, details);
      const inside = values.slice(from, to);
      if (isReversed) inside.reverse();
      const answer = most > 0 ? inside.slice(0, most) : inside;
      callback(null, reverseAnswer ? answer.reverse() : answer);
    },
  };
}

/** Indexes of the first value in the range and of the first one after it. */
function range(values: readonly DataValue[], { startTime, endTime }: ReadRawModifiedDetails): [number, number] {
  const times = [given(startTime), given(endTime)];
  const [start, end] = times[0] !== undefined && times[1] !== undefined && times[0] > times[1] ? [times[1], times[0]] : times;
  return [start === undefined ? 0 : firstFrom(values, start), end === undefined ? values.length : firstFrom(values, end + 1)];
}

/** Index of the first value at `time` or later. */
function firstFrom(values: readonly DataValue[], time: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timeOf(values[middle] as DataValue) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
