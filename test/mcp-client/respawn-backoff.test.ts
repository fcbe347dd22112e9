import { describe, expect, it } from 'vitest';
import { createRespawnBackoff } from '../../src/mcp-client/respawn-backoff.js';

function create() {
  let now = 0;
  const backoff = createRespawnBackoff(() => now);
  const mayStart = (key = 'a'): boolean => {
    try {
      backoff.require(key, 'local');
      return true;
    } catch {
      return false;
    }
  };
  /** How long until a process may be started again. */
  const wait = (): number => {
    const from = now;
    while (!mayStart()) now += 500;
    return now - from;
  };
  return { backoff, mayStart, wait, pass: (ms: number) => (now += ms) };
}

describe('createRespawnBackoff', () => {
  it('lets a process be started again at once, then after ever longer waits', () => {
    const { backoff, wait } = create();

    const waits = Array.from({ length: 9 }, () => {
      backoff.ended('a', 10);
      return wait();
    });

    expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('begins anew after a process that lived', () => {
    const { backoff, mayStart } = create();
    backoff.ended('a', 10);
    backoff.ended('a', 10);
    expect(mayStart()).toBe(false);

    backoff.ended('a', 60_000);

    expect(mayStart()).toBe(true);
  });

  it('says that the server is unavailable', () => {
    const { backoff } = create();
    backoff.ended('a', 10);
    backoff.ended('a', 10);

    expect(() => {
      backoff.require('a', 'local');
    }).toThrow(
      expect.objectContaining({
        failure: {
          outcome: 'unavailable',
          message: 'The server "local" cannot be reached now; nothing was changed. Try again in a moment.',
        },
      }),
    );
  });

  it('makes nobody wait for another’s process', () => {
    const { backoff, mayStart } = create();
    backoff.ended('a', 10);
    backoff.ended('a', 10);

    expect([mayStart('a'), mayStart('b')]).toEqual([false, true]);
  });

  it('remembers a bounded number of processes', () => {
    const { backoff, mayStart } = create();
    backoff.ended('a', 10);
    backoff.ended('a', 10);

    for (let other = 0; other < 1000; other += 1) backoff.ended(`other-${String(other)}`, 10);

    expect(mayStart('a')).toBe(true);
  });
});
