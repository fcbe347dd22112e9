/** Bounds how much of the load on a server may be retries: a server in trouble is not asked many times over. */

/** What retries are paid from. */
export interface RetryBudget {
  /** Takes one retry; false when there is none left. */
  spend(): boolean;
  /** Notes a request that went well, which earns part of a retry. */
  earn(): void;
}

/**
 * Creates a full budget: as many retries as `most` at once, and from then on one for every `requestsPerRetry` requests
 * that go well.
 */
export function createRetryBudget({ most = 10, requestsPerRetry = 10 } = {}): RetryBudget {
  let left = most;
  return {
    spend() {
      if (left < 1) return false;
      left -= 1;
      return true;
    },
    earn() {
      left = Math.min(most, left + 1 / requestsPerRetry);
    },
  };
}
