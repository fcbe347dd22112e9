/** Who owns a thread: recorded in its checkpoint by the first run and compared at every later step. */
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { z } from 'zod';
import type { Principal } from '../auth/principal.js';
import { PrincipalMismatchError } from '../errors.js';

/** The state key of the owner. */
export const threadOwnerKey = '_threadOwner';

/** The owner as the checkpoint holds it. */
export const threadOwner = z.object({ issuer: z.string(), subject: z.string() });

/** A parsed {@link threadOwner}. */
export type ThreadOwner = z.output<typeof threadOwner>;

/** The first owner stays when a later update names another; what an overwrite names, the claim on the thread refuses. */
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

/** Tells whether a principal is the owner that is recorded; nobody is while none is. */
export function isOwner(owner: ThreadOwner | null | undefined, principal: Principal): boolean {
  return owner?.issuer === principal.issuer && owner.subject === principal.subject;
}

/**
 * Refuses everybody but the owner; a thread without one is open to its first principal.
 *
 * @throws {@link PrincipalMismatchError}
 */
export function requireOwner(owner: ThreadOwner | null | undefined, principal: Principal): void {
  // A client may have written null into a state that has no owner yet; the claim on the thread does not listen to it.
  if (owner === undefined || owner === null) return;
  if (!isOwner(owner, principal)) throw new PrincipalMismatchError();
}

/**
 * Reads whom a thread’s state names, from its newest checkpoint, whichever checkpoint a run names: the first ones of a
 * thread were written before its owner was known.
 *
 * @returns undefined for a new thread.
 */
export async function readRecordedOwner(
  checkpointer: Pick<BaseCheckpointSaver, 'getTuple'>,
  threadId: string,
): Promise<ThreadOwner | undefined> {
  const tuple = await checkpointer.getTuple({ configurable: { thread_id: threadId, checkpoint_ns: '' } });
  return threadOwner.nullish().parse(tuple?.checkpoint.channel_values[threadOwnerKey]) ?? undefined;
}
