/** Makes a read again when it failed for a reason that passes. Writes never come here. */
import { setTimeout as pause } from 'node:timers/promises';
import { SdkHttpError } from '@modelcontextprotocol/client';
import { ExponentialBackoff, fullJitterGenerator } from 'cockatiel';
import { isOutcomeError } from '../outcomes.js';
import { findAnswerFailure } from './call-failure.js';
import { isConnectionLoss } from './connection-loss.js';
import { findCause } from './find-cause.js';
import type { RetryBudget } from './retry-budget.js';

/** One read, and how long it may take with everything that is tried. */
export interface RetriedRead<Result> {
  /** Makes the read; it is told how many milliseconds are left. */
  readonly read: (leftMs: number) => Promise<Result>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How reads are repeated. */
export interface ReadRetryOptions {
  readonly budget: RetryBudget;
  /** Most repetitions of one read; default 2. */
  readonly maxRetries?: number | undefined;
  /** Longest wait before the first repetition, in milliseconds; it doubles; default 200. */
  readonly delayMs?: number | undefined;
  /** Told before each repetition. */
  readonly onRepeat?: (() => void) | undefined;
}

/**
 * Makes a read, and again after a wait of a random length below a bound that doubles: when there was no connection, when
 * it broke, and after HTTP 408, 425, 429, 502, 503 and 504. A server that asks for a longer wait gets it.
 * It gives up with the last error when the time, the repetitions or the budget are used up.
 *
 * @throws whatever the last try threw, and the signal's reason when it aborts a wait.
 */
export async function retryRead<Result>(
  { read, timeoutMs, signal }: RetriedRead<Result>,
  { budget, maxRetries = 2, delayMs = 200, onRepeat }: ReadRetryOptions,
): Promise<Result> {
  const endsAt = performance.now() + timeoutMs;
  const backoff = new ExponentialBackoff({ initialDelay: delayMs, generator: fullJitterGenerator });
  let step = backoff.next();
  for (let retries = 0; ; retries += 1) {
    try {
      const result = await read(endsAt - performance.now());
      budget.earn();
      return result;
    } catch (error) {
      const waitMs = Math.max(step.duration, askedWaitMs(error));
      const isTooLate = performance.now() + waitMs >= endsAt;
      if (retries >= maxRetries || isTooLate || !isPassing(error) || !budget.spend()) throw error;
      await pause(waitMs, undefined, signal === undefined ? {} : { signal });
      step = step.next(undefined);
      onRepeat?.();
    }
  }
}

function askedWaitMs(error: unknown): number {
  return findCause(error, isOutcomeError)?.failure.retryAfterMs ?? 0;
}

const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);

function isPassing(error: unknown): boolean {
  if (findCause(error, isOutcomeError)?.failure.retryAfterMs !== undefined) return true;
  const http = findCause(error, (cause) => cause instanceof SdkHttpError);
  if (http !== undefined) return passingStatuses.has(http.status);
  return findAnswerFailure(error) === 'lost' || isConnectionLoss(error);
}
