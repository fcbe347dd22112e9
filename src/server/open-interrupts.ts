/** What a thread waits for, read from its newest checkpoint. */
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { HTTPException } from '@langchain/langgraph-sdk/auth';
import type { Principal } from '../auth/principal.js';
import { principalKey } from '../auth/principal.js';
import { readThreadOwner } from '../runtime/thread-claims.js';

/** One question that waits for its answer. */
export interface OpenInterrupt {
  /** The name that protocol v2 answers it by. */
  readonly id: string | undefined;
  readonly value: unknown;
}

/** LangGraph’s channel for the interrupts of a step that has not been answered. */
const interruptChannel = '__interrupt__';

/** Reads what a thread waits for, from its newest checkpoint; empty when nothing waits. */
export async function readOpenInterrupts(
  checkpointer: Pick<BaseCheckpointSaver, 'getTuple'>,
  threadId: string,
): Promise<readonly OpenInterrupt[]> {
  const tuple = await checkpointer.getTuple({ configurable: { thread_id: threadId, checkpoint_ns: '' } });
  const writes = tuple?.pendingWrites ?? [];
  return writes.flatMap(([, channel, value]) => (channel === interruptChannel ? toInterrupts(value) : []));
}

/**
 * Hides a thread whose checkpoints are somebody else’s. The server’s thread records say the same as long as they are
 * there; after a crash the checkpoints may be left without their record, and the id is free for anybody to take.
 *
 * @throws {@link HTTPException} 404, as for a thread that does not exist.
 */
export async function requireOwnCheckpoints(
  checkpointer: Pick<BaseCheckpointSaver, 'getTuple'>,
  threadId: string | null | undefined,
  principal: Principal,
): Promise<void> {
  if (threadId === undefined || threadId === null) return;
  const owner = await readThreadOwner(checkpointer, threadId);
  if (owner === undefined || principalKey(owner) === principalKey(principal)) return;
  throw new HTTPException(404, { message: `Thread with ID ${threadId} not found` });
}

function toInterrupts(write: unknown): readonly OpenInterrupt[] {
  const interrupts: readonly unknown[] = Array.isArray(write) ? write : [write];
  return interrupts.map((item) => {
    if (typeof item !== 'object' || item === null || !('value' in item))
      return { id: undefined, value: item };
    return { id: 'id' in item && typeof item.id === 'string' ? item.id : undefined, value: item.value };
  });
}
