import { emptyCheckpoint, MemorySaver } from '@langchain/langgraph';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createRunsInFlight } from '../../src/server/runs-in-flight.js';
import { copyThread, createThreadStorage } from '../../src/server/thread-storage.js';

const at = (thread_id: string) => ({ configurable: { thread_id, checkpoint_ns: '' } });

async function createSaver(): Promise<MemorySaver> {
  const saver = new MemorySaver();
  let config: object = at('from');
  for (const step of [1, 2]) {
    const id = `1f000000-0000-6000-8000-00000000000${String(step)}`;
    const checkpoint = { ...emptyCheckpoint(), id, channel_values: { step } };
    config = await saver.put({ ...config }, checkpoint, { source: 'loop', step, parents: {} });
  }
  await saver.putWrites(config, [['__interrupt__', [{ value: 'question' }]]], 'task-1');
  return saver;
}

describe('copyThread', () => {
  it('copies every checkpoint with its parent and what waits, and leaves the original', async () => {
    const saver = await createSaver();

    await copyThread(saver, 'from', 'to');

    const copied = await saver.getTuple(at('to'));
    expect(copied?.checkpoint.channel_values).toEqual({ step: 2 });
    expect(copied?.parentConfig?.configurable).toMatchObject({ thread_id: 'to' });
    expect(copied?.pendingWrites).toEqual([['task-1', '__interrupt__', [{ value: 'question' }]]]);
    expect((await saver.getTuple(at('from')))?.checkpoint.channel_values).toEqual({ step: 2 });
  });
});

describe('createThreadStorage', () => {
  /** The server’s own routes, with the parameter names that LangGraph gives them. */
  const createApp = (
    checkpointer: MemorySaver,
    status: 204 | 404,
    runsInFlight = createRunsInFlight(),
  ): Hono =>
    new Hono()
      .route('/', createThreadStorage({ checkpointer, runsInFlight }))
      .delete('/threads/:thread_id', (context) => context.body(null, status))
      .post('/threads/:thread_id/copy', (context) =>
        context.json({ thread_id: 'to' }, status === 204 ? 200 : 404),
      );

  it('deletes and copies the checkpoints of the thread that the path names', async () => {
    const saver = await createSaver();
    const app = createApp(saver, 204);

    await app.request('/threads/from/copy', { method: 'POST' });
    await app.request('/threads/from', { method: 'DELETE' });

    expect(await saver.getTuple(at('from'))).toBeUndefined();
    expect(await saver.getTuple(at('to'))).toBeDefined();
  });

  it('deletes also what a run of the thread wrote after the deletion was asked for', async () => {
    const saver = new MemorySaver();
    const runsInFlight = createRunsInFlight();
    const graph = {
      async *streamEvents(_input: unknown, config: object): AsyncGenerator {
        yield 'begun';
        await saver.put(config, emptyCheckpoint(), { source: 'loop', step: 1, parents: {} });
      },
    };
    runsInFlight.count(graph);
    const events = graph.streamEvents({}, at('from'));
    await events.next();

    const deletion = createApp(saver, 204, runsInFlight).request('/threads/from', { method: 'DELETE' });
    await events.next();
    await deletion;

    expect(await saver.getTuple(at('from'))).toBeUndefined();
  });

  it('does nothing when the server refused', async () => {
    const saver = await createSaver();
    const app = createApp(saver, 404);

    await app.request('/threads/from/copy', { method: 'POST' });
    await app.request('/threads/from', { method: 'DELETE' });

    expect(await saver.getTuple(at('from'))).toBeDefined();
    expect(await saver.getTuple(at('to'))).toBeUndefined();
  });
});
