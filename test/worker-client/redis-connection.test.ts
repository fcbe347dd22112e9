import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { RedisConnection } from '../../src/worker-client/redis-connection.js';
import { openRedis } from '../../src/worker-client/redis-connection.js';

type Answers = readonly (Error | string)[];

/** A connection that gives these answers, one after the other, and keeps what it was sent. */
function connectionWith(answers: Answers): RedisConnection & { readonly sent: unknown[] } {
  const sent: unknown[] = [];
  const next = async (words: unknown): Promise<string> => {
    const answer = answers[sent.length] ?? 'OK';
    sent.push(words);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return {
    sent,
    options: {},
    call: (command, words) => next([command, ...words]),
    multi: (commands) => ({ exec: async () => [[null, await next(commands)]] }),
    duplicate: () => connectionWith([]),
    on: () => undefined,
    disconnect: () => undefined,
  };
}

function errorNamed(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more });
}

const lost = errorNamed('AbortError', 'Command aborted due to connection close');

describe('openRedis', () => {
  it('sends what its connection took with it once more', async () => {
    const connection = connectionWith([lost, 'OK']);

    await openRedis(connection).sendAll([['set', 'key', 'value']]);

    expect(connection.sent).toEqual([[['set', 'key', 'value']], [['set', 'key', 'value']]]);
  });

  it('gives up when that is lost too', async () => {
    const connection = connectionWith([lost, lost, 'OK']);

    await expect(openRedis(connection).send('GET', 'key')).rejects.toMatchObject({
      ...{ code: 'ERR_REDIS_UNAVAILABLE', retryable: true, reason: 'no connection' },
    });
    expect(connection.sent).toHaveLength(2);
  });

  it.each([
    ['its first word', errorNamed('ReplyError', "OOM command not allowed: 'a secret'"), 'OOM'],
    ['its code', errorNamed('Error', 'connect failed', { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['no connection', errorNamed('MaxRetriesPerRequestError', 'Reached the max'), 'no connection'],
    ['its name', errorNamed('ParserError', 'a secret'), 'ParserError'],
  ])('names a failure by %s, and shows nothing of what was sent', async (_title, failure, reason) => {
    const refused = Object.assign(failure, { command: { name: 'set', args: ['a secret'] } });

    const error = await openRedis(connectionWith([refused]))
      .send('SET', 'key', 'a secret')
      .catch((caught: unknown) => caught);

    expect(error).toMatchObject({ code: 'ERR_REDIS_UNAVAILABLE', reason });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret');
  });

  it('refuses a text that is no Redis URL, and does not show it', () => {
    expect(() => openRedis('http://me:canary@localhost')).toThrow(
      'redis: must be a URL that begins with redis:// or rediss://; correct it.',
    );
  });

  it('refuses a connection that puts something before its keys', () => {
    const connection = { ...connectionWith([]), options: { keyPrefix: 'mine:' } };

    expect(() => openRedis(connection)).toThrow(/^redis: must be a connection without `keyPrefix`/);
  });
});
