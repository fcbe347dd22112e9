/** Who owns a thread: recorded in its checkpoint by the first run and compared at every later step. */
import { z } from 'zod';
import type { Principal } from '../auth/principal.js';
import { PrincipalMismatchError } from '../errors.js';

/** The owner as the checkpoint holds it. */
export const threadOwner = z.object({ issuer: z.string(), subject: z.string() });

/** A parsed {@link threadOwner}. */
export type ThreadOwner = z.output<typeof threadOwner>;

/** The first owner stays: no later update of the state takes a thread away from it. */
export function keepFirstOwner(
  current: ThreadOwner | undefined,
  update: ThreadOwner | undefined,
): ThreadOwner | undefined {
  return current ?? update;
}

/** The owner that a principal becomes. */
export function toThreadOwner(principal: Principal): ThreadOwner {
  return { issuer: principal.issuer, subject: principal.subject };
}

/**
 * Refuses everybody but the owner; a thread without one is open to its first principal.
 *
 * @throws {@link PrincipalMismatchError}
 */
export function requireOwner(owner: ThreadOwner | undefined, principal: Principal): void {
  if (owner === undefined) return;
  if (owner.issuer !== principal.issuer || owner.subject !== principal.subject)
    throw new PrincipalMismatchError();
}
