/** Holds one person's flood back, so that the others are still served. */

/** How much one key may do. */
export interface RateLimitOptions {
  /** Calls a second in the long run. */
  readonly perSecond: number;
  /** Calls at once after a rest. */
  readonly burst: number;
  /** Tells the time in milliseconds. */
  readonly clock: { now(): number };
}

/** A token bucket for each key. */
export interface RateLimit {
  /** Takes one call. @returns 0 when it may go on, else the whole seconds to wait. */
  take(key: string): number;
}

const mostKeys = 10_000;

/** Creates a limit. Keys that have rested long enough to be full again are forgotten, so memory stays bounded. */
export function createRateLimit({ perSecond, burst, clock }: RateLimitOptions): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  const refill = (bucket: { tokens: number; at: number }, now: number): number =>
    Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
  const forget = (now: number): void => {
    for (const [key, bucket] of buckets)
      if (refill(bucket, now) >= burst || buckets.size > mostKeys) buckets.delete(key);
  };
  const take = (key: string): number => {
    const now = clock.now();
    if (buckets.size > mostKeys) forget(now);
    const tokens = refill(buckets.get(key) ?? { tokens: burst, at: now }, now);
    buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / perSecond);
  };
  return { take };
}
