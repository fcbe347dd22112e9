import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import type { ClientPool } from '../../src/mcp-client/client-pool.js';
import { createClientPool } from '../../src/mcp-client/client-pool.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { loadLiveTools } from '../support/load-live-tools.js';
import type { SseServer } from '../support/sse-server.js';
import { startSseServer } from '../support/sse-server.js';
import { callerFor } from '../support/test-platform.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

let server: SseServer;
let pool: ClientPool;
const unhandled: unknown[] = [];
const noteUnhandled = (error: unknown): void => void unhandled.push(error);

beforeEach(async () => {
  process.on('unhandledRejection', noteUnhandled);
  server = await startSseServer();
  pool = createClientPool();
});

afterEach(async () => {
  await pool.close();
  await vi.waitFor(() => {
    expect(server.streams()).toBe(0);
  });
  await server.close();
  process.off('unhandledRejection', noteUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

function open(changes: Readonly<Record<string, unknown>> = {}, thread = 'thread-1') {
  const auth = { mode: 'forward', audience: 'old' };
  const mcpServers = { old: { type: 'sse', url: server.url, auth, callTimeoutMs: 600_000, ...changes } };
  const [config] = parseMcpServers(JSON.stringify({ mcpServers }), { file: 'f', env: {} });
  const token = toBearerToken(createTokenIssuer(['old']).token('alice'));
  const credential = createCredential(token, callerFor('alice', { audiences: ['old'] }).principal);
  const load = async () => {
    const tools = await loadLiveTools({ server: config!, credential, pool, thread });
    return async (name: string, call: { isWrite?: boolean } = {}) =>
      (await tools.find((tool) => tool.name === name)!.call({}, { isWrite: false, ...call })).content;
  };
  return { load, token: `Bearer ${token.reveal()}` };
}

const outcome = (name: string, message?: string) => ({
  failure: { outcome: name, ...(message === undefined ? {} : { message }) },
});

describe('F32 a server of HTTP with SSE', () => {
  it('is listed and called, with the person’s token on every request', async () => {
    const { load, token } = open();

    const call = await load();

    await expect(call('count')).resolves.toBe('1');
    expect(server.requests).toEqual(
      ['GET', 'POST initialize', 'POST notifications/initialized', 'POST tools/list', 'POST tools/call'].map(
        (what) => ({ what, authorization: token }),
      ),
    );
  });

  it.each([
    ['a read', false, 'unavailable'],
    ['a write', true, 'unknown-result'],
  ])('that drops its stream fails %s at once', async (_call, isWrite, expected) => {
    const call = await open().load();

    const hanging = call('hang', { isWrite });
    await vi.waitFor(() => {
      expect(server.requests.filter(({ what }) => what === 'POST tools/call')).toHaveLength(1);
    });
    server.drop();

    await expect(hanging).rejects.toMatchObject(outcome(expected));
    expect(pool.size()).toBe(0);
  });

  it('whose stream dropped is initialized anew before the next call, and not before it', async () => {
    const call = await open().load();
    await call('count');
    server.drop();
    await vi.waitFor(() => {
      expect(pool.size()).toBe(0);
    });
    const before = server.requests.length;

    await expect(call('count')).resolves.toBe('1');

    expect(server.requests.slice(before).map(({ what }) => what)).toEqual([
      'GET',
      'POST initialize',
      'POST notifications/initialized',
      'POST tools/call',
    ]);
  });

  it('that answers 503 when it is reconnected is unavailable, and used again once it is back', async () => {
    const call = await open().load();
    server.drop();
    await vi.waitFor(() => {
      expect(pool.size()).toBe(0);
    });
    server.faults.getStatus = 503;

    await expect(call('count')).rejects.toMatchObject(outcome('unavailable'));
    const asked = server.requests.length;
    server.faults.getStatus = undefined;

    await expect(call('count')).resolves.toBe('1');
    expect(server.requests.slice(asked).filter(({ what }) => what === 'GET')).toHaveLength(1);
  });

  it('whose endpoint is at another origin is refused, and the token is not sent there', async () => {
    const other = await startSseServer();
    server.faults.endpoint = `${new URL(other.url).origin}/messages?session=1`;

    await expect(open().load()).rejects.toMatchObject(
      outcome(
        'contract',
        'The server "old" does not speak HTTP with SSE at its URL; an administrator must look at mcpServers.old.url.',
      ),
    );

    expect(other.requests).toEqual([]);
    await other.close();
  });

  it('that names no endpoint is unavailable within its connect timeout', async () => {
    server.faults.silent = true;

    await expect(open({ connectTimeoutMs: 300 }).load()).rejects.toMatchObject(outcome('unavailable'));
  });

  it.each([
    [401, 'unauthenticated'],
    [403, 'permission-denied'],
    [404, 'contract'],
    [429, 'unavailable'],
    [500, 'unavailable'],
  ])('that answers the stream with %i has the outcome %s', async (status, expected) => {
    server.faults.getStatus = status;

    await expect(open().load()).rejects.toMatchObject(outcome(expected));
  });

  it.each([
    [401, 'unauthenticated'],
    [403, 'permission-denied'],
    [404, 'contract'],
    [503, 'unavailable'],
  ])('that answers a message with %i has the outcome %s', async (status, expected) => {
    const call = await open().load();
    server.faults.postStatus = status;

    await expect(call('count')).rejects.toMatchObject(outcome(expected));
  });

  it('F16 that asks for a scope is told as it is over Streamable HTTP', async () => {
    const call = await open().load();
    server.faults.headers = { 'www-authenticate': 'Bearer error="insufficient_scope", scope="files:read"' };
    server.faults.postStatus = 403;

    await expect(call('count')).rejects.toMatchObject(
      outcome(
        'permission-denied',
        'The server "old" asks for the permission "files:read", which your sign-in does not carry; an administrator can grant it.',
      ),
    );
  });

  it('that does not run is unavailable, and a write was not made', async () => {
    const { load } = open();
    const call = await load();
    await server.close();
    await vi.waitFor(() => {
      expect(pool.size()).toBe(0);
    });

    await expect(call('count', { isWrite: true })).rejects.toMatchObject(outcome('unavailable'));
  });

  it('gives each thread a session of its own', async () => {
    const one = await open({}, 'thread-1').load();
    const two = await open({}, 'thread-2').load();

    expect([await one('count'), await one('count'), await two('count')]).toEqual(['1', '2', '1']);
  });
});

describe('the fallback of a server of Streamable HTTP', () => {
  it.each([400, 404, 405])('is taken after %i when it is configured', async (status) => {
    server.faults.streamPostStatus = status;

    const call = await open({ type: 'http', fallback: 'sse' }).load();

    await expect(call('count')).resolves.toBe('1');
  });

  it('gives each thread a session of its own, also the first that finds out', async () => {
    const entry = { type: 'http', fallback: 'sse' };
    const [one, two] = await Promise.all([open(entry, 'thread-1').load(), open(entry, 'thread-2').load()]);

    expect([await one('count'), await one('count'), await two('count')]).toEqual(['1', '2', '1']);
  });

  it('is not taken when it is not configured', async () => {
    await expect(open({ type: 'http' }).load()).rejects.toMatchObject(outcome('contract'));

    expect(server.requests.map(({ what }) => what)).not.toContain('GET');
  });

  it.each([401, 403, 429, 500, 503])('is not taken after %i', async (status) => {
    server.faults.streamPostStatus = status;

    await expect(open({ type: 'http', fallback: 'sse' }).load()).rejects.toThrow();

    expect(server.requests.map(({ what }) => what)).not.toContain('GET');
  });
});
