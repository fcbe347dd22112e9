import { afterEach, describe, expect, it } from 'vitest';
import type { FaultClientOptions } from '../support/fault-client.js';
import { createFaultClient, outcomeOf } from '../support/fault-client.js';
import type { RawAnswer, RawRequest } from '../support/raw-mcp-server.js';
import { sendJson, startRawMcpServer, toResult } from '../support/raw-mcp-server.js';

const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close();
});

const patient: FaultClientOptions = { health: { retries: { maxRetries: 2, delayMs: 1 } } };

async function start(options: FaultClientOptions = patient) {
  const server = await startRawMcpServer('2026');
  const client = createFaultClient(server.url, options);
  closing.push(server, client.pool);
  await client.load();
  return { server, client, answer: (method: string, how: RawAnswer) => server.answers.set(method, how) };
}

/** Answers the first requests with these statuses, and then as usual. */
function failFirst(...statuses: readonly number[]): RawAnswer {
  const left = [...statuses];
  return (raw) => {
    const status = left.shift();
    if (status === undefined) sendJson(raw.response, toResult(raw));
    else raw.response.writeHead(status).end();
  };
}

/** Refuses every request for a minute. */
function refuseFor(status: number): RawAnswer {
  return ({ response }) => void response.writeHead(status, { 'retry-after': '60' }).end();
}

/** The page that is asked for. */
function cursorOf({ params }: RawRequest, first: string): string {
  const { cursor } = params;
  return typeof cursor === 'string' ? cursor : first;
}

describe('a read', () => {
  it.each([502, 503, 504])('F18 is made again after a burst of HTTP %i', async (status) => {
    const { server, client, answer } = await start();
    answer('tools/call', failFirst(status, status));

    expect(await outcomeOf(client.read())).toBe('ok');

    expect(server.count('tools/call')).toBe(3);
  });

  it('F18 is made again after its connection broke', async () => {
    const { server, client, answer } = await start();
    answer('tools/call', (raw) => {
      if (server.count('tools/call') === 1) raw.response.socket?.resetAndDestroy();
      else sendJson(raw.response, toResult(raw));
    });

    expect(await outcomeOf(client.read())).toBe('ok');
  });

  it('F18 gives up when there is no end to it, and then the server rests', async () => {
    const { server, client, answer } = await start();
    answer('tools/call', ({ response }) => void response.writeHead(503).end());

    expect(await outcomeOf(client.read())).toBe('unavailable');
    expect(await outcomeOf(client.read())).toBe('unavailable');
    expect(await outcomeOf(client.read())).toBe('unavailable');

    expect(client.pool.breaker('faulty')).toBe('open');
    expect(server.count('tools/call')).toBe(5);
  });

  it.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 2000).toUTCString()],
  ])('F17 waits as long as the server asks, in %s', async (_title, after) => {
    const { server, client, answer } = await start();
    const times: number[] = [];
    answer('tools/call', (raw) => {
      times.push(performance.now());
      if (server.count('tools/call') > 1) {
        sendJson(raw.response, toResult(raw));
        return;
      }
      raw.response.writeHead(429, { 'retry-after': after() }).end();
    });

    expect(await outcomeOf(client.read())).toBe('ok');

    // A date has whole seconds, so that up to one of the two is lost.
    expect(times[1]! - times[0]!).toBeGreaterThan(900);
  });

  it('F17 does not wait past the time of the call', async () => {
    const { server, client, answer } = await start({ ...patient, server: { callTimeoutMs: 50_000 } });
    answer('tools/call', ({ response }) => void response.writeHead(503, { 'retry-after': '60' }).end());

    const error = await client.read().catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ failure: { outcome: 'unavailable', retryAfterMs: 60_000 } });
    expect(String(error)).toContain('Try again in 60 seconds.');
    expect(server.count('tools/call')).toBe(1);
  });
});

describe('a write', () => {
  it.each([
    ['HTTP 503', failFirst(503), 'unknown-result'],
    ['HTTP 503 that says when to come again', refuseFor(503), 'unknown-result'],
    ['HTTP 429', failFirst(429), 'unavailable'],
    ['HTTP 429 that says when to come again', refuseFor(429), 'unavailable'],
    [
      'a broken connection',
      ({ response }: RawRequest) => void response.socket?.resetAndDestroy(),
      'unknown-result',
    ],
  ])('is not made again after %s', async (_title, how, outcome) => {
    const { server, client, answer } = await start();
    answer('tools/call', how);

    expect(await outcomeOf(client.write())).toBe(outcome);

    expect(server.count('tools/call')).toBe(1);
  });
});

describe('one person’s refused token', () => {
  it.each([401, 403])('answered with %i opens no breaker', async (status) => {
    const { client, answer } = await start();
    answer('tools/call', ({ response }) => void response.writeHead(status).end());

    for (let calls = 0; calls < 10; calls += 1) await outcomeOf(client.read());

    expect(client.pool.breaker('faulty')).toBe('closed');
  });
});

const toTool = (name: string, other = {}) => ({ name, inputSchema: { type: 'object' }, ...other });
const toTools = (count: number, prefix = 'tool') =>
  Array.from({ length: count }, (_, index) => toTool(`${prefix}-${String(index)}`));

describe('F23 a list', () => {
  it.each([0, 1, 500, 5000])('of %i tools is loaded', async (count) => {
    const { client, answer } = await start();
    answer('tools/list', (raw) => sendJson(raw.response, toResult(raw, { tools: toTools(count) })));

    expect(await client.load()).toHaveLength(count);
  });

  it.each([
    ['5001 tools', () => ({ tools: toTools(5001) })],
    [
      'pages without end',
      (cursor: string) => ({ tools: [toTool(`at-${cursor}`)], nextCursor: `${cursor}1` }),
    ],
  ])('of %s is not loaded at all, and the next load begins anew', async (_title, toPage) => {
    const { server, client, answer } = await start();
    answer('tools/list', (raw) => sendJson(raw.response, toResult(raw, toPage(cursorOf(raw, '0')))));

    expect(await outcomeOf(client.load())).toBe('contract');

    server.answers.clear();
    expect(await client.load()).toHaveLength(1);
  });

  it('whose cursor repeats ends there', async () => {
    const { client, answer } = await start();
    answer('tools/list', (raw) => {
      const cursor = cursorOf(raw, 'first');
      sendJson(raw.response, toResult(raw, { tools: [toTool(`at-${cursor}`)], nextCursor: 'again' }));
    });

    expect((await client.load()).map(({ name }) => name)).toEqual(['at-first', 'at-again']);
  });

  it('whose third page fails is not kept in part', async () => {
    const { server, client, answer } = await start({});
    answer('tools/list', (raw) => {
      const page = Number(raw.params['cursor'] ?? 0);
      if (page === 2) raw.response.writeHead(500).end();
      else
        sendJson(
          raw.response,
          toResult(raw, { tools: toTools(2, `page-${String(page)}`), nextCursor: String(page + 1) }),
        );
    });

    expect(await outcomeOf(client.load())).toBe('unavailable');

    server.answers.clear();
    expect((await client.load()).map(({ name }) => name)).toEqual(['work']);
  });
});

describe('F24 one bad tool', () => {
  it.each([
    ['without an input schema', { name: 'bad' }],
    ['with an input schema of another type', toTool('bad', { inputSchema: { type: 'array' } })],
    [
      'with an input schema that does not compile',
      toTool('bad', { inputSchema: { type: 'object', required: 'x' } }),
    ],
    [
      'with an output schema that does not compile',
      toTool('bad', { outputSchema: { type: 'object', required: 'x' } }),
    ],
    [
      'with a reference to another host',
      toTool('bad', { inputSchema: { type: 'object', properties: { a: { $ref: 'http://127.0.0.1:9/a' } } } }),
    ],
    ['with a description of one megabyte', toTool('bad', { description: 'x'.repeat(1_000_000) })],
    ['of a name that is there already', toTool('work', { description: 'another' })],
    ['with a control character in its name', toTool('ba\u0000d')],
    ['that is no object', 'bad'],
  ])('%s is left out, told once, and the others load and work', async (_title, bad) => {
    const lines: string[] = [];
    const { client, answer } = await start({ logger: recordingLogger(lines) });
    const tools = [toTool('work'), bad, toTool('other')];
    answer('tools/list', (raw) => sendJson(raw.response, toResult(raw, { tools })));

    await client.load();
    const loaded = await client.load();

    expect(loaded.map(({ name }) => name)).toEqual(['work', 'other']);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('mcp.tool.dropped');
    expect(await outcomeOf(client.read())).toBe('ok');
  });

  it('with a recursive schema is not bad', async () => {
    const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' } } };
    const { client, answer } = await start();
    const tools = [toTool('tree', { inputSchema: { ...node, $defs: { node } } })];
    answer('tools/list', (raw) => sendJson(raw.response, toResult(raw, { tools })));

    expect((await client.load()).map(({ name }) => name)).toEqual(['tree']);
  });
});

describe('a result that is not what its tool promised', () => {
  const promised = { type: 'object', required: ['count'], properties: { count: { type: 'number' } } };

  it.each([
    ['matches', { structuredContent: { count: 1 } }, 'ok', 'ok'],
    ['does not match', { structuredContent: { count: 'many' } }, 'contract', 'unknown-result'],
    ['is missing', {}, 'contract', 'unknown-result'],
  ])('%s', async (_title, other, ofRead, ofWrite) => {
    const { client, answer } = await start();
    const tools = [toTool('work', { outputSchema: promised })];
    answer('tools/list', (raw) => sendJson(raw.response, toResult(raw, { tools })));
    answer('tools/call', (raw) => sendJson(raw.response, toResult(raw, other)));

    expect(await outcomeOf(client.read())).toBe(ofRead);
    expect(await outcomeOf(client.write())).toBe(ofWrite);
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
