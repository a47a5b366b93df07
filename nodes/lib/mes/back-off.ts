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
