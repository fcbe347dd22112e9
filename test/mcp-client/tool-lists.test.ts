import { afterEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import type { Credential } from '../../src/mcp-client/credential.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import type { McpEvent } from '../../src/mcp-client/mcp-observer.js';
import type { ToolListsOptions } from '../../src/mcp-client/tool-lists.js';
import { createToolsets } from '../../src/mcp-client/toolset.js';
import { OutcomeError } from '../../src/outcomes.js';
import { outcomeOf } from '../support/fault-client.js';
import type { RawAnswer } from '../support/raw-mcp-server.js';
import { sendJson, startRawMcpServer, toResult } from '../support/raw-mcp-server.js';
import { callerFor } from '../support/test-platform.js';

const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close();
});

const secondsOfLife = 3600;

async function start(options: { ttlMs?: number; lists?: ToolListsBounds; required?: boolean } = {}) {
  const { ttlMs, lists, required = true } = options;
  // The 2026 era has a member for it in every list, the 2025 era has none.
  const raw = await startRawMcpServer(ttlMs === undefined ? '2025' : '2026');
  raw.answers.set('tools/list', (request) => {
    sendJson(request.response, toResult(request, { ttlMs }));
  });
  let now = Date.now();
  const events: McpEvent[] = [];
  const server: HttpMcpServerConfig = {
    name: 'raw',
    type: 'http',
    url: raw.url,
    required,
    auth: { mode: 'none' },
    connectTimeoutMs: 5000,
    callTimeoutMs: 5000,
  };
  const connections = createMcpConnections({
    servers: [server],
    clock: () => now,
    observer: (event) => events.push(event),
    clients: { health: { retries: { maxRetries: 0 } } },
    lists,
  });
  closing.push(raw, connections);
  const toolsets = createToolsets(connections, 'wait');
  const credential = credentialOf('alice', now);
  const load = (as: Credential = credential) => toolsets.forModel({ credential: as });
  const call = async () => {
    const toolset = await toolsets.forCall({ credential }, { isMet: () => true });
    const tool = toolset.tools.get('work');
    return tool && outcomeOf(toolset.bind(tool).call({}, { isWrite: false }));
  };
  const pass = (ms: number) => void (now += ms);
  const asked = () => raw.count('tools/list');
  const ends = () => events.flatMap((event) => (event.kind === 'tools-forgotten' ? [event.reason] : []));
  return { raw, server, connections, credential, load, call, pass, asked, ends, events, now: () => now };
}

type ToolListsBounds = Pick<ToolListsOptions, 'maxAgeMs' | 'maxPersons' | 'idleMs'>;

function credentialOf(person: 'alice' | 'bob' | 'carol', now: number): Credential {
  const expiresAt = now / 1000 + secondsOfLife;
  return createCredential(toBearerToken(`token-of-${person}`), callerFor(person, { expiresAt }).principal);
}

describe('a list', () => {
  it.each([
    ['as long as its server says', 60_000, 60_000],
    ['five minutes at most, whatever its server says', 86_400_000, 300_000],
    ['five minutes where its server says nothing', undefined, 300_000],
    ['five seconds at least, since a turn asks for it several times', 0, 5000],
  ])('is used %s', async (_title, ttlMs, usedMs) => {
    const { load, pass, asked } = await start(ttlMs === undefined ? {} : { ttlMs });
    await load();

    pass(usedMs - 1);
    await load();
    expect(asked()).toBe(1);
    pass(1);
    await load();

    expect(asked()).toBe(2);
  });

  it('ends with the token it was read with', async () => {
    const { load, pass, asked } = await start({
      lists: { maxAgeMs: 86_400_000, idleMs: 86_400_000 },
      ttlMs: 86_400_000,
    });
    await load();

    pass(secondsOfLife * 1000);
    await load();

    expect(asked()).toBe(2);
  });

  it.each([401, 403])('ends when a call is answered with HTTP %i', async (status) => {
    const { raw, load, call, asked, ends } = await start();
    await load();
    raw.answers.set('tools/call', ({ response }) => void response.writeHead(status).end());

    await call();
    await load();

    expect(asked()).toBe(2);
    expect(ends()).toEqual(['refused']);
  });

  it.each([-32_601, -32_602])('F26 ends when a call is answered with the error %i', async (code) => {
    const { raw, load, call, asked, ends } = await start();
    await load();
    raw.answers.set('tools/call', ({ id, response }) => {
      sendJson(response, { jsonrpc: '2.0', id, error: { code, message: 'Tool work not found' } });
    });

    expect(await call()).toBe('contract');
    await load();

    expect(asked()).toBe(2);
    expect(ends()).toEqual(['tool-not-found']);
  });

  it('stays when a call fails for another reason', async () => {
    const { raw, load, call, asked, ends } = await start();
    await load();
    raw.answers.set('tools/call', ({ response }) => void response.writeHead(500).end());

    await call();
    await load();

    expect([asked(), ends()]).toEqual([1, []]);
  });

  it('F25 is read again after a change, once for any number of them', async () => {
    const { connections, credential, load, pass, asked } = await start();
    await load();
    pass(5000);

    for (let change = 0; change < 1000; change += 1) connections.lists.changed('raw', credential.principal());
    await Promise.all([load(), load()]);
    await load();

    expect(asked()).toBe(2);
  });

  it('is not read again for a change of another server or another person', async () => {
    const { connections, load, pass, asked, now } = await start();
    await load();
    pass(5000);

    connections.lists.changed('other');
    connections.lists.changed('raw', credentialOf('bob', now()).principal());
    await load();

    expect(asked()).toBe(1);
  });

  it('is read again when the change came while it was read', async () => {
    const { raw, connections, credential, load, pass, asked } = await start();
    raw.answers.set('tools/list', (request) => {
      connections.lists.changed('raw', credential.principal());
      sendJson(request.response, toResult(request, { ttlMs: 60_000 }));
    });
    await load();

    pass(5000);
    await load();

    expect(asked()).toBe(2);
  });

  it('that failed is not kept where the server is required', async () => {
    const { raw, load } = await start();
    raw.answers.set('tools/list', ({ response }) => void response.writeHead(503).end());
    await expect(load()).rejects.toMatchObject({ failure: { outcome: 'unavailable' } });

    raw.answers.delete('tools/list');

    expect((await load()).tools.size).toBe(1);
  });

  it('that failed counts for its token: a new one is tried at once', async () => {
    const { raw, load, credential, asked } = await start({ required: false });
    raw.answers.set('tools/list', ({ response }) => void response.writeHead(403).end());
    await load();
    await load();
    expect(asked()).toBe(1);

    credential.renew(toBearerToken('another'), credential.principal());
    await load();

    await expect.poll(asked).toBe(2);
  });
});

describe('the lists', () => {
  it('are kept for so many persons at most', async () => {
    const { connections, load, asked, now } = await start({ lists: { maxPersons: 2 } });
    for (const person of ['alice', 'bob', 'carol'] as const) await load(credentialOf(person, now()));

    expect(connections.lists.size()).toBe(2);
    await load(credentialOf('alice', now()));
    expect(asked()).toBe(4);
  });

  it('tell why one was read again', async () => {
    const { connections, credential, server, load, pass, ends } = await start();
    await load();

    await connections.lists.read({ server, credential });
    pass(300_000);
    await load();
    connections.lists.changed('raw');
    pass(5000);
    await load();

    expect(ends()).toEqual(['replaced', 'expired', 'changed']);
  });

  it.each([
    [true, 403],
    [false, 503],
  ])('are what they were after somebody looked in vain; required: %s', async (required, status) => {
    const { raw, connections, credential, server, load, asked, ends } = await start({ required });
    await load();
    const refuse: RawAnswer = ({ response }) => void response.writeHead(status).end();
    raw.answers.set('tools/list', refuse);

    await expect(connections.lists.probe({ server, credential })).rejects.toBeInstanceOf(OutcomeError);

    expect(asked()).toBe(2);
    expect([...(await load()).tools.keys()]).toEqual(['work']);
    expect(connections.lists.state({ server, credential }).kind).toBe('fresh');
    expect(asked()).toBe(2);
    expect(ends()).toEqual([]);
  });

  it('are unknown after somebody looked in vain before anybody ran', async () => {
    const { raw, connections, credential, server } = await start({ required: false });
    raw.answers.set('tools/list', ({ response }) => void response.writeHead(503).end());

    await connections.lists.probe({ server, credential }).catch(() => undefined);

    expect(connections.lists.state({ server, credential }).kind).toBe('unknown');
  });

  it('serve the runs as somebody found them who only looked, once for all who look', async () => {
    const { connections, credential, server, load, asked, ends } = await start();

    await Promise.all([1, 2].map(() => connections.lists.probe({ server, credential })));
    await load();

    expect(asked()).toBe(1);
    await connections.lists.probe({ server, credential });
    expect(ends()).toEqual(['replaced']);
  });

  it('are asked for by a run itself, beside somebody who only looks', async () => {
    const { connections, credential, server, load, asked } = await start({ required: false });

    const looked = connections.lists.probe({ server, credential });
    await Promise.all([looked, load()]);

    expect(asked()).toBe(2);
  });

  it('tell where each came from', async () => {
    const { load, events } = await start();

    await load();
    await load();

    expect(events.filter(({ kind }) => kind === 'tools-read')).toEqual([
      { server: 'raw', kind: 'tools-read', from: 'server' },
      { server: 'raw', kind: 'tools-read', from: 'memory' },
    ]);
  });
});
