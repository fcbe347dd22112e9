import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientSessionsOptions } from '../../src/mcp-client/client-sessions.js';
import { createClientSessions } from '../../src/mcp-client/client-sessions.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function createSet(options: Partial<ClientSessionsOptions<string>> = {}) {
  const ended: string[] = [];
  const sessions = createClientSessions<string>({
    maxSessions: 10,
    idleMs: 1000,
    end: (session) => Promise.resolve(void ended.push(session)),
    ...options,
  });
  return { sessions, ended };
}

describe('createClientSessions', () => {
  it('gives a session once to the one who goes on with it', () => {
    const { sessions, ended } = createSet();
    sessions.put('a', 'one');

    expect([sessions.take('a'), sessions.take('a')]).toEqual(['one', undefined]);

    vi.advanceTimersByTime(5000);
    expect(ended).toEqual([]);
  });

  it('ends each session after its time, with one timer for all and none when it is empty', async () => {
    const { sessions, ended } = createSet();
    sessions.put('a', 'one');
    vi.advanceTimersByTime(600);
    sessions.put('b', 'two');
    expect(vi.getTimerCount()).toBe(1);

    await vi.advanceTimersByTimeAsync(401);
    expect(ended).toEqual(['one']);
    await vi.advanceTimersByTimeAsync(600);

    expect(ended).toEqual(['one', 'two']);
    expect(sessions.size()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps at most so many, and ends the one idle longest', () => {
    const { sessions, ended } = createSet({ maxSessions: 2 });
    for (const key of ['a', 'b', 'c']) sessions.put(key, key);

    expect(sessions.size()).toBe(2);
    expect(ended).toEqual(['a']);
  });

  it('ends the older of two under one key', () => {
    const { sessions, ended } = createSet();
    sessions.put('a', 'one');
    sessions.put('a', 'two');

    expect(ended).toEqual(['one']);
    expect(sessions.take('a')).toBe('two');
  });

  it('ends no more than eight at the same time', async () => {
    let running = 0;
    let most = 0;
    const { sessions } = createSet({
      maxSessions: 1000,
      end: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running -= 1;
      },
    });
    for (let index = 0; index < 100; index += 1) sessions.put(String(index), '');

    const closing = sessions.close();
    await vi.advanceTimersByTimeAsync(100);
    await closing;

    expect(most).toBe(8);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('closes within three seconds whatever the server does, and ends what comes later at once', async () => {
    const { sessions, ended } = createSet({ end: () => new Promise(() => undefined) });
    sessions.put('a', 'one');
    const closing = sessions.close();
    await vi.advanceTimersByTimeAsync(3000);
    await closing;

    sessions.put('b', 'two');

    expect(sessions.size()).toBe(0);
    expect(ended).toEqual([]);
  });

  it('ends a session outside of the run that left it', () => {
    const runs = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const { sessions } = createSet({ end: () => Promise.resolve(void seen.push(runs.getStore())) });

    runs.run('a run', () => {
      sessions.put('a', 'one');
      sessions.put('a', 'two');
    });

    expect(seen).toEqual([undefined]);
  });
});
