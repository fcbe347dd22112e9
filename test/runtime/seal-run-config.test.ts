import { inspect } from 'node:util';
import type { RunnableConfig } from '@langchain/core/runnables';
import { Annotation, MemorySaver, START, StateGraph } from '@langchain/langgraph';
import { describe, expect, it } from 'vitest';
import { isBearerToken } from '../../src/auth/bearer-token.js';
import { PrincipalMismatchError } from '../../src/errors.js';
import { sealRunConfig } from '../../src/runtime/seal-run-config.js';

/** A stand-in for a compiled graph that keeps what comes through each of its doors. */
function createDoors() {
  const seen: unknown[] = [];
  const graph = {
    invoke: async (input: unknown, config?: unknown): Promise<unknown> => graph.stream(input, config),
    stream: async (_input: unknown, config?: unknown): Promise<unknown> => {
      seen.push(config);
      return 'done';
    },
    streamEvents: (_input: unknown, config?: unknown): unknown => {
      seen.push(config);
      return 'events';
    },
  };
  return { graph, seen };
}

/** A real graph of one node. */
function compile(node: (state: { n: number }, config: RunnableConfig) => { n: number }) {
  return new StateGraph(Annotation.Root({ n: Annotation<number> }))
    .addNode('node', node)
    .addEdge(START, 'node')
    .compile({ checkpointer: new MemorySaver() });
}

const doors = ['invoke', 'stream', 'streamEvents'] as const;

describe('sealRunConfig', () => {
  it.each(doors)(
    'seals the token on its way through %s and leaves the caller’s config alone',
    async (door) => {
      const { graph, seen } = createDoors();
      const config = { configurable: { thread_id: 'thread-1', _user_token: 'abc' }, tags: ['x'] };

      await sealRunConfig(graph)[door]('input', config);

      const [sealed] = seen as [{ configurable: Record<string, unknown> }];
      expect(isBearerToken(sealed.configurable['_user_token'])).toBe(true);
      expect(`${JSON.stringify(sealed)}${inspect(sealed)}`).not.toContain('abc');
      expect(sealed).toMatchObject({ configurable: { thread_id: 'thread-1' }, tags: ['x'] });
      expect(config.configurable._user_token).toBe('abc');
    },
  );

  it('hides text that is no token too', async () => {
    const { graph, seen } = createDoors();

    await sealRunConfig(graph).stream('input', { configurable: { _user_token: 'my secret words' } });

    expect(JSON.stringify(seen)).toBe('[{"configurable":{"_user_token":"[redacted]"}}]');
    expect(inspect(seen, { depth: 9 })).not.toContain('my secret words');
  });

  it.each([undefined, {}, { configurable: {} }, { configurable: { _user_token: '' } }])(
    'passes %o on',
    async (config) => {
      const { graph, seen } = createDoors();

      await sealRunConfig(graph).stream('input', config);

      expect(seen).toEqual([config]);
    },
  );

  it('lets nobody in whom the admission refuses', async () => {
    let runs = 0;
    const graph = compile(() => ({ n: (runs += 1) }));
    const sealed = sealRunConfig(graph, () => Promise.reject(new PrincipalMismatchError()));
    const config = { configurable: { thread_id: 'thread-1' } };

    await expect(sealed.invoke({ n: 1 }, config)).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });
    await expect(sealed.stream({ n: 1 }, config)).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });
    expect(runs).toBe(0);
    expect((await graph.getState(config)).values).toEqual({});
  });

  it('rejects with the error of this family that a framework wrapped', async () => {
    const { graph } = createDoors();
    const cause = new PrincipalMismatchError();
    graph.stream = () => Promise.reject(new Error('wrapped', { cause: new Error('again', { cause }) }));

    await expect(sealRunConfig(graph).invoke('input')).rejects.toBe(cause);
  });

  it('rejects in the middle of a stream with the error that a framework wrapped', async () => {
    const cause = new PrincipalMismatchError();
    const graph = compile(() => {
      throw new Error('wrapped', { cause });
    });

    const chunks = await sealRunConfig(graph).stream(
      { n: 1 },
      { streamMode: 'values', configurable: { thread_id: 'thread-1' } },
    );
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const chunk of chunks) seen.push(chunk);
    })();

    await expect(reading).rejects.toBe(cause);
    expect(seen).toEqual([{ n: 1 }]);
  });

  it('seals what withConfig gives, with the same admission and the bound config', async () => {
    const seen: unknown[] = [];
    const admitted: unknown[] = [];
    const graph = compile((_state, config) => {
      seen.push(config.configurable?.['_user_token']);
      return { n: 2 };
    });
    const sealed = sealRunConfig(graph, (_owner, configurable) => {
      admitted.push(configurable);
      return Promise.resolve();
    });
    const copy = sealed.withConfig({ configurable: { _user_token: 'abc' } }).withConfig({ tags: ['x'] });

    await copy.invoke({ n: 1 }, { configurable: { thread_id: 'thread-1' } });
    await copy.invoke({ n: 1 }, { configurable: { thread_id: 'thread-1', _user_token: 'def' } });

    expect(seen.map(isBearerToken)).toEqual([true, true]);
    expect(admitted).toHaveLength(2);
    expect(admitted[0]).toMatchObject({ thread_id: 'thread-1', _user_token: seen[0] });
    expect(admitted[1]).toMatchObject({ thread_id: 'thread-1', _user_token: seen[1] });
    expect(`${JSON.stringify(copy.config)}${inspect(copy.config)}`).not.toContain('abc');
  });

  it('rejects with any other error as it is', async () => {
    const { graph } = createDoors();
    const error = new RangeError('other');
    graph.stream = () => Promise.reject(error);

    await expect(sealRunConfig(graph).invoke('input')).rejects.toBe(error);
  });
});
