/** How many records a window holds at most, and for how long. */
export interface WindowBounds {
  readonly records: number;
  /** Milliseconds; 0 for no limit. */
  readonly span: number;
}

/** A window as it is kept beyond a deploy: the records, oldest first. */
export interface KeptWindow {
  readonly times: readonly number[];
  /** By field, the bins of its records; -1 where a record does not have it. */
  readonly bins: readonly (readonly number[])[];
}

/**
 * The bins that the last records fell into, counted by field. It takes the same memory from its first record to its last: a place for each
 * record and field, and a count for each bin. Of a list up to `PER_LIST` items spread evenly over it count.
 */
export interface BinWindow {
  /** Adds a record: of each field the values it has, as bins. A time before the last one counts as the last one. */
  add(bins: readonly (readonly number[])[], time: number): void;
  /** Drops what is older than the span. */
  expire(now: number): void;
  /** Counts by bin of a field. */
  counts(field: number): ArrayLike<number>;
  /** Values of a field that are counted, and records that have it. */
  total(field: number): number;
  records(field: number): number;
  keep(): KeptWindow;
}

/** Items of a list that count at most. */
export const PER_LIST = 16;
const NONE = -1;

export function createBinWindow(fields: readonly { readonly bins: number; readonly list: boolean }[], { records, span }: WindowBounds, kept?: KeptWindow): BinWindow {
  const times = new Float64Array(records);
  const widths = fields.map(({ list }) => (list ? PER_LIST : 1));
  const places = widths.map((width) => new Int16Array(records * width).fill(NONE));
  const counts = fields.map(({ bins }) => new Uint32Array(bins));
  const totals = fields.map(() => 0);
  const having = fields.map(() => 0);
  let first = 0;
  let size = 0;

  const count = (field: number, slot: number, by: 1 | -1): void => {
    const width = widths[field] as number;
    let found = 0;
    for (let index = slot * width; index < (slot + 1) * width; index++) {
      const bin = places[field]?.[index] ?? NONE;
      if (bin === NONE) continue;
      (counts[field] as Uint32Array)[bin] = (counts[field]?.[bin] ?? 0) + by;
      found++;
    }
    totals[field] = (totals[field] ?? 0) + by * found;
    if (found > 0) having[field] = (having[field] ?? 0) + by;
  };
  const dropFirst = (): void => {
    for (let field = 0; field < fields.length; field++) count(field, first, -1);
    first = (first + 1) % records;
    size--;
  };
  const window: BinWindow = {
    add(bins, time) {
      if (size === records) dropFirst();
      const slot = (first + size) % records;
      const last = size === 0 ? -Infinity : (times[(first + size - 1) % records] as number);
      times[slot] = Math.max(time, last);
      size++;
      for (let field = 0; field < fields.length; field++) {
        const width = widths[field] as number;
        for (let index = 0; index < width; index++) (places[field] as Int16Array)[slot * width + index] = bins[field]?.[index] ?? NONE;
        count(field, slot, 1);
      }
      window.expire(time);
    },
    expire(now) {
      if (span > 0) while (size > 0 && (times[first] as number) <= now - span) dropFirst();
    },
    counts: (field) => counts[field] ?? [],
    total: (field) => totals[field] ?? 0,
    records: (field) => having[field] ?? 0,
    keep() {
      const slots = Array.from({ length: size }, (_, index) => (first + index) % records);
      return {
        times: slots.map((slot) => times[slot] as number),
        bins: fields.map((_, field) => slots.flatMap((slot) => [...(places[field] as Int16Array).subarray(slot * (widths[field] as number), (slot + 1) * (widths[field] as number))])),
      };
    },
  };
  if (kept) restore(window, kept, fields, widths);
  return window;
}

/** What does not fit (a context can be edited, settings can change) is left out. */
function restore(window: BinWindow, { times, bins }: KeptWindow, fields: readonly { readonly bins: number }[], widths: readonly number[]): void {
  if (!Array.isArray(times) || !Array.isArray(bins) || bins.length !== fields.length) return;
  times.forEach((time, record) => {
    if (typeof time !== "number" || !Number.isFinite(time)) return;
    window.add(fields.map(({ bins: most }, field) => {
      const width = widths[field] as number;
      const own: unknown = bins[field];
      const part: readonly unknown[] = Array.isArray(own) ? own.slice(record * width, (record + 1) * width) : [];
      return part.filter((bin): bin is number => Number.isInteger(bin) && (bin as number) >= 0 && (bin as number) < most);
    }), time);
  });
}
