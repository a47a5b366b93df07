import type { Incoming } from "./incoming";

/**
 * Takes samples, ordered by source time, apart into moments in which no tag stands twice, so that no value is overwritten unseen.
 * A server that reports changes only leaves out what stays the same, and stamps the values of one moment a little apart.
 * So where a tag comes again, the cut is made at the longest pause since it came before: what came after the pause belongs with it.
 */
export function cutIntoMoments(samples: readonly Incoming[]): readonly (readonly Incoming[])[] {
  const moments: (readonly Incoming[])[] = [];
  let start = 0;
  let last = new Map<string, number>();
  samples.forEach(({ tag }, index) => {
    const before = last.get(tag);
    if (before !== undefined) {
      const cut = longestPause(samples, before + 1, index);
      moments.push(samples.slice(start, cut));
      start = cut;
      last = new Map([...last].filter(([, at]) => at >= cut));
    }
    last.set(tag, index);
  });
  if (start < samples.length) moments.push(samples.slice(start));
  return moments;
}

/** The sample from `from` to `to` with the longest time since the one before it; the last of several. */
function longestPause(samples: readonly Incoming[], from: number, to: number): number {
  let longest = -1;
  let found = to;
  for (let index = from; index <= to; index++) {
    const pause = (samples[index]?.time ?? 0) - (samples[index - 1]?.time ?? 0);
    if (pause < longest) continue;
    longest = pause;
    found = index;
  }
  return found;
}
