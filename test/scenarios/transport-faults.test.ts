import { afterEach, describe, expect, it } from 'vitest';
import type { FaultClientOptions } from '../support/fault-client.js';
import {
  countListeners,
  countTimers,
  createFaultClient,
  outcomeOf,
  settleTimers,
} from '../support/fault-client.js';
import type { Era, RawAnswer, RawMcpServer, RawRequest } from '../support/raw-mcp-server.js';
import {
  beginEvents,
  eras,
  sendJson,
  startRawMcpServer,
  toEvent,
  toProgress,
  toResult,
} from '../support/raw-mcp-server.js';

const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close();
});

async function start(era: Era, options: FaultClientOptions = {}) {
  const server = await startRawMcpServer(era);
  const client = createFaultClient(server.url, options);
  closing.push(server, client.pool);
  return { server, client, answer: (method: string, how: RawAnswer) => server.answers.set(method, how) };
}

/** What is left of a call that is over: nothing that waits, and no response that the server still writes to. */
async function expectNothingLeft(server: RawMcpServer, timersBefore: number): Promise<void> {
  await server.allClosed();
  expect(server.open()).toBe(0);
  expect(await settleTimers(timersBefore)).toBeLessThanOrEqual(timersBefore);
}

/** Ways in which an answer breaks off; each is the end of it for the client, long before any time-out. */
const breaks: readonly (readonly [string, RawAnswer])[] = [
  ['F5 ends its stream before the answer', ({ response }) => void beginEvents(response).end()],
  [
    'F6 is reset in the middle of an event',
    ({ response }) =>
      void beginEvents(response, 'data: {"jsonrpc":"2.0","id":').write('', () =>
        response.socket?.resetAndDestroy(),
      ),
  ],
  [
    'F7 is reset in the middle of its JSON',
    ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"jsonrpc":"2.0",', () => response.socket?.resetAndDestroy());
    },
  ],
  [
    'F7 ends in the middle of its JSON',
    ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      response.end('{"jsonrpc":"2.0",');
    },
  ],
];

describe.each(eras)('a server of the %s era whose answer', (era) => {
  it.each(breaks)('%s leaves a write unknown and a read unavailable', async (_title, how) => {
    const { server, client, answer } = await start(era);
    await client.load();
    const timers = countTimers();
    answer('tools/call', how);

    expect(await outcomeOf(client.write())).toBe('unknown-result');
    expect(await outcomeOf(client.read())).toBe('unavailable');

    await expectNothingLeft(server, timers);
  });

  it('F2 never begins fails at the header time-out, and calls at the same time do not notice', async () => {
    const { server, client, answer } = await start(era, { server: { headerTimeoutMs: 1500 } });
    await client.load();
    const timers = countTimers();
    let calls = 0;
    answer('tools/call', (raw) => {
      calls += 1;
      if (calls > 1) sendJson(raw.response, toResult(raw));
    });

    const hung = outcomeOf(client.write());
    await server.next('tools/call');
    expect(await outcomeOf(client.read())).toBe('ok');

    expect(await hung).toBe('unknown-result');
    await expectNothingLeft(server, timers);
  });

  it('F8 stalls fails at the idle time-out, and its stream is closed', async () => {
    const { server, client, answer } = await start(era, { server: { idleTimeoutMs: 500 } });
    await client.load();
    const timers = countTimers();
    answer('tools/call', ({ response }) => void beginEvents(response));

    expect(await outcomeOf(client.write())).toBe('unknown-result');

    await expectNothingLeft(server, timers);
  });

  it('F9 is progress without end meets the time of the call', async () => {
    const { server, client, answer } = await start(era, { server: { callTimeoutMs: 1500 } });
    await client.load();
    const timers = countTimers();
    let told = 0;
    answer('tools/call', (raw) => {
      const events = beginEvents(raw.response);
      const timer = setInterval(() => events.write(toEvent(toProgress(raw))), 10);
      events.on('close', () => clearInterval(timer));
    });

    const outcome = await outcomeOf(client.write({ onProgress: () => (told += 1) }));

    expect(outcome).toBe('unknown-result');
    expect(told).toBeGreaterThan(0);
    await expectNothingLeft(server, timers);
  });

  it.each([
    [
      'one answer',
      (raw: RawRequest) => sendJson(raw.response, toResult(raw, { padding: 'x'.repeat(200_000) })),
    ],
    ['an endless comment', flood((size) => ': '.padEnd(size, 'x'))],
    ['one endless line', flood((size) => 'x'.repeat(size))],
  ])('F10 is larger than the cap is not read to its end: %s', async (_title, how) => {
    const { server, client, answer } = await start(era, { server: { maxAnswerBytes: 65_536 } });
    await client.load();
    const timers = countTimers();
    answer('tools/call', how);

    const error = await client.read().catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ failure: { outcome: 'contract' } });
    expect(String(error)).toContain('mcpServers.faulty.maxAnswerBytes');
    expect(await outcomeOf(client.write())).toBe('unknown-result');
    await expectNothingLeft(server, timers);
  });

  it.each([
    ['HTML', { 'content-type': 'text/html' }, '<p>login</p>'],
    ['no content type', {}, '{}'],
    ['nothing', { 'content-type': 'application/json' }, ''],
    ['no UTF-8', { 'content-type': 'application/json' }, Buffer.from([0x7b, 0xff, 0x7d])],
    ['no JSON', { 'content-type': 'application/json' }, 'null and void'],
  ])('F20 is %s is none', async (_title, headers, body) => {
    const { server, client, answer } = await start(era);
    await client.load();
    const timers = countTimers();
    answer('tools/call', ({ response }) => void response.writeHead(200, headers).end(body));

    expect(await outcomeOf(client.read())).toBe('unavailable');
    expect(await outcomeOf(client.write())).toBe('unknown-result');

    await expectNothingLeft(server, timers);
  });

  it('F20 begins with a byte order mark is read', async () => {
    const { client, answer } = await start(era);
    answer('tools/call', (raw) => {
      const text = `\uFEFF${JSON.stringify(toResult(raw))}`;
      raw.response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(text);
    });

    expect(await outcomeOf(client.read())).toBe('ok');
  });

  it.each([
    ['has another id', (raw: RawRequest) => toResult({ ...raw, id: 999_999 })],
    ['has its id as a text', (raw: RawRequest) => toResult({ ...raw, id: String(raw.id) })],
    ['has no version', (raw: RawRequest) => ({ ...toResult(raw), jsonrpc: '1.0' })],
    ['is an error without a message', ({ id }: RawRequest) => ({ jsonrpc: '2.0', id, error: { code: 1 } })],
    [
      'has a result and an error',
      (raw: RawRequest) => ({ ...toResult(raw), error: { code: 1, message: 'x' } }),
    ],
    ['is a result that is no object', ({ id }: RawRequest) => ({ jsonrpc: '2.0', id, result: 'done' })],
  ])('F21 %s is no answer', async (_title, toMessage) => {
    const { server, client, answer } = await start(era);
    await client.load();
    const timers = countTimers();

    answer('tools/call', (raw) => sendJson(raw.response, toMessage(raw)));
    const asJson = await outcomeOf(client.write());
    answer('tools/call', (raw) => void beginEvents(raw.response).end(toEvent(toMessage(raw))));
    const asEvent = await outcomeOf(client.write());
    answer('tools/call', (raw) => sendJson(raw.response, toMessage(raw)));
    const ofRead = await outcomeOf(client.read());

    expect([asJson, asEvent, ofRead]).toEqual(['unknown-result', 'unknown-result', 'contract']);
    await expectNothingLeft(server, timers);
  });

  it('F21 comes twice is taken once', async () => {
    const { client, answer } = await start(era);
    answer('tools/call', (raw) => {
      const other = toResult(raw, { content: [{ type: 'text', text: 'again' }] });
      beginEvents(raw.response).end(toEvent(toResult(raw)) + toEvent(other));
    });

    expect(await client.read()).toMatchObject({ content: 'done' });
  });

  it('F21 is a batch is taken out of it', async () => {
    const { client, answer } = await start(era);
    answer('tools/call', (raw) => sendJson(raw.response, [toResult({ ...raw, id: 'x' }), toResult(raw)]));

    expect(await outcomeOf(client.read())).toBe('ok');
  });

  it('F22 comes on the stream of another call is not taken for it', async () => {
    const { server, client, answer } = await start(era);
    await client.load();
    const timers = countTimers();
    const raws: RawRequest[] = [];
    answer('tools/call', (raw) => {
      raws.push(raw);
      beginEvents(raw.response);
      if (raws.length < 2) return;
      const [first, second] = raws as [RawRequest, RawRequest];
      // To the second stream go both answers, to the first none.
      second.response.write(toEvent(toResult(first, { content: [{ type: 'text', text: 'of another' }] })));
      second.response.end(toEvent(toResult(second)));
      first.response.end();
    });

    const calls = [client.write(), client.write()];
    const endings = await Promise.all(calls.map(outcomeOf));

    expect(endings.sort()).toEqual(['ok', 'unknown-result']);
    await expectNothingLeft(server, timers);
  });

  it('is aborted by its caller lets go of everything, and is cancelled once', async () => {
    const { server, client, answer } = await start(era);
    await client.load();
    const timers = countTimers();
    answer('tools/call', ({ response }) => void beginEvents(response));
    const controller = new AbortController();
    const begun = server.next('tools/call');
    const told = era === '2025' ? server.next('notifications/cancelled') : undefined;

    const call = client.write({ signal: controller.signal });
    await begun;
    controller.abort(new Error('stopped by a person'));

    await expect(call).rejects.toThrow('stopped by a person');
    await told;
    await expectNothingLeft(server, timers);
    expect(countListeners(controller.signal)).toBe(0);
    expect(server.count('notifications/cancelled')).toBe(era === '2025' ? 1 : 0);
  });

  it('F28 came before its caller aborted is not cancelled', async () => {
    const { server, client } = await start(era);
    const controller = new AbortController();
    for (let calls = 0; calls < 12; calls += 1) await client.read({ signal: controller.signal });
    const timers = countTimers();

    controller.abort();

    await expectNothingLeft(server, timers);
    expect(countListeners(controller.signal)).toBe(0);
    expect(server.count('notifications/cancelled')).toBe(0);
  });

  it('stays open after the answer is cut off soon', async () => {
    const { server, client, answer } = await start(era);
    await client.load();
    const timers = countTimers();
    answer('tools/call', (raw) => void beginEvents(raw.response).write(toEvent(toResult(raw))));

    expect(await outcomeOf(client.read())).toBe('ok');

    await expectNothingLeft(server, timers);
  });
});

/** Sends text without end, as fast as it is read. */
function flood(toText: (size: number) => string): RawAnswer {
  return ({ response }) => {
    beginEvents(response);
    const more = (): void => {
      while (!response.destroyed && response.write(toText(16_384)));
    };
    response.on('drain', more);
    more();
  };
}
