/** Whether a conversation holds the outcome of a tool call, in any of its checkpoints. */
import { ToolMessage } from '@langchain/core/messages';
import type { BaseCheckpointSaver, CheckpointTuple } from '@langchain/langgraph';

/** What is looked for. */
export interface SoughtOutcome {
  readonly threadId: string;
  readonly toolCallId: string;
  /** When the call first went out, in milliseconds since the epoch: no checkpoint before it can hold its outcome. */
  readonly sinceMs: number;
}

/** How far the clocks of two machines may be apart. */
const clockSkewMs = 600_000;
/** The most checkpoints that are read, newest first. */
const maxCheckpoints = 50;

/** Tells whether messages hold the outcome of a tool call. */
export function holdsOutcome(messages: unknown, toolCallId: string): boolean {
  const list: readonly unknown[] = Array.isArray(messages) ? messages : [messages];
  return list.some((message) => ToolMessage.isInstance(message) && message.tool_call_id === toolCallId);
}

/**
 * Looks through a thread’s checkpoints: a fork that began before the outcome does not hold it, and the branch that it
 * forked from does.
 */
export async function hasRecordedOutcome(
  checkpointer: BaseCheckpointSaver,
  { threadId, toolCallId, sinceMs }: SoughtOutcome,
): Promise<boolean> {
  const thread = { configurable: { thread_id: threadId, checkpoint_ns: '' } };
  for await (const tuple of checkpointer.list(thread, { limit: maxCheckpoints })) {
    if (Date.parse(tuple.checkpoint.ts) < sinceMs - clockSkewMs) return false;
    if (messagesOf(tuple).some((messages) => holdsOutcome(messages, toolCallId))) return true;
  }
  return false;
}

/** A step that was finished by a process which died before the next checkpoint has its messages among the writes. */
function messagesOf({ checkpoint, pendingWrites = [] }: CheckpointTuple): readonly unknown[] {
  const written = pendingWrites.flatMap(([, channel, value]) => (channel === 'messages' ? [value] : []));
  return [checkpoint.channel_values['messages'], ...written];
}
