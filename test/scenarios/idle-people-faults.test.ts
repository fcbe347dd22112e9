import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../support/garbage.js';
import { becomes, createLendingPool, guardProcess, openStreams } from '../support/lending-pool.js';
import { eras, sendJson, toResult } from '../support/raw-mcp-server.js';
import { startSseServer } from '../support/sse-server.js';

const { closeLater, start } = guardProcess();

describe('a person who is idle', () => {
  it.each(eras)('has no client and no open stream in the %s era', async (era) => {
    const { server, pool, list, events } = await start(era, { hasSession: true });
    const streams = openStreams(server);
    await list();
    if (era === '2025') await becomes(() => server.count('GET'), 1);

    await becomes(() => pool.size(), 0);
    await server.allClosed();

    expect(streams.size).toBe(0);
    expect(pool.sessions()).toBe(era === '2025' ? 1 : 0);
    expect(server.count('DELETE')).toBe(0);
    expect(events.map(({ kind }) => kind)).toEqual(['connected', 'client-opened', 'client-closed']);
  });

  it('comes back to the same session without a request, and listens again', async () => {
    const { server, pool, call } = await start('2025', { hasSession: true });
    openStreams(server);
    await call();
    await becomes(() => pool.size(), 0);
    const before = server.requests.length;

    await call();

    await becomes(() => server.count('GET'), 2);
    const later = server.requests.slice(before);
    expect(later.map(({ method }) => method).sort()).toEqual(['GET', 'tools/call']);
    expect(later.map(({ request }) => request.headers['mcp-session-id'])).toEqual(['session-1', 'session-1']);
    expect(later.map(({ request }) => request.headers['mcp-protocol-version'])).toEqual([
      '2025-11-25',
      '2025-11-25',
    ]);
  });

  it('comes back to a session that has ended, and gets a new one', async () => {
    const { server, pool, call, events } = await start('2025', { hasSession: true });
    await call();
    await becomes(() => pool.size(), 0);
    server.answers.set('tools/call', (raw) => {
      if (raw.request.headers['mcp-session-id'] === 'session-1') raw.response.writeHead(404).end();
      else sendJson(raw.response, toResult(raw));
    });

    expect(await call()).toMatchObject({ content: [{ text: 'done' }] });

    expect(server.count('initialize')).toBe(2);
    expect(events.filter(({ kind }) => kind === 'session-renewed')).toHaveLength(1);
  });

  it('does not ask again for a stream that the server of the session does not have', async () => {
    const { server, pool, call } = await start('2025', { hasSession: true });
    for (let times = 0; times < 3; times += 1) {
      await call();
      await becomes(() => pool.size(), 0);
    }

    expect(server.count('GET')).toBe(1);
  });

  it('lets go of a stream whose request was collected as garbage', async () => {
    const { server, pool, call } = await start('2025', { hasSession: true, lingerMs: 500 });
    const streams = openStreams(server);
    await call();
    await becomes(() => streams.size, 1);
    await collectGarbage();

    await becomes(() => pool.size(), 0);

    await server.allClosed();
  });

  it('lets go of a connection of the older transport whose request was collected as garbage', async () => {
    const server = await startSseServer();
    closeLater(server);
    const { list, pool } = createLendingPool(server.url, { server: { type: 'sse' } });
    closeLater(pool);
    await list();
    await collectGarbage();
    expect(server.streams()).toBe(1);

    await pool.close();

    await becomes(() => server.streams(), 0);
  });

  it.each(eras)('keeps nothing of the run that used a connection in the %s era', async (era) => {
    const { pool, call } = await start(era, { hasSession: true, lingerMs: 2000 });
    const runs = new AsyncLocalStorage<object>();
    const held = await (async () => {
      const run = { messages: ['what was said'] };
      await runs.run(run, () => call());
      return new WeakRef(run);
    })();

    await call();
    await collectGarbage();

    expect(pool.size()).toBe(1);
    expect(held.deref()).toBeUndefined();
  });

  it('F29 is one of a thousand: each session is ended, and sockets and memory come back', async () => {
    const people = Array.from({ length: 1000 }, (_, index) => `person-${String(index)}`);
    const { server, pool, list, events } = await start('2025', { hasSession: true, idleMs: 300 });
    openStreams(server);
    const all = async (named: readonly string[]): Promise<void> => {
      for (let next = 0; next < named.length; next += 20)
        await Promise.all(named.slice(next, next + 20).map((person) => list(person)));
      await becomes(() => pool.size() + pool.sessions(), 0);
      await becomes(() => server.count('DELETE'), server.count('initialize'));
      await server.allClosed();
      server.requests.splice(0);
      events.splice(0);
      await collectGarbage();
    };
    // Compiled code comes with use, and would be counted to the people.
    await all(people.slice(0, 500));
    const before = process.memoryUsage().heapUsed;
    const ended = new Set<unknown>();
    server.answers.set('DELETE', ({ request, response }) => {
      ended.add(request.headers['mcp-session-id']);
      response.writeHead(200).end();
    });

    await all(people);

    expect(ended.size).toBe(1000);
    // The sockets of `fetch` are kept for four seconds.
    await becomes(() => server.sockets(), 0);
    expect(process.memoryUsage().heapUsed / before).toBeLessThan(1.1);
  }, 90_000);
});
