/** Holds one person’s flood of requests back, so that the others are still served. */
import { Hono } from 'hono';
import { principalKey } from '../auth/principal.js';
import { createRateLimit } from '../rate-limit.js';
import { isFromThisProcess, readCaller } from './caller-of-route.js';

/** How much one person may do. */
export interface PersonLimitOptions {
  /** Requests a second in the long run; default 100, some twenty times what Studio asks while a run goes on. */
  readonly perSecond?: number | undefined;
  /** Requests at once after a rest; default 500. */
  readonly burst?: number | undefined;
  /** Tells the time in milliseconds; default the machine’s. */
  readonly clock?: { now(): number } | undefined;
}

/**
 * Creates the limit: 429 with `Retry-After` beyond it. It stands behind authentication and counts by verified issuer and
 * subject; liveness, CORS preflights and what this process asks itself are not counted.
 *
 * @see RFC 6585 section 4
 */
export function createPersonLimit({
  perSecond = 100,
  burst = 500,
  clock = { now: Date.now },
}: PersonLimitOptions = {}): Hono {
  const limit = createRateLimit({ perSecond, burst, clock });
  const app = new Hono();
  app.use(async (context, next) => {
    const caller = readCaller(context);
    if (caller === undefined || isFromThisProcess(context)) return next();
    const waitSeconds = limit.take(principalKey(caller.principal()));
    if (waitSeconds === 0) return next();
    const headers = { 'Retry-After': String(waitSeconds) };
    return context.json({ error: 'Too many requests; wait, then try again.' }, 429, headers);
  });
  return app;
}
