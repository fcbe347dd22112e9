/** The tokens that runs were started with, in the memory of this process alone, until they expire. */
import type { BearerToken } from '../auth/bearer-token.js';

/** Keeps the token that each run was started with. */
export interface RunTokens {
  /** Keeps a run’s token until it expires. */
  set(runId: string, token: BearerToken, expiresAt: number): void;
  get(runId: string): BearerToken | undefined;
  size(): number;
}

/**
 * Creates an empty store.
 *
 * @param options.maxRuns the most tokens kept; beyond it the oldest goes and its run must sign in again. Default 10 000.
 * @param options.clock the clock, in milliseconds.
 */
export function createRunTokens(options: { maxRuns?: number; clock?: () => number } = {}): RunTokens {
  const { maxRuns = 10_000, clock = Date.now } = options;
  const kept = new Map<string, { readonly token: BearerToken; readonly expiresAt: number }>();

  const evict = (): void => {
    const now = clock() / 1000;
    for (const [runId, { expiresAt }] of kept) {
      if (kept.size <= maxRuns && expiresAt > now) return;
      kept.delete(runId);
    }
  };

  return {
    set(runId, token, expiresAt) {
      kept.set(runId, { token, expiresAt });
      evict();
    },
    get: (runId) => kept.get(runId)?.token,
    size: () => kept.size,
  };
}
