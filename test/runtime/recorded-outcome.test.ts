import { AIMessage, ToolMessage } from '@langchain/core/messages';
import type { BaseCheckpointSaver, CheckpointMetadata } from '@langchain/langgraph';
import { MemorySaver, emptyCheckpoint } from '@langchain/langgraph';
import { beforeEach, describe, expect, it } from 'vitest';
import { hasRecordedOutcome, holdsOutcome } from '../../src/runtime/recorded-outcome.js';

const answer = new ToolMessage({ tool_call_id: 'call_1', content: 'made' });
const wish = new AIMessage({ content: '', tool_calls: [{ id: 'call_1', name: 'make', args: {} }] });
const metadata: CheckpointMetadata = { source: 'loop', step: 1, parents: {} };
const minuteMs = 60_000;

describe('holdsOutcome', () => {
  it('knows the answer to a call from the call and from other answers', () => {
    expect(holdsOutcome([wish, answer], 'call_1')).toBe(true);
    expect(holdsOutcome(answer, 'call_1')).toBe(true);
    expect(holdsOutcome([wish], 'call_1')).toBe(false);
    expect(holdsOutcome([answer], 'call_2')).toBe(false);
    expect(holdsOutcome(undefined, 'call_1')).toBe(false);
  });
});

describe('hasRecordedOutcome', () => {
  let saver: BaseCheckpointSaver;
  const now = Date.now();
  const sought = { threadId: 'thread-1', toolCallId: 'call_1', sinceMs: now };

  beforeEach(() => {
    saver = new MemorySaver();
  });

  async function put(serial: number, messages: readonly unknown[], { atMs = now, thread = 'thread-1' } = {}) {
    const checkpoint = {
      ...emptyCheckpoint(),
      id: `1f000000-0000-6000-8000-${String(serial).padStart(12, '0')}`,
      ts: new Date(atMs).toISOString(),
      channel_values: { messages },
    };
    const config = { configurable: { thread_id: thread, checkpoint_ns: '' } };
    return saver.put(config, checkpoint, metadata, {});
  }

  it('finds none in a thread that nothing was kept of', async () => {
    expect(await hasRecordedOutcome(saver, sought)).toBe(false);
  });

  it('finds none while the call waits for it', async () => {
    await put(1, [wish]);

    expect(await hasRecordedOutcome(saver, sought)).toBe(false);
  });

  it('finds it in the branch that a fork began before', async () => {
    await put(1, [wish]);
    await put(2, [wish, answer]);
    await put(3, [wish]);

    expect(await hasRecordedOutcome(saver, sought)).toBe(true);
  });

  it('finds it among the writes of a step that no checkpoint followed', async () => {
    const config = await put(1, [wish]);
    await saver.putWrites(config, [['messages', [answer]]], 'task-1');

    expect(await hasRecordedOutcome(saver, sought)).toBe(true);
  });

  it('takes no answer of another thread for it', async () => {
    await put(1, [wish, answer], { thread: 'thread-2' });

    expect(await hasRecordedOutcome(saver, sought)).toBe(false);
  });

  it('looks ten minutes back for clocks that differ, and no further', async () => {
    await put(1, [wish, answer], { atMs: now - 9 * minuteMs });
    expect(await hasRecordedOutcome(saver, sought)).toBe(true);

    await put(2, [wish], { atMs: now - 11 * minuteMs });
    expect(await hasRecordedOutcome(saver, sought)).toBe(false);
  });

  it('reads fifty checkpoints at most', async () => {
    await put(1, [wish, answer]);
    for (let serial = 2; serial <= 51; serial += 1) await put(serial, [wish]);

    expect(await hasRecordedOutcome(saver, sought)).toBe(false);
  });
});
