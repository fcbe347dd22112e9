/** Who owns a thread: recorded in its checkpoint by the first run and compared at every later step. */
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { z } from 'zod';
import type { Principal } from '../auth/principal.js';
import { PrincipalMismatchError } from '../errors.js';
import type { Configurable } from './run-config.js';
import { readThreadId } from './run-config.js';

/** The state key of the owner. */
export const threadOwnerKey = '_threadOwner';

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

/**
 * Reads whom a thread belongs to from its newest checkpoint, whichever checkpoint the run names: the first ones of a
 * thread were written before its owner was known.
 *
 * @returns undefined for a new thread, and for a graph that keeps none.
 */
export async function readThreadOwner(
  checkpointer: BaseCheckpointSaver | boolean | undefined,
  configurable: Configurable | undefined,
): Promise<ThreadOwner | undefined> {
  const threadId = readThreadId(configurable);
  if (typeof checkpointer !== 'object' || threadId === '') return undefined;
  const tuple = await checkpointer.getTuple({ configurable: { thread_id: threadId, checkpoint_ns: '' } });
  return threadOwner.optional().parse(tuple?.checkpoint.channel_values[threadOwnerKey]);
}
