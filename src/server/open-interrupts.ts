/** What a thread waits for, read from its newest checkpoint. */
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import type { ThreadOwner } from '../runtime/thread-owner.js';
import { threadOwner } from '../runtime/thread-owner.js';

/** A thread as its newest checkpoint shows it. */
export interface ThreadSnapshot {
  readonly owner: ThreadOwner | undefined;
  /** The values of the open interrupts; empty when nothing waits. */
  readonly interrupts: readonly unknown[];
}

/** LangGraph’s channel for the interrupts of a step that has not been answered. */
const interruptChannel = '__interrupt__';

/** Reads a thread; a thread without a checkpoint has no owner and waits for nothing. */
export async function readThreadSnapshot(
  checkpointer: Pick<BaseCheckpointSaver, 'getTuple'>,
  threadId: string,
): Promise<ThreadSnapshot> {
  const tuple = await checkpointer.getTuple({ configurable: { thread_id: threadId, checkpoint_ns: '' } });
  const owner = threadOwner.safeParse(tuple?.checkpoint.channel_values._threadOwner).data;
  const writes = tuple?.pendingWrites ?? [];
  return {
    owner,
    interrupts: writes.flatMap(([, channel, value]) => (channel === interruptChannel ? toValues(value) : [])),
  };
}

function toValues(write: unknown): readonly unknown[] {
  const interrupts: readonly unknown[] = Array.isArray(write) ? write : [write];
  return interrupts.map((item) =>
    typeof item === 'object' && item !== null && 'value' in item ? item.value : item,
  );
}
