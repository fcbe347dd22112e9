import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { FaultClientOptions } from '../support/fault-client.js';
import { countTimers, createFaultClient, outcomeOf, settleTimers } from '../support/fault-client.js';
import type { Era, RawAnswer, RawRequest } from '../support/raw-mcp-server.js';
import {
  beginEvents,
  eras,
  sendJson,
  startRawMcpServer,
  toEvent,
  toResult,
} from '../support/raw-mcp-server.js';

const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close();
});

async function start(era: Era, options: FaultClientOptions & { readonly hasSession?: boolean } = {}) {
  let sessions = 0;
  const session = (): string => `session-${String((sessions += 1))}`;
  const server = await startRawMcpServer(era, options.hasSession === true ? { session } : {});
  const client = createFaultClient(server.url, options);
  closing.push(server, client.pool);
  return { server, client, answer: (method: string, how: RawAnswer) => server.answers.set(method, how) };
}

/** Listens on a port and says nothing; or, closed, leaves a port where nobody listens. */
async function startSilence() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/mcp`,
    close: () => new Promise((done) => server.close(done)),
  };
}

describe('a server that cannot be reached', () => {
  it('F1 is unavailable for a write too, since nothing was sent', async () => {
    const silence = await startSilence();
    await silence.close();
    const client = createFaultClient(silence.url);
    closing.push(client.pool);

    expect(await outcomeOf(client.write())).toBe('unavailable');
    expect(client.pool.size()).toBe(0);
  });

  it('F1 rests after five failures, for everybody, and is tried again after its rest', async () => {
    const { server, client, answer } = await start('2026', { health: { breaker: { restMs: 1 } } });
    answer('server/discover', ({ response }) => void response.socket?.resetAndDestroy());
    for (let tries = 0; tries < 5; tries += 1) await outcomeOf(client.load());
    expect(client.pool.breaker('faulty')).toBe('open');

    server.answers.clear();
    let outcome = 'unavailable';
    // Nothing is sent while it rests, for one millisecond or two.
    for (let tries = 0; tries < 10_000 && outcome !== 'ok'; tries += 1)
      outcome = await outcomeOf(client.load());

    expect(outcome).toBe('ok');
    expect(client.pool.breaker('faulty')).toBe('closed');
    expect(server.count('server/discover')).toBe(6);
  });
});

describe('a connection', () => {
  it.each([
    ['F3 whose initialize hangs', 'initialize'],
    ['F4 whose notifications/initialized is not replied to', 'notifications/initialized'],
    ['whose discovery hangs', 'server/discover'],
  ])('%s is given up at its time-out', async (_title, method) => {
    const { server, client, answer } = await start('2025', { server: { connectTimeoutMs: 1000 } });
    const timers = countTimers();
    answer(method, () => undefined);

    expect(await outcomeOf(client.load())).toBe('unavailable');

    await server.allClosed();
    expect(client.pool.size()).toBe(0);
    expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
  });

  it.each(eras)(
    'of the %s era that is lost with its answer is unavailable and of no other era',
    async (era) => {
      const { server, client, answer } = await start(era);
      const first = era === '2026' ? 'server/discover' : 'initialize';
      answer(first, ({ response }) => void beginEvents(response).end());

      expect(await outcomeOf(client.load())).toBe('unavailable');

      expect(server.count('initialize')).toBe(era === '2026' ? 0 : 1);
      server.answers.clear();
      expect(await outcomeOf(client.read())).toBe('ok');
    },
  );
});

describe('the listening stream', () => {
  const listens = (raws: RawRequest[]): RawRequest[] => raws.filter(({ method }) => method === 'GET');

  it.each([
    ['F11 asks to come again at once', 'retry: 0\n\n'],
    ['F11 names a wait of one millisecond', 'retry: 1\n\n'],
    ['F11 names none', ': bye\n\n'],
  ])('that %s is opened three times for the life of the client', async (_title, text) => {
    const { server, client, answer } = await start('2025');
    const timers = countTimers();
    const endings = new Promise<void>((resolve) => {
      answer('GET', ({ response }) => {
        beginEvents(response, text).end();
        if (listens(server.requests).length === 3) resolve();
      });
    });
    await client.load();
    await endings;

    for (let calls = 0; calls < 5; calls += 1) expect(await outcomeOf(client.read())).toBe('ok');

    expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
    expect(server.count('GET')).toBe(3);
  });

  it('goes on after the last event it had', async () => {
    const { server, client, answer } = await start('2025');
    answer('GET', (raw) => {
      const note = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } };
      if (listens(server.requests).length === 1) beginEvents(raw.response).end(toEvent(note, 'event-7'));
      else beginEvents(raw.response);
    });
    const opened = server.next('GET');
    await client.load();
    await opened;
    await server.next('GET');

    expect(listens(server.requests)[1]?.request.headers['last-event-id']).toBe('event-7');
  });

  it('lives longer than one answer may be large, and still tells what comes after its keep-alives', async () => {
    let tell = (): void => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const { server, client, answer } = await start('2025', {
      server: { maxAnswerBytes: 2000 },
      onToolsChanged: () => {
        tell();
      },
    });
    const changed = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
    answer('GET', ({ response }) => {
      beginEvents(response, `: alive ${'x'.repeat(80)}\n\n`.repeat(100));
      response.write(toEvent(changed));
    });

    await client.load();
    await told;

    expect(server.open()).toBe(1);
    expect(server.count('GET')).toBe(1);
  });

  it('that begins an event without end is opened again, three times in all', async () => {
    const { server, client, answer } = await start('2025', { server: { maxAnswerBytes: 2000 } });
    const endings = new Promise<void>((resolve) => {
      answer('GET', ({ response }) => {
        beginEvents(response, `data: ${'x'.repeat(3000)}`);
        if (listens(server.requests).length === 3) resolve();
      });
    });
    await client.load();

    await endings;
    await server.allClosed();

    expect(await outcomeOf(client.read())).toBe('ok');
    expect(server.count('GET')).toBe(3);
  });

  it.each([405, 404, 401, 500])(
    'F12 that is refused with %s leaves calls alone, and is told once',
    async (status) => {
      const lines: string[] = [];
      const { server, client, answer } = await start('2025', { logger: recordingLogger(lines) });
      answer('GET', ({ response }) => void response.writeHead(status).end());
      const refused = server.next('GET');
      await client.load();
      await refused;
      await server.allClosed();

      expect(await outcomeOf(client.read())).toBe('ok');

      expect(server.count('GET')).toBe(1);
      expect(lines).toEqual(
        status === 405 ? [] : [`mcp.listen.refused {"server":"faulty","status":${String(status)}}`],
      );
    },
  );

  it('is let go of when the client closes', async () => {
    const { server, client, answer } = await start('2025');
    answer('GET', ({ response }) => void beginEvents(response));
    const opened = server.next('GET');
    const timers = countTimers();
    await client.load();
    await opened;

    await client.pool.close();

    await server.allClosed();
    expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
  });
});

describe('a stream that carried an event id', () => {
  it('is opened again after that id, and the call gets its answer', async () => {
    const { server, client, answer } = await start('2025', { hasSession: true });
    await client.load();
    const timers = countTimers();
    let call: RawRequest | undefined;
    answer('tools/call', (raw) => {
      call = raw;
      beginEvents(raw.response, 'retry: 1\n\n').end(toEvent('', 'event-1'));
    });
    answer('GET', ({ request, response }) => {
      const after = request.headers['last-event-id'];
      if (after === 'event-1') beginEvents(response).end(toEvent('', 'event-2'));
      else if (after === 'event-2') beginEvents(response).end(toEvent(toResult(call!), 'event-3'));
      else response.writeHead(405).end();
    });

    expect(await outcomeOf(client.write())).toBe('ok');

    expect(server.count('tools/call')).toBe(1);
    expect(server.requests.at(-1)?.request.headers['mcp-session-id']).toBe('session-1');
    await server.allClosed();
    expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
  });

  it.each([
    ['is refused', 404, 1],
    ['is not served', 503, 3],
  ])('and %s when it is opened again fails its call', async (_title, status, times) => {
    const { server, client, answer } = await start('2025');
    await client.load();
    const gets = server.count('GET');
    const timers = countTimers();
    answer('tools/call', ({ response }) => void beginEvents(response).end(toEvent('', 'event-1')));
    answer('GET', ({ response }) => void response.writeHead(status).end());

    expect(await outcomeOf(client.write())).toBe('unknown-result');

    expect(server.count('GET') - gets).toBe(times);
    await server.allClosed();
    expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
  });

  it('and brings nothing new fails its call after three times', async () => {
    const { server, client, answer } = await start('2025');
    await client.load();
    const gets = server.count('GET');
    answer('tools/call', ({ response }) => void beginEvents(response).end(toEvent('', 'event-1')));
    answer('GET', ({ response }) => void beginEvents(response).end());

    expect(await outcomeOf(client.write())).toBe('unknown-result');

    expect(server.count('GET') - gets).toBe(3);
  });
});

describe('a session', () => {
  it.each(['read', 'write'] as const)(
    'F13 that has ended is opened anew once, and the %s is made once',
    async (kind) => {
      const { server, client, answer } = await start('2025', { hasSession: true });
      await client.load();
      const carriedOut: unknown[] = [];
      answer('tools/call', (raw) => {
        if (raw.request.headers['mcp-session-id'] !== 'session-2')
          return void raw.response.writeHead(404).end();
        carriedOut.push(raw.id);
        sendJson(raw.response, toResult(raw));
      });

      expect(await outcomeOf(client[kind]())).toBe('ok');

      expect(carriedOut).toHaveLength(1);
      expect(server.count('initialize')).toBe(2);
      expect(client.pool.size()).toBe(1);
    },
  );

  it('F13 that ends during a call leaves a write unknown, and the next call has a new one', async () => {
    const { server, client, answer } = await start('2025', { hasSession: true });
    await client.load();
    answer('tools/call', (raw) => {
      const session = raw.request.headers['mcp-session-id'];
      if (server.count('tools/call') === 1) return void beginEvents(raw.response).end();
      if (session === 'session-1') return void raw.response.writeHead(404).end();
      sendJson(raw.response, toResult(raw));
    });

    expect(await outcomeOf(client.write())).toBe('unknown-result');
    expect(await outcomeOf(client.write())).toBe('ok');

    expect(server.count('initialize')).toBe(2);
  });

  it('F14 that is gone again at once ends the call and no loop begins', async () => {
    const { server, client, answer } = await start('2025', { hasSession: true });
    await client.load();
    answer('tools/call', ({ response }) => void response.writeHead(404).end());

    expect(await outcomeOf(client.write())).toBe('contract');

    expect(server.count('tools/call')).toBe(2);
    expect(server.count('initialize')).toBe(2);
  });

  it('without an id is not opened anew for a 404', async () => {
    const { server, client, answer } = await start('2025');
    await client.load();
    answer('tools/call', ({ response }) => void response.writeHead(404).end());

    expect(await outcomeOf(client.write())).toBe('contract');

    expect(server.count('tools/call')).toBe(1);
  });

  it('is ended on the server when its client closes', async () => {
    const { server, client } = await start('2025', { hasSession: true });
    await client.load();

    await client.pool.close();

    const [end] = server.requests.filter(({ method }) => method === 'DELETE');
    expect(end?.request.headers['mcp-session-id']).toBe('session-1');
  });

  it('whose end is not replied to does not keep the client from closing', async () => {
    const { server, client, answer } = await start('2025', {
      hasSession: true,
      server: { connectTimeoutMs: 1000 },
    });
    const timers = countTimers();
    await client.load();
    answer('DELETE', () => undefined);

    await client.pool.close();

    await server.allClosed();
    expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
  });
});

describe('F28 a caller that aborts', () => {
  it.each(eras)('while the client of the %s era connects leaves nothing behind', async (era) => {
    const { server, client, answer } = await start(era, { server: { connectTimeoutMs: 1000 } });
    answer('tools/call', ({ response }) => void response.writeHead(400).end());
    // After HTTP 400 the next call connects anew, to find out which era the server speaks.
    await outcomeOf(client.read());
    const timers = countTimers();
    answer('server/discover', () => undefined);
    const controller = new AbortController();
    const asked = server.next('server/discover');

    const call = client.read({ signal: controller.signal });
    await asked;
    controller.abort(new Error('stopped'));
    await expect(call).rejects.toThrow('stopped');
    expect(server.open()).toBe(1);

    await server.allClosed();
    expect(client.pool.size()).toBe(0);
    expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
    expect(server.count('notifications/cancelled')).toBe(0);
  });
});

function recordingLogger(lines: string[]): NonNullable<FaultClientOptions['logger']> {
  const ignore = (): void => undefined;
  const logger = {
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (event: string, fields = {}) => void lines.push(`${event} ${JSON.stringify(fields)}`),
    child: () => logger,
  };
  return logger;
}
