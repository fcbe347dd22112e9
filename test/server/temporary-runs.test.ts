import { Annotation, MemorySaver, StateGraph } from '@langchain/langgraph';
import { describe, expect, it } from 'vitest';
import { forgetTemporaryRuns, temporaryRunKey } from '../../src/server/temporary-runs.js';

const runId = '0190f5a0-0000-7000-8000-000000000001';

async function runWith(marker: string | undefined, node: () => object = () => ({ text: 'said' })) {
  const checkpointer = new MemorySaver();
  const graph = new StateGraph(Annotation.Root({ text: Annotation<string> }))
    .addNode('say', node)
    .addEdge('__start__', 'say')
    .compile({ checkpointer });
  forgetTemporaryRuns(graph, checkpointer);
  const configurable = { thread_id: 'thread-1', [temporaryRunKey]: marker };
  const events: string[] = [];
  const read = async (): Promise<void> => {
    for await (const { event } of graph.streamEvents({ text: '' }, { version: 'v2', runId, configurable }))
      events.push(event);
  };
  const failure: unknown = await read().catch((error: unknown) => error);
  return { events, failure, kept: await checkpointer.getTuple({ configurable: { thread_id: 'thread-1' } }) };
}

describe('forgetTemporaryRuns', () => {
  it('deletes the checkpoints of a temporary run behind its last event', async () => {
    const { events, kept } = await runWith(runId);

    expect(events.at(-1)).toBe('on_chain_end');
    expect(kept).toBeUndefined();
  });

  it('deletes them when the run fails, and lets the failure through', async () => {
    const { failure, kept } = await runWith(runId, () => {
      throw new Error('the node failed');
    });

    expect(failure).toMatchObject({ message: 'the node failed' });
    expect(kept).toBeUndefined();
  });

  it('keeps those of every other run, and of one that inherited another run’s mark', async () => {
    expect((await runWith(undefined)).kept).toBeDefined();
    expect((await runWith('another-run')).kept).toBeDefined();
  });
});
