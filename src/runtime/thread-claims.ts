/**
 * Whom a thread belongs to, from before its first run began.
 *
 * The state of a thread names its owner only when the first step of its first run has ended: a run that stops in that
 * step leaves a thread without one, and two first runs at the same time would both go on. The claim is one write in a
 * namespace of the same thread, so that it comes before everything else and goes with the thread when that is deleted.
 */
import { randomUUID } from 'node:crypto';
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { emptyCheckpoint } from '@langchain/langgraph';
import { z } from 'zod';
import type { Principal } from '../auth/principal.js';
import type { ThreadOwner } from './thread-owner.js';
import { readRecordedOwner, threadOwner, toThreadOwner } from './thread-owner.js';

/** The namespace and the one checkpoint that a claim is a write of. */
const place = {
  checkpoint_ns: 'graph-fleet:owner',
  checkpoint_id: '1f000000-0000-6000-8000-000000000001',
} as const;
const channel = 'owner';
const task = '1f000000-0000-6000-8000-000000000002';
const claim = threadOwner.extend({ claimId: z.string() });

type Checkpointer = Pick<BaseCheckpointSaver, 'getTuple' | 'put' | 'putWrites'>;

/** The claims of one process. */
export interface ThreadClaims {
  /**
   * Gives the owner of a thread; one that nobody owns belongs to `principal` from now on. A thread from before there
   * were claims belongs to whom its state names.
   */
  claim(checkpointer: Checkpointer, threadId: string, principal: Principal): Promise<ThreadOwner>;
}

/** Creates the claims. */
export function createThreadClaims(): ThreadClaims {
  // LangGraph’s own savers keep the first of two writes; another saver may replace it, so claims of one process take turns.
  const turns = new Map<string, Promise<unknown>>();

  const inTurn = async <Result>(threadId: string, work: () => Promise<Result>): Promise<Result> => {
    const before = turns.get(threadId) ?? Promise.resolve();
    const mine = before.then(work, work);
    turns.set(threadId, mine);
    try {
      return await mine;
    } finally {
      if (turns.get(threadId) === mine) turns.delete(threadId);
    }
  };

  return {
    claim: async (checkpointer, threadId, principal) =>
      (await readClaim(checkpointer, threadId)) ??
      inTurn(threadId, () => makeClaim(checkpointer, threadId, principal)),
  };
}

/** Reads whom a thread belongs to: who claimed it, else whom its state names; undefined for a new thread. */
export async function readThreadOwner(
  checkpointer: Pick<Checkpointer, 'getTuple'>,
  threadId: string,
): Promise<ThreadOwner | undefined> {
  return (await readClaim(checkpointer, threadId)) ?? readRecordedOwner(checkpointer, threadId);
}

async function readClaim(
  checkpointer: Pick<Checkpointer, 'getTuple'>,
  threadId: string,
): Promise<ThreadOwner | undefined> {
  const tuple = await checkpointer.getTuple({ configurable: { thread_id: threadId, ...place } });
  const write = tuple?.pendingWrites?.find(([, name]) => name === channel);
  return write === undefined ? undefined : threadOwner.parse(write[2]);
}

async function makeClaim(
  checkpointer: Checkpointer,
  threadId: string,
  principal: Principal,
): Promise<ThreadOwner> {
  const standing = await readClaim(checkpointer, threadId);
  if (standing !== undefined) return standing;
  const owner = (await readRecordedOwner(checkpointer, threadId)) ?? toThreadOwner(principal);
  const { checkpoint_ns, checkpoint_id } = place;
  const checkpoint = { ...emptyCheckpoint(), id: checkpoint_id };
  const metadata = { source: 'update', step: 0, parents: {} } as const;
  await checkpointer.put({ configurable: { thread_id: threadId, checkpoint_ns } }, checkpoint, metadata, {});
  const mine = claim.parse({ ...owner, claimId: randomUUID() });
  await checkpointer.putWrites({ configurable: { thread_id: threadId, ...place } }, [[channel, mine]], task);
  // Another process may have written first: the claim that stands is the one that counts.
  return (await readClaim(checkpointer, threadId)) ?? owner;
}
