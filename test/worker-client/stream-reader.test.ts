import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RedisAccess, RedisConnection } from '../../src/worker-client/redis-connection.js';
import type { ReadStream } from '../../src/worker-client/stream-reader.js';
import { createStreamReader } from '../../src/worker-client/stream-reader.js';

type Answer = Error | readonly (readonly [key: string, texts: readonly string[]])[];

/** A Redis that answers reads with these, then not at all. */
function redisWith(answers: readonly Answer[]) {
  const reads: (readonly unknown[])[] = [];
  const disconnections: unknown[] = [];
  const asked = new EventEmitter();
  const connection: RedisConnection = {
    options: {},
    call: (_command, words) => {
      const answer = answers[reads.length];
      reads.push(words);
      asked.emit('read');
      if (answer === undefined) return new Promise(() => undefined);
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve(
        answer.map(([key, texts]) => [
          key,
          texts.map((text, at) => [`${reads.length}-${at}`, ['event', text]]),
        ]),
      );
    },
    multi: () => ({ exec: async () => [] }),
    duplicate: () => connection,
    on: () => undefined,
    disconnect: (reconnect) => void disconnections.push(reconnect),
  };
  const redis: RedisAccess = {
    send: async () => null,
    sendAll: async () => undefined,
    openReading: () => connection,
    close: () => undefined,
  };
  /** Waits until the reader has asked so many times; gives what it asked for last. */
  const untilAsked = async (count: number): Promise<readonly unknown[]> => {
    while (reads.length < count) await once(asked, 'read');
    return reads[count - 1] ?? [];
  };
  return { redis, disconnections, untilAsked };
}

function streamOf(key: string): ReadStream {
  return { key, after: '0-0', entries: [], changes: new EventEmitter() };
}

describe('createStreamReader', () => {
  it('reads each stream from behind what it read', async () => {
    const { redis, untilAsked } = redisWith([[['one', ['a', 'b']]], [['two', ['c']]]]);
    const [one, two] = [streamOf('one'), streamOf('two')];
    const reader = createStreamReader(redis);
    reader.add(one);
    reader.add(two);

    const words = await untilAsked(3);

    expect(words.slice(6)).toEqual(['one', 'two', '0-0', '1-1', '2-0']);
    expect([reader.take(one), reader.take(one), reader.take(two)].map((entry) => entry?.text)).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(reader.take(one)).toBeUndefined();
  });

  it('leaves a stream unread while a thousand of its entries wait', async () => {
    const full = Array.from({ length: 1_000 }, String);
    const { redis, untilAsked } = redisWith([[['one', full]], [], [['two', ['c']]]]);
    const one = streamOf('one');
    const reader = createStreamReader(redis);
    reader.add(one);

    expect(await untilAsked(2)).not.toContain('one');
    reader.take(one);
    expect(await untilAsked(3)).toContain('one');
  });

  it('tries again while Redis is starting', async () => {
    const { redis, untilAsked } = redisWith([new Error('LOADING Redis is loading the dataset'), []]);
    const one = streamOf('one');
    createStreamReader(redis).add(one);

    await untilAsked(3);

    expect(one.failure).toBeUndefined();
  });

  it('tells all who read when Redis refuses', async () => {
    const { redis } = redisWith([new Error("NOPERM No permissions to access 'a secret'")]);
    const one = streamOf('one');
    const reader = createStreamReader(redis);
    const changed = once(one.changes, 'change');
    reader.add(one);
    await changed;

    expect(one.failure).toMatchObject({ code: 'ERR_REDIS_UNAVAILABLE', reason: 'NOPERM' });
    expect(reader.isIdle()).toBe(true);
  });

  it('has room for 64 streams, and for none of a key that it reads', () => {
    const { redis } = redisWith([]);
    const reader = createStreamReader(redis);
    for (let count = 0; count < 63; count += 1) reader.add(streamOf(`stream-${count}`));

    expect([reader.hasRoom('another'), reader.hasRoom('stream-1')]).toEqual([true, false]);
    reader.add(streamOf('stream-63'));
    expect(reader.hasRoom('another')).toBe(false);
  });

  describe('over a connection that stays silent', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it('connects anew after 15 seconds, and again', async () => {
      const { redis, disconnections, untilAsked } = redisWith([]);
      createStreamReader(redis).add(streamOf('one'));
      await untilAsked(1);

      vi.advanceTimersByTime(14_999);
      expect(disconnections).toEqual([]);
      vi.advanceTimersByTime(15_001);
      expect(disconnections).toEqual([true, true]);
    });

    it('leaves no timer behind an answer', async () => {
      const { redis, untilAsked } = redisWith([[['one', ['a']]]]);
      createStreamReader(redis).add(streamOf('one'));
      await untilAsked(2);

      expect(vi.getTimerCount()).toBe(1);
    });
  });
});
