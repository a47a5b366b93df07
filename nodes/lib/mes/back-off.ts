/** How long to wait before another attempt. */
export interface BackOff {
  /** Before the second attempt, in milliseconds; doubled for each further one. */
  readonly firstMs: number;
  /** At most. */
  readonly longestMs: number;
}

export const DEFAULT_BACK_OFF: BackOff = { firstMs: 500, longestMs: 30_000 };

/**
 * Milliseconds before the attempt after attempt number `attempt` (from 1): exponential with a jitter of half, so that
 * clients that failed together do not come back together; what the server asked for (`askedMs`) goes first, where that is longer.
 */
export function waitBefore({ firstMs, longestMs }: BackOff, attempt: number, askedMs?: number, random: () => number = Math.random): number {
  const full = Math.min(firstMs * 2 ** (attempt - 1), longestMs);
  return Math.max(full / 2 + random() * (full / 2), Math.min(askedMs ?? 0, longestMs));
}

/** The `Retry-After` header (RFC 9110 §10.2.3: seconds or a date) in milliseconds from `now`; `undefined` without a usable one. */
export function retryAfter(header: string | string[] | undefined, now = Date.now()): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
