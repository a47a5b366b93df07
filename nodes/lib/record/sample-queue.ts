import type { Fold } from "./aggregate";
import { digestOf, joinDigests, type RunDigest } from "./sample-digest";
import type { WindowSample } from "./sample-window";

/** Samples a block begins with; one that late samples fill up to twice as many is parted. */
const BLOCK = 64;

/** Samples in their order, of which any part from the front can be digested without looking at all of them. */
export interface SampleQueue {
  readonly add: (sample: WindowSample) => void;
  readonly first: () => WindowSample | undefined;
  readonly last: () => WindowSample | undefined;
  readonly size: () => number;
  readonly shift: () => WindowSample | undefined;
  /** Takes samples out at the back, where `leaves` says so, as long as they are later than `end`. */
  readonly prune: (end: number, leaves: (sample: WindowSample) => boolean) => void;
  /** Digest of the samples up to and with the source time `end`, in order; `undefined` for none. */
  readonly digest: (end: number) => RunDigest | undefined;
  /** The samples up to and with `end`. */
  readonly upTo: (end: number) => WindowSample[];
  /** Marks the samples up to and with `end` as taken by a record. */
  readonly take: (end: number) => void;
  readonly clear: () => void;
}

/** A run of samples. Those before `head` have left. */
interface Block {
  samples: WindowSample[];
  head: number;
  /** Of what is in it; `undefined` where it has to be worked out. */
  digest: RunDigest | undefined;
  /** From each sample to the end, made when the first one leaves. */
  rests: RunDigest[] | undefined;
}

/**
 * A queue of samples in the order of their source times (`sorted`), or as they come; then `end` is `Infinity`.
 *
 * Samples stand in blocks with digests. What enters at the back is joined to what is there; for what leaves at the front, the digests of
 * the rests are made once for many (the two stacks of a queue), on samples as on blocks: so neither is anything ever subtracted, nor does a sample
 * cost more than a few joins, however many there are. A late sample costs a block, and the digests of the blocks anew.
 */
export function createSampleQueue(fold: Fold | undefined, sorted: boolean): SampleQueue {
  let blocks: Block[] = [];
  /** Those in which samples wait for a record. */
  const waiting = new Set<Block>();
  let count = 0;
  /** Digests of the blocks 1 … n for each first one, the shortest run first; and of those behind them but the last. */
  let front: RunDigest[] = [];
  let back: RunDigest | undefined;
  let stale = false;
  const join = (left: RunDigest | undefined, right: RunDigest | undefined): RunDigest | undefined => joinDigests(left, right, fold);

  const digestBlock = (block: Block): RunDigest | undefined => {
    if (block.digest) return block.digest;
    // The last block still grows.
    if (block.head > 0 && block !== blocks.at(-1)) block.rests ??= restsOf(block.samples, fold);
    block.digest = block.rests ? block.rests[block.head] : digestRun(block.samples, fold, block.head);
    return block.digest;
  };

  const append = (sample: WindowSample): void => {
    const last = blocks.at(-1);
    if (last && last.samples.length < BLOCK) {
      last.digest = last.digest && join(last.digest, digestOf(sample, fold));
      last.rests = undefined;
      last.samples.push(sample);
      waiting.add(last);
      return;
    }
    if (last && blocks.length > 1) back = join(back, digestBlock(last));
    const block: Block = { samples: [sample], head: 0, digest: digestOf(sample, fold), rests: undefined };
    blocks.push(block);
    waiting.add(block);
  };

  /** Puts a late sample behind those of its time. */
  const insert = (sample: WindowSample): void => {
    const index = Math.max(0, blocks.findLastIndex(({ samples, head }) => (samples[head]?.time ?? Infinity) <= sample.time));
    const block = blocks[index];
    if (!block) return append(sample);
    const samples = block.samples.slice(block.head);
    samples.splice(samples.findLastIndex(({ time }) => time <= sample.time) + 1, 0, sample);
    const parts = samples.length < 2 * BLOCK ? [samples] : [samples.slice(0, BLOCK), samples.slice(BLOCK)];
    const made = parts.map((part): Block => ({ samples: part, head: 0, digest: undefined, rests: undefined }));
    blocks.splice(index, 1, ...made);
    waiting.delete(block);
    for (const one of made) waiting.add(one);
    stale = true;
  };

  const restack = (): void => {
    front = [];
    back = undefined;
    for (let index = blocks.length - 2; index >= 1; index--) {
      const block = blocks[index];
      const rest = block && join(digestBlock(block), front.at(-1));
      if (rest) front.push(rest);
    }
    stale = false;
  };

  const removeFirstBlock = (): void => {
    const gone = blocks.shift();
    if (gone) waiting.delete(gone);
    if (front.pop() === undefined) stale = true;
  };

  const digestAll = (): RunDigest | undefined => {
    if (stale) restack();
    const [first] = blocks;
    const last = blocks.length > 1 ? blocks.at(-1) : undefined;
    return join(join(first && digestBlock(first), front.at(-1)), join(back, last && digestBlock(last)));
  };

  const upTo = (end: number): WindowSample[] => blocks.flatMap(({ samples, head }) => {
    if ((samples[head]?.time ?? Infinity) > end) return [];
    const inside = head === 0 ? samples : samples.slice(head);
    return isUpTo(inside, end) ? inside : inside.filter(({ time }) => time <= end);
  });

  const reachesBeyond = (end: number): boolean => end !== Infinity && (blocks.at(-1)?.samples.at(-1)?.time ?? -Infinity) > end;

  const add = (sample: WindowSample): void => {
    count++;
    if (sorted && sample.time < (blocks.at(-1)?.samples.at(-1)?.time ?? -Infinity)) insert(sample);
    else append(sample);
  };

  return {
    add,
    first: () => blocks[0]?.samples[blocks[0].head],
    last: () => blocks.at(-1)?.samples.at(-1),
    size: () => count,
    shift() {
      const [block] = blocks;
      const sample = block?.samples[block.head];
      if (!block || !sample) return undefined;
      count--;
      block.head++;
      block.digest = undefined;
      if (block.head === block.samples.length) removeFirstBlock();
      return sample;
    },
    prune(end, leaves) {
      if (!reachesBeyond(end)) return;
      const kept: WindowSample[] = [];
      while (reachesBeyond(end)) {
        const block = blocks.at(-1);
        const sample = block?.samples.pop();
        if (!block || !sample) break;
        if (block.samples.length === block.head) {
          blocks.pop();
          waiting.delete(block);
        }
        block.digest = undefined;
        block.rests = undefined;
        count--;
        if (!leaves(sample)) kept.push(sample);
      }
      stale = true;
      for (const sample of kept.reverse()) add(sample);
    },
    digest(end) {
      if (!reachesBeyond(end)) return digestAll();
      return blocks.reduce<RunDigest | undefined>((whole, block) => {
        if ((block.samples[block.head]?.time ?? Infinity) > end) return whole;
        const inside = isUpTo(block.samples, end) ? digestBlock(block) : digestRun(block.samples.slice(block.head).filter(({ time }) => time <= end), fold);
        return join(whole, inside);
      }, undefined);
    },
    upTo,
    take(end) {
      for (const block of waiting) {
        for (let index = block.head; index < block.samples.length; index++) {
          const sample = block.samples[index];
          if (sample && sample.time <= end) sample.ticket.taken = true;
        }
        if (isUpTo(block.samples, end)) waiting.delete(block);
      }
    },
    clear() {
      blocks = [];
      waiting.clear();
      front = [];
      back = undefined;
      count = 0;
      stale = false;
    },
  };
}

function isUpTo(samples: readonly WindowSample[], end: number): boolean {
  return end === Infinity || (samples.at(-1)?.time ?? -Infinity) <= end;
}

function digestRun(samples: readonly WindowSample[], fold: Fold | undefined, from = 0): RunDigest | undefined {
  let whole: RunDigest | undefined;
  for (let index = from; index < samples.length; index++) {
    const sample = samples[index];
    if (sample) whole = joinDigests(whole, digestOf(sample, fold), fold);
  }
  return whole;
}

/** The digest from each sample to the last one. */
function restsOf(samples: readonly WindowSample[], fold: Fold | undefined): RunDigest[] {
  const rests: RunDigest[] = [];
  for (let index = samples.length - 1; index >= 0; index--) {
    const sample = samples[index];
    const rest = sample && joinDigests(digestOf(sample, fold), rests[index + 1], fold);
    if (rest) rests[index] = rest;
  }
  return rests;
}
