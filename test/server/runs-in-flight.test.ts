import { describe, expect, it } from 'vitest';
import { createRunsInFlight } from '../../src/server/runs-in-flight.js';

/** A graph whose run ends when it is told to. */
function createHeldGraph() {
  let finish = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const graph = {
    async *streamEvents(_input?: unknown, _config?: unknown): AsyncGenerator {
      yield 'begun';
      await held;
    },
  };
  return { graph, finish };
}

describe('createRunsInFlight', () => {
  it('has nothing to wait for at first', async () => {
    expect(await createRunsInFlight().drain(60_000)).toBe(true);
  });

  it('waits for a run until its events have ended', async () => {
    const { graph, finish } = createHeldGraph();
    const runs = createRunsInFlight();
    runs.count(graph);
    const events = graph.streamEvents();
    await events.next();

    const drained = runs.drain(60_000);
    finish();
    await events.next();

    expect(await drained).toBe(true);
  });

  it('waits for the runs of one thread alone', async () => {
    const { graph, finish } = createHeldGraph();
    const runs = createRunsInFlight();
    runs.count(graph);
    const events = graph.streamEvents({}, { configurable: { thread_id: 'thread-1' } });
    await events.next();

    expect(await runs.drain(60_000, 'thread-2')).toBe(true);
    expect(await runs.drain(1, 'thread-1')).toBe(false);
    finish();
    await events.next();

    expect(await runs.drain(60_000, 'thread-1')).toBe(true);
  });

  it('gives up at the limit and says so', async () => {
    const { graph } = createHeldGraph();
    const runs = createRunsInFlight();
    runs.count(graph);
    await graph.streamEvents().next();

    expect(await runs.drain(1)).toBe(false);
  });

  it('counts a run of protocol v2, whose events come as a promise', async () => {
    const { graph, finish } = createHeldGraph();
    const promised = { streamEvents: async () => graph.streamEvents() };
    const runs = createRunsInFlight();
    runs.count(promised);
    // Counted, the promise is awaited inside: what comes back is read like the events themselves.
    const events = promised.streamEvents() as unknown as AsyncGenerator;

    expect(await events.next()).toEqual({ done: false, value: 'begun' });
    expect(await runs.drain(1)).toBe(false);
    finish();
    await events.next();

    expect(await runs.drain(60_000)).toBe(true);
  });
});
