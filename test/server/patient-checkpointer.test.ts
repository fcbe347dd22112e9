import { MemorySaver, START, StateGraph, StateSchema } from '@langchain/langgraph';
import { Hono } from 'hono';
import { contextStorage } from 'hono/context-storage';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLogger } from '../../src/logger.js';
import { makePatient } from '../../src/server/patient-checkpointer.js';

const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' });

/** A checkpointer whose database is away until it is told otherwise. */
function createAwaySaver(method: 'put' | 'putWrites' | 'getTuple' | 'deleteThread', patienceMs: number) {
  const saver = new MemorySaver();
  const lines: string[] = [];
  const database = { isAway: true, tries: 0 };
  const real = saver[method].bind(saver) as (...words: unknown[]) => Promise<unknown>;
  Object.assign(saver, {
    [method]: async (...words: unknown[]) => {
      database.tries += 1;
      if (database.isAway) throw refused;
      return real(...words);
    },
  });
  const logger = createLogger({ format: 'json', write: (line) => void lines.push(line) });
  makePatient(saver, { logger, patienceMs, pauseMs: 1 });
  return { saver, lines, database };
}

const config = { configurable: { thread_id: 'thread' } };

function createGraph(saver: MemorySaver, node: () => Promise<object> | object) {
  const state = new StateSchema({ said: z.string().default('') });
  return new StateGraph(state).addNode('step', node).addEdge(START, 'step').compile({ checkpointer: saver });
}

/** Asks within a request, as the routes of the LangGraph server do. */
async function askByRoute(ask: () => Promise<unknown>): Promise<unknown> {
  let asked: Promise<unknown> | undefined;
  const routes = new Hono().use(contextStorage()).get('/', async (context) => {
    asked = ask();
    await asked.catch(() => undefined);
    return context.text('asked');
  });
  await routes.request('/');
  return asked;
}

describe('makePatient', () => {
  it.each(['put', 'putWrites'] as const)(
    'lets a run wait until its checkpoints can be written: %s',
    async (method) => {
      const { saver, lines, database } = createAwaySaver(method, 60_000);
      const running = createGraph(saver, () => ({ said: 'hello' })).invoke({}, config);
      await expect.poll(() => database.tries).toBeGreaterThan(3);

      database.isAway = false;

      expect(await running).toEqual({ said: 'hello' });
      const events = lines.map((line) => JSON.parse(line).event);
      expect([events[0], events.at(-1)]).toEqual(['checkpoints.database.away', 'checkpoints.database.back']);
    },
  );

  it('lets a run wait for what it reads, from its beginning on', async () => {
    const { saver, database } = createAwaySaver('getTuple', 60_000);
    const running = createGraph(saver, () => ({ said: 'read' })).invoke({}, config);
    await expect.poll(() => database.tries).toBeGreaterThan(3);

    database.isAway = false;

    expect(await running).toEqual({ said: 'read' });
  });

  it.each(['getTuple', 'deleteThread'] as const)('fails at once where a route asks: %s', async (method) => {
    const { saver, database } = createAwaySaver(method, 60_000);

    const asked = askByRoute(() =>
      method === 'getTuple' ? saver.getTuple(config) : saver.deleteThread('thread'),
    );

    await expect(asked).rejects.toMatchObject({ code: 'ERR_DATABASE_UNAVAILABLE', cause: refused });
    expect(database.tries).toBe(1);
  });

  it('ends a run at last with words of ours', async () => {
    const { saver } = createAwaySaver('put', 5);

    await expect(createGraph(saver, () => ({})).invoke({}, config)).rejects.toThrow(
      'The database does not answer now; try again soon.',
    );
  });

  it('leaves a mistake of the program what it is', async () => {
    const saver = new MemorySaver();
    saver.getTuple = () => Promise.reject(new TypeError('wrong'));
    makePatient(saver, { logger: createLogger({ write: () => undefined }) });

    await expect(saver.getTuple(config)).rejects.toThrow(TypeError);
  });
});
