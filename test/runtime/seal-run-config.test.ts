import { inspect } from 'node:util';
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
    const { graph, seen } = createDoors();
    const sealed = sealRunConfig(graph, () => Promise.reject(new PrincipalMismatchError()));

    await expect(sealed.invoke('input', {})).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });
    await expect(sealed.stream('input', {})).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });
    expect(seen).toEqual([]);
  });

  it('rejects with the error of this family that a framework wrapped', async () => {
    const { graph } = createDoors();
    const cause = new PrincipalMismatchError();
    graph.stream = () => Promise.reject(new Error('wrapped', { cause: new Error('again', { cause }) }));

    await expect(sealRunConfig(graph).invoke('input')).rejects.toBe(cause);
  });

  it('rejects with any other error as it is', async () => {
    const { graph } = createDoors();
    const error = new RangeError('other');
    graph.stream = () => Promise.reject(error);

    await expect(sealRunConfig(graph).invoke('input')).rejects.toBe(error);
  });
});
