import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import type { KeptClient, LeaseBounds } from '../../src/mcp-client/client-leases.js';
import { createClientLeases } from '../../src/mcp-client/client-leases.js';

const useAs = (): void => undefined;

function createSet(bounds: Partial<LeaseBounds> = {}) {
  const closed: string[] = [];
  const waiting = new Map<string, () => void>();
  const make = (name: string) => (): KeptClient => {
    // A lease does nothing with a client but close it.
    const client = {
      close: () => (closed.push(name), waiting.get(name)?.(), Promise.resolve()),
    } as unknown as Client;
    return { opening: Promise.resolve(client), useAs };
  };
  const leases = createClientLeases({ maxClients: 10, idleMs: 60_000, ...bounds });
  return {
    leases,
    closed,
    take: (name: string) => leases.take(name, make(name)),
    isClosed: (name: string) => new Promise<void>((resolve) => waiting.set(name, resolve)),
  };
}

describe('createClientLeases', () => {
  it('gives the same client while it is kept', async () => {
    const { take, leases } = createSet();

    const [one, two] = [take('a'), take('a')];

    expect(await one.opening).toBe(await two.opening);
    expect(leases.size()).toBe(1);
  });

  it('keeps a client under another key once it was moved, and moves it once', async () => {
    const { take, leases } = createSet();
    const [one, two] = [take('any'), take('any')];

    expect(one.moveTo('thread-1')).toBe(true);
    expect(two.moveTo('thread-2')).toBe(false);
    expect(two.moveTo('thread-1')).toBe(true);

    expect(await take('thread-1').opening).toBe(await one.opening);
    expect(await take('any').opening).not.toBe(await one.opening);
    expect(leases.size()).toBe(2);
  });

  it('does not move a client to where another is', () => {
    const { take, leases } = createSet();
    take('thread-1');

    expect(take('any').moveTo('thread-1')).toBe(false);
    expect(leases.size()).toBe(2);
  });

  it('tells whether a client was kept until it was retired', () => {
    const { take } = createSet();
    const lease = take('a');

    expect([lease.retire(), lease.retire()]).toEqual([true, false]);
  });

  it('closes a retired client after its last use and not before', async () => {
    const { take, closed, isClosed } = createSet();
    const [one, two] = [take('a'), take('a')];
    const closing = isClosed('a');

    one.retire();
    one.release();
    await Promise.resolve();
    expect(closed).toEqual([]);
    two.release();
    await closing;

    expect(closed).toEqual(['a']);
  });

  it('is not troubled by a client that fails to close', async () => {
    const client = { close: () => Promise.reject(new Error('gone')) } as unknown as Client;
    const leases = createClientLeases({ maxClients: 10, idleMs: 60_000 });
    leases.take('a', () => ({ opening: Promise.resolve(client), useAs })).release();

    await expect(leases.close()).resolves.toBeUndefined();
  });

  it('makes room by closing the client idle longest, never one in use', async () => {
    const { take, closed, isClosed, leases } = createSet({ maxClients: 2 });
    take('used');
    take('idle').release();
    const closing = isClosed('idle');

    take('new');
    await closing;

    expect(closed).toEqual(['idle']);
    expect(leases.size()).toBe(2);
  });

  it('closes a client that was idle for long', async () => {
    const { take, isClosed, leases } = createSet({ idleMs: 1 });
    const closing = isClosed('a');

    take('a').release();
    await closing;

    expect(leases.size()).toBe(0);
  });

  it('keeps a client that is used again before its time is over', async () => {
    const { take, closed, isClosed } = createSet({ idleMs: 1 });
    take('a').release();
    take('a');
    const closing = isClosed('b');
    take('b').release();

    await closing;

    expect(closed).toEqual(['b']);
  });

  it('closes all, also one that never opened, twice as well as once', async () => {
    const { take, leases, closed } = createSet();
    take('a').release();
    const opening = Promise.reject(new Error('down'));
    leases.take('b', () => ({ opening, useAs })).release();

    await leases.close();
    await leases.close();

    expect(closed).toEqual(['a']);
  });
});
