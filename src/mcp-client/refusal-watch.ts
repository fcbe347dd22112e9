/** Tells of each request whose credential a server, or the token’s own audience, did not let through. */
import type { FailedOutcome } from '../outcomes.js';
import { statusOf, toFailedCall, toOutcomeError } from './call-failure.js';
import type { ClientPool } from './client-pool.js';
import type { McpObserver } from './mcp-observer.js';

const refusals = new Set<FailedOutcome['outcome']>(['unauthenticated', 'token-expired', 'permission-denied']);

/**
 * Gives the same pool, whose refused uses are told. A policy that denies one call comes as a result and is none: the
 * credential was accepted.
 */
export function watchRefusals(pool: ClientPool, observer: McpObserver): ClientPool {
  return {
    ...pool,
    async lend(loan) {
      try {
        return await pool.lend(loan);
      } catch (error) {
        const { outcome } = toOutcomeError(error, toFailedCall(loan.server, false)).failure;
        const status = statusOf(error);
        if (refusals.has(outcome) || status === 401 || status === 403)
          observer({ server: loan.server.name, kind: 'person-refused', outcome });
        throw error;
      }
    },
  };
}
