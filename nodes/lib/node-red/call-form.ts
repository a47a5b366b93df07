import type { NodeDef } from "node-red";
import type { CallQueueOptions, QueuePolicy } from "../inference/call-queue";
import type { CallerOptions } from "../inference/caller";
import type { ShadowOptions } from "../inference/shadow";
import type { WarmUp } from "../inference/warm-up";
import type { Migration } from "./migrate";

/** What the form of `resonance-model-call` holds; numbers are text where they come from a variable. */
export interface CallForm extends NodeDef {
  profile: string;
  model: string;
  /** Calls at a time. */
  concurrency: number | string;
  /** Messages that may wait beyond those. */
  queueLimit: number | string;
  policy: QueuePolicy;
  retries: number | string;
  /** Seconds. */
  retryTime: number | string;
  /** Ids of further models; empty for none. */
  fallback: string;
  shadow: string;
  /** Percent. */
  shadowRelative: number | string;
  shadowAbsolute: number | string;
  shadowWindow: number | string;
  warmUp: WarmUp;
  /** 1 for no batches. */
  batchSize: number | string;
  /** Milliseconds. */
  batchTime: number | string;
  /** 0 for no cache. */
  cacheSize: number | string;
  /** Seconds. */
  cacheTime: number | string;
}

/** What version 2 added, as nodes of version 1 behave. */
const ADDED = {
  policy: "refuse", retries: 0, retryTime: 10, fallback: "", shadow: "", shadowRelative: 1, shadowAbsolute: 0, shadowWindow: 100,
  warmUp: "none", batchSize: 1, batchTime: 20, cacheSize: 0, cacheTime: 60,
};

export const CALL_MIGRATIONS: readonly Migration[] = [(saved) => ({ ...ADDED, ...saved })];

/** The form's settings as a caller takes them. */
export function callerSettings(form: CallForm): Pick<CallerOptions, "retry" | "batch" | "cache"> & { readonly queue: CallQueueOptions } {
  const [size, entries] = [Number(form.batchSize), Number(form.cacheSize)];
  return {
    queue: { concurrency: Number(form.concurrency), queueLimit: Number(form.queueLimit), policy: form.policy },
    retry: { retries: Number(form.retries), withinMs: Number(form.retryTime) * 1000 },
    batch: size === 1 ? undefined : { size, waitMs: Number(form.batchTime) },
    cache: entries === 0 ? undefined : { entries, ageMs: Number(form.cacheTime) * 1000 },
  };
}

/** The form's settings of the comparison with a shadow. */
export function shadowSettings(form: CallForm): Omit<ShadowOptions, "target"> {
  return {
    tolerance: { relative: Number(form.shadowRelative) / 100, absolute: Number(form.shadowAbsolute) },
    window: Number(form.shadowWindow),
  };
}
