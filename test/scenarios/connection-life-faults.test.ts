import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../support/fault-client.js';
import { becomes, createLendingPool, failureOf, guardProcess, openStreams } from '../support/lending-pool.js';
import type { RawMcpServer, RawRequest } from '../support/raw-mcp-server.js';
import { eras, sendJson, startRawMcpServer, toEvent, toResult } from '../support/raw-mcp-server.js';
import { makeSelfSignedCertificate } from '../support/self-signed-certificate.js';

const { closeLater, start } = guardProcess();

describe('F1 a server that is not to be reached', () => {
  const refused = async (): Promise<string> => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return `http://127.0.0.1:${String(port)}/mcp`;
  };
  // No resolver is asked for a label of more than 63 characters.
  const unknown = () => Promise.resolve(`http://${'x'.repeat(64)}.invalid/mcp`);
  const untrusted = async (): Promise<string> => {
    const server = createTlsServer(makeSelfSignedCertificate());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closeLater({ close: () => new Promise((resolve) => server.close(resolve)) });
    return `https://localhost:${String((server.address() as AddressInfo).port)}/mcp`;
  };

  it.each([
    ['nobody listens', refused],
    ['its name is unknown', unknown],
    ['its certificate is signed by nobody known', untrusted],
  ])('since %s is unavailable before its time-out, and the breaker counts', async (_title, place) => {
    const { list, pool, events } = createLendingPool(await place());
    closeLater(pool);

    for (let times = 0; times < 5; times += 1)
      expect(await failureOf(list(`person-${String(times)}`))).toMatchObject({ outcome: 'unavailable' });

    expect(pool.breaker('faulty')).toBe('open');
    expect(pool.size()).toBe(0);
    expect(events.filter(({ kind }) => kind === 'connect-failed')).toHaveLength(5);
    expect(events.filter(({ kind }) => kind === 'breaker-changed')).toEqual([
      { server: 'faulty', kind: 'breaker-changed', state: 'open' },
    ]);
  });

  it('rests also when it speaks the older transport, whose connection is a GET', async () => {
    const { list, pool } = createLendingPool(await refused(), { server: { type: 'sse' } });
    closeLater(pool);

    for (let times = 0; times < 5; times += 1) await failureOf(list());

    expect(pool.breaker('faulty')).toBe('open');
  });
});

describe('F19 a server that redirects', () => {
  it.each([302, 307, 308])(
    'with %s to another origin is refused, and no token goes there',
    async (status) => {
      const other = await startRawMcpServer('2026');
      closeLater(other);
      const { server, list } = await start('2026', {
        server: { auth: { mode: 'headers', headers: { authorization: 'Bearer secret-of-the-server' } } },
      });
      const redirect = ({ response }: RawRequest): void =>
        void response.writeHead(status, { location: other.url }).end();
      for (const method of ['server/discover', 'initialize']) server.answers.set(method, redirect);

      expect(await failureOf(list())).toBeDefined();

      expect(server.requests[0]?.request.headers.authorization).toContain('secret-of-the-server');
      expect(other.requests).toEqual([]);
      expect(other.sockets()).toBe(0);
    },
  );

  it('from https to http is refused', async () => {
    const other = await startRawMcpServer('2026');
    closeLater(other);
    const { server } = await start('2026');
    // The certificate is not what is tried here: what is https above is http below.
    const fetch: typeof globalThis.fetch = (url, init) =>
      globalThis.fetch(new URL(url instanceof Request ? url.url : url).href.replace('https:', 'http:'), init);
    const { list, pool } = createLendingPool(server.url.replace('http:', 'https:'), { fetch });
    closeLater(pool);
    server.answers.set('server/discover', ({ response }) => {
      response.writeHead(307, { location: other.url }).end();
    });

    expect(await failureOf(list())).toBeDefined();

    expect(other.requests).toEqual([]);
  });

  it('to itself is asked once', async () => {
    const { server, list } = await start('2026');
    server.answers.set('server/discover', ({ response }) => {
      response.writeHead(307, { location: server.url }).end();
    });

    expect(await failureOf(list())).toBeDefined();

    expect(server.requests).toHaveLength(1);
  });
});

/** Has the server say so many times that its tools changed, while a call waits for its answer. */
function tellDuringCall(server: RawMcpServer, times: number, isTold: () => boolean): void {
  const streams = openStreams(server);
  const changed = toEvent({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  server.answers.set('tools/call', async (raw) => {
    server.answers.delete('tools/call');
    await becomes(() => streams.size, 1);
    for (const stream of streams) stream.write(changed.repeat(times));
    await becomes(() => Number(isTold()), 1);
    sendJson(raw.response, toResult(raw));
  });
}

describe('a server that tells of changed tools', () => {
  it('F25 in a storm is passed on at once and then once a second, and calls go on', async () => {
    const told: string[] = [];
    const { server, call } = await start('2025', {
      onToolsChanged: (name, principal) => void told.push(`${name} ${principal?.subject ?? ''}`),
    });
    tellDuringCall(server, 1000, () => told.length > 0);
    const startedAt = performance.now();

    const during = call();
    await becomes(() => Math.min(told.length, 1), 1);
    expect(await call()).toMatchObject({ content: [{ text: 'done' }] });
    expect(await during).toMatchObject({ content: [{ text: 'done' }] });

    await server.allClosed();
    const windows = Math.ceil((performance.now() - startedAt) / 1000);
    expect(told[0]).toBe('faulty alice');
    expect(told.length).toBeLessThanOrEqual(1 + windows);
  });

  it('F27 to one who throws leaves the connection as it is, and nothing is unhandled', async () => {
    const lines: string[] = [];
    const ignore = (): void => undefined;
    const logger = {
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: (event: string) => void lines.push(event),
      child: () => logger,
    };
    const onToolsChanged = (): void => {
      throw new TypeError('a fault of the receiver');
    };
    const { server, call } = await start('2025', { onToolsChanged, logger });
    tellDuringCall(server, 2, () => lines.length > 0);

    expect(await call()).toMatchObject({ content: [{ text: 'done' }] });

    expect(lines[0]).toBe('mcp.tools.changed.fault');
    expect(await call()).toMatchObject({ content: [{ text: 'done' }] });
  });
});

describe('F40 a process that stands still for two seconds', () => {
  it.each(eras)(
    'goes on with its connections and calls in the %s era, and the breaker stays closed',
    async (era) => {
      const { server, pool, call } = await start(era, {
        server: { connectTimeoutMs: 1500, headerTimeoutMs: 1500, callTimeoutMs: 20_000 },
      });
      await call('first');
      server.answers.set('tools/call', async (raw) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        sendJson(raw.response, toResult(raw));
      });
      const people = Array.from({ length: 5 }, (_, index) => `person-${String(index)}`);
      const calls = people.map((person) => call(person));

      await new Promise((resolve) => setImmediate(resolve));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);

      for (const result of await Promise.all(calls))
        expect(result).toMatchObject({ content: [{ text: 'done' }] });
      expect(pool.breaker('faulty')).toBe('closed');
    },
  );
});

describe('F41 a server of another protocol version', () => {
  const refuse = ({ id, response }: RawRequest, status = 400): void => {
    const data = { supported: ['2099-01-01'], requested: '2026-07-28' };
    const body = {
      jsonrpc: '2.0',
      id,
      error: { code: -32_022, message: 'Unsupported protocol version', data },
    };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

  it.each([
    ['newer, asked in the newest era', '2026', 'server/discover', refuse],
    ['newer, asked in the older era', '2025', 'initialize', refuse],
    [
      'newer, with HTTP 200',
      '2025',
      'initialize',
      (raw: RawRequest): void => {
        refuse(raw, 200);
      },
    ],
    [
      'older than any',
      '2025',
      'initialize',
      (raw: RawRequest): void => {
        sendJson(raw.response, toResult(raw, { protocolVersion: '2099-01-01' }));
      },
    ],
  ] as const)('that is %s is refused with a sentence that names it', async (_title, era, method, answer) => {
    const { server, list, pool } = await start(era);
    server.answers.set(method, answer);

    const failure = await failureOf(list());

    expect(failure?.outcome).toBe('contract');
    expect(failure?.message).toContain('"faulty" speaks MCP 2099-01-01');
    expect(failure?.message).toContain('2026-07-28');
    expect(pool.size()).toBe(0);
    expect(pool.breaker('faulty')).toBe('closed');
  });

  it('that went over to the newer era alone is asked anew by the next person', async () => {
    const { server, list } = await start('2025');
    await list('alice');
    const newer = await startRawMcpServer('2026');
    closeLater(newer);
    server.answers.set('initialize', (raw) => {
      refuse(raw);
    });
    for (const method of ['server/discover', 'tools/list'])
      server.answers.set(method, (raw) => {
        const modern =
          method === 'server/discover'
            ? { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ttlMs: 0 }
            : {};
        sendJson(raw.response, toResult(raw, modern));
      });

    expect(await list('bob')).toMatchObject({ tools: [{ name: 'work' }] });
  });

  it('that is of the older era is asked so once for all, and each person costs three requests', async () => {
    const { server, list } = await start('2025');
    await list('alice');
    const before = server.requests.length;

    await list('bob');

    const asked = server.requests.slice(before).map(({ method }) => method);
    expect(asked.filter((method) => method !== 'GET')).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/list',
    ]);
  });
});

describe('a pool that is closed', () => {
  it.each([
    ['2026', 'server/discover'],
    ['2025', 'initialize'],
  ] as const)(
    'does not wait for a server that says nothing to its first request (%s)',
    async (era, method) => {
      const { server, pool, call } = await start(era);
      server.answers.set(method, () => undefined);
      const asked = server.next(method);
      const calling = outcomeOf(call());
      await asked;

      await pool.close();

      expect(await calling).toBe('unavailable');
      await server.allClosed();
    },
  );
});

describe('twenty calls at the same time', () => {
  it.each(eras)('over one client of the %s era leave no warning and no listener', async (era) => {
    const { call } = await start(era);

    await Promise.all(Array.from({ length: 20 }, () => call()));
  });
});
