import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { readThreadId, readUserToken } from '../../src/runtime/run-config.js';

describe('readUserToken', () => {
  it('reads the run config’s token in process, sealed or as text', () => {
    expect(readUserToken({ _user_token: 'abc' }).reveal()).toBe('abc');
    expect(readUserToken({ _user_token: toBearerToken('abc') }).reveal()).toBe('abc');
  });

  it('reads the authenticated user’s token on the server, by run, and not the config’s', () => {
    const asked: unknown[] = [];
    const tokenOfRun = (runId: unknown) => {
      asked.push(runId);
      return toBearerToken('of-the-run');
    };
    const configurable = { _user_token: 'left-over', run_id: 'run-1', langgraph_auth_user: { tokenOfRun } };

    expect(readUserToken(configurable).reveal()).toBe('of-the-run');
    expect(asked).toEqual(['run-1']);
  });

  it.each([{}, { tokenOfRun: 'text' }, { tokenOfRun: () => undefined }, 'alice'])(
    'finds no token for the authenticated user %o, even beside one in the config',
    (user) => {
      const configurable = { _user_token: 'left-over', langgraph_auth_user: user };

      expect(() => readUserToken(configurable)).toThrow(
        expect.objectContaining({ code: 'ERR_TOKEN_MISSING' }),
      );
    },
  );

  it.each([undefined, {}, { _user_token: undefined }, { _user_token: null }, { _user_token: '' }])(
    'finds no token in %o',
    (configurable) => {
      expect(() => readUserToken(configurable)).toThrow(
        expect.objectContaining({ code: 'ERR_TOKEN_MISSING' }),
      );
    },
  );

  it.each([42, {}, { reveal: () => 'abc' }, ['abc'], 'two words'])('refuses %o as a token', (value) => {
    expect(() => readUserToken({ _user_token: value })).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_INVALID' }),
    );
  });
});

describe('readThreadId', () => {
  it('gives the thread, and the empty name without one', () => {
    expect(readThreadId({ thread_id: 'thread-1' })).toBe('thread-1');
    for (const configurable of [undefined, {}, { thread_id: 7 }]) expect(readThreadId(configurable)).toBe('');
  });
});
