/** The use case that gives the sealed fields of a resource to its creator, once. */
import { z } from 'zod';
import { NotFoundError } from '../errors.js';
import { hide } from './call-scope.js';
import type { SecretValues } from './credential-seal.js';
import type { UseCase } from './perform-call.js';
import { requireResource, toTarget } from './read-use-cases.js';
import { takeSealed } from './resource-store.js';

const input = z.object({ resource_id: z.string().min(1).max(100) });

/** The values, or word that they were given before and are gone. */
export type RevealedCredentials =
  { readonly status: 'revealed'; readonly values: SecretValues } | { readonly status: 'gone' };

/**
 * Reads the sealed fields and destroys them in the same transaction. To anyone but the creator, and for a resource
 * that never had any, there is nothing to find.
 */
export const revealCredentials: UseCase<z.output<typeof input>, RevealedCredentials> = {
  action: 'reveal_credentials',
  input,
  writes: true,
  run: async (scope, { resource_id }, { clock, seal }) => {
    const row = await requireResource(scope, resource_id);
    const isOffered = row.sealed !== null || row.revealed_at !== null;
    if (!scope.may({ action: 'reveal', target: toTarget(row) }) || !isOffered) {
      return hide(scope, scope.trail.reason, new NotFoundError('credentials of resource', resource_id));
    }
    const sealed = await takeSealed(scope.db, row, new Date(clock.now()).toISOString());
    if (sealed === undefined) {
      scope.trail.reason = 'revealed-before';
      return { status: 'gone' };
    }
    return { status: 'revealed', values: seal.open(row.id, sealed) };
  },
};
