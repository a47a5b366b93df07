import { isDeepStrictEqual } from "node:util";
import type { Sample } from "../record/sample";

/** What each tag delivered last, and which tags are in a gap. */
export interface LastSamples {
  /** Keeps a batch as the last one; tells what only repeats, after a gap, what was delivered before it. */
  sort(batch: readonly Sample[]): { readonly repeated: readonly Sample[]; readonly fresh: readonly Sample[] };
  /** Every tag once: Bad, with its last good value, the time of that as `valueTimestamp` and the time of the gap. */
  gap(timestamp: string): readonly Sample[];
  /** What the tags delivered last that are still in a gap; it is over for all. */
  resumed(): readonly Sample[];
}

const NO_COMMUNICATION = "BadNoCommunication";
const NONE: readonly Sample[] = [];

/** Knows the tags' last samples over all sessions. */
export function createLastSamples(tags: readonly string[]): LastSamples {
  const usable = new Map<string, Sample>();
  /** Only of tags whose last sample was Bad. */
  const bad = new Map<string, Sample>();
  const inGap = new Set<string>();
  /** Some servers send all values once more, even twice, when a session is taken over; over for a tag with its next new sample. */
  const resent = new Set<string>();

  const lastOf = (tag: string): Sample | undefined => bad.get(tag) ?? usable.get(tag);
  const keep = (sample: Sample): void => {
    if (sample.quality === "Bad") {
      bad.set(sample.tag, sample);
    } else {
      usable.set(sample.tag, sample);
      if (bad.size > 0) bad.delete(sample.tag);
    }
  };
  return {
    sort(batch) {
      if (inGap.size + resent.size === 0) {
        for (const sample of batch) keep(sample);
        return { repeated: NONE, fresh: batch };
      }
      const repeated: Sample[] = [];
      const fresh: Sample[] = [];
      for (const sample of batch) {
        const last = lastOf(sample.tag);
        const same = last?.timestamp === sample.timestamp && isDeepStrictEqual(last, sample);
        const known = inGap.delete(sample.tag) && same;
        if (same && !known && resent.has(sample.tag)) continue;
        if (!same) resent.delete(sample.tag);
        (known ? repeated : fresh).push(sample);
        keep(sample);
      }
      return { repeated, fresh };
    },
    gap(timestamp) {
      for (const tag of tags) inGap.add(tag);
      return tags.map((tag) => {
        const last = usable.get(tag);
        return {
          tag, value: last?.value ?? null, quality: "Bad", status: NO_COMMUNICATION, timestamp,
          ...(last ? { valueTimestamp: last.timestamp } : {}),
        };
      });
    },
    resumed() {
      const standing = tags.flatMap((tag) => (inGap.has(tag) ? (lastOf(tag) ?? []) : []));
      inGap.clear();
      for (const tag of tags) resent.add(tag);
      return standing;
    },
  };
}
