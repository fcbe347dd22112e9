import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../src/testing/manual-clock.js';
import type { McpSessionOptions } from '../../src/testing/mcp-sessions.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { textResult } from '../../src/testing/test-tool.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const clock = createManualClock();
const issuer = createTokenIssuer(['anywhere'], clock.now);
const [alice, bob] = [issuer.token('alice'), issuer.token('bob')];
let server: McpTestServer;

afterEach(() => server.close());

async function start(sessions: McpSessionOptions | true = true): Promise<void> {
  const run = (_args: unknown, { subject }: { subject: string }) => textResult({ you: subject });
  server = await startMcpTestServer(
    { who_am_i: { run }, secret: { run, offeredTo: ['alice'] } },
    { sessions, clock: clock.now },
  );
}

interface Sent {
  readonly token: string;
  readonly session?: string | undefined;
  readonly verb?: string;
  readonly accept?: string;
}

function send(body: unknown, { token, session, verb = 'POST', accept }: Sent): Promise<Response> {
  return fetch(server.url, {
    method: verb,
    headers: {
      authorization: `Bearer ${token}`,
      accept: accept ?? 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
    ...(verb === 'POST' ? { body: JSON.stringify(body) } : {}),
  });
}

const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'who_am_i', arguments: {} } };

async function open(token: string): Promise<string> {
  const response = await send(initialize, { token });
  await response.text();
  const session = response.headers.get('mcp-session-id') ?? '';
  await send(initialized, { token, session });
  return session;
}

describe('a session', () => {
  it('has an id of 256 random bits in visible ASCII', async () => {
    await start();
    const ids = await Promise.all([open(alice), open(alice), open(bob)]);

    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[\w-]{43}$/);
  });

  it('answers the person who opened it', async () => {
    await start();
    const session = await open(alice);
    const response = await send(call, { token: alice, session });

    expect(response.status).toBe(200);
    expect(await response.text()).toContain('alice');
    expect(server.calls).toEqual([
      { subject: 'alice', tool: 'who_am_i', args: {}, tokenId: expect.any(String), sessionId: session },
    ]);
  });

  it('goes on with a renewed token of that person, which the calls are recorded with', async () => {
    await start();
    const session = await open(alice);
    await (await send(call, { token: issuer.token('alice', { jti: 'renewed' }), session })).text();

    expect(server.calls[0]).toMatchObject({ subject: 'alice', tokenId: 'renewed' });
  });

  it.each(['POST', 'GET', 'DELETE'])('does not exist for another person’s %s', async (verb) => {
    await start();
    const session = await open(alice);
    const response = await send(call, { token: bob, session, verb });

    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('alice');
    expect(server.calls).toEqual([]);
    expect(server.liveSessions()).toEqual([{ id: session, subject: 'alice' }]);
  });

  it('does not let anybody in by itself', async () => {
    await start();
    const session = await open(alice);
    const response = await fetch(server.url, { method: 'POST', headers: { 'mcp-session-id': session } });

    expect(response.status).toBe(401);
  });

  it('offers the tools of its own person', async () => {
    await start();
    const [hers, his] = await Promise.all(
      [alice, bob].map(async (token) => (await send(list, { token, session: await open(token) })).text()),
    );

    expect(hers).toContain('"secret"');
    expect(his).not.toContain('"secret"');
  });

  it('ends by DELETE', async () => {
    await start();
    const session = await open(alice);
    const deleted = await send(undefined, { token: alice, session, verb: 'DELETE' });
    const after = await send(list, { token: alice, session });

    expect([deleted.status, after.status]).toEqual([200, 404]);
    expect(server.liveSessions()).toEqual([]);
  });

  it('ends when it was not used for its idle time', async () => {
    await start({ idleMs: 1_000 });
    const session = await open(alice);
    const statuses: number[] = [];
    for (const passed of [999, 999, 1_000]) {
      clock.advance(passed);
      statuses.push((await send(list, { token: alice, session })).status);
    }

    expect(statuses).toEqual([200, 200, 404]);
  });

  it('ends at its full age, used or not', async () => {
    await start({ idleMs: 1_000, lifetimeMs: 1_500 });
    const session = await open(alice);
    clock.advance(900);
    const used = await send(list, { token: alice, session });
    clock.advance(600);
    const after = await send(list, { token: alice, session });

    expect([used.status, after.status]).toEqual([200, 404]);
  });

  it('ends when its person opens one more than allowed, and nobody else’s does', async () => {
    await start({ perSubject: 2 });
    const his = await open(bob);
    const hers = [await open(alice), await open(alice), await open(alice)];

    expect(server.liveSessions().map(({ id }) => id)).toEqual([his, ...hers.slice(1)]);
  });

  it('ends with the process', async () => {
    await start();
    const session = await open(alice);
    await server.stop();
    await expect(send(list, { token: alice, session })).rejects.toThrow('fetch failed');
    await server.restart();

    expect((await send(list, { token: alice, session })).status).toBe(404);
  });
});

describe('a server with sessions', () => {
  it.each([
    ['an unknown session', 'unknown', 404],
    ['no session', undefined, 400],
  ])('answers %s with its status', async (_title, session, status) => {
    await start();

    expect((await send(list, { token: alice, session })).status).toBe(status);
    expect(server.liveSessions()).toEqual([]);
  });

  it('answers a notification with 202 and no body', async () => {
    await start();
    const response = await send(initialized, { token: alice, session: await open(alice) });

    expect(response.status).toBe(202);
    expect(await response.text()).toBe('');
  });

  it('answers GET with an event stream that no proxy buffers', async () => {
    await start();
    const session = await open(alice);
    const response = await send(undefined, {
      token: alice,
      session,
      verb: 'GET',
      accept: 'text/event-stream',
    });

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    await response.body?.cancel();
  });

  it.each([
    [100, 200],
    [101, 400],
  ])('answers a batch of %d with %d', async (size, status) => {
    await start();
    const batch = Array.from({ length: size }, (_, id) => ({ ...list, id }));
    const response = await send(batch, { token: alice, session: await open(alice) });
    await response.text();

    expect(response.status).toBe(status);
  });
});
