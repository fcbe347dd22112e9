import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import { brotliCompressSync, createBrotliCompress, createGzip, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { isConnectionLoss } from '../../src/mcp-client/connection-loss.js';
import type { HttpFetch } from '../../src/mcp-client/fetch/http-fetch.js';
import { createHttpFetch } from '../../src/mcp-client/fetch/http-fetch.js';
import { collectGarbage } from '../support/garbage.js';

const open: (() => void)[] = [];

afterEach(() => {
  for (const close of open.splice(0)) close();
});

interface Started {
  readonly server: Server;
  readonly url: string;
  readonly http: HttpFetch;
  /** How many connections were made. */
  readonly connections: () => number;
}

async function start(listener: RequestListener): Promise<Started> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  let made = 0;
  server.on('connection', () => (made += 1));
  const http = createHttpFetch();
  open.push(() => {
    http.close();
    server.close();
    server.closeAllConnections();
  });
  // What listens on a port has one.
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${String(port)}/mcp`, http, connections: () => made };
}

describe('createHttpFetch', () => {
  it('sends method, headers and text, and gives status, headers and body', async () => {
    const { url, http } = await start((request, response) => {
      request.setEncoding('utf8').once('data', (text: string) => {
        response.writeHead(201, { 'x-method': request.method, 'www-authenticate': ['A', 'B'] });
        response.end(
          `${text} ${String(request.headers['x-sent'])} ${String(request.headers['content-length'])}`,
        );
      });
    });

    const response = await http.fetch(url, { method: 'POST', headers: { 'x-sent': 'so' }, body: 'grüße' });

    expect([response.status, response.ok, response.statusText]).toEqual([201, true, 'Created']);
    expect(response.headers.get('x-method')).toBe('POST');
    expect(response.headers.get('www-authenticate')).toBe('A, B');
    expect(await response.text()).toBe('grüße so 7');
  });

  it('makes requests one after the other on one connection, also after an answer without a body', async () => {
    const { url, http, connections } = await start((request, response) => {
      response.writeHead(request.method === 'DELETE' ? 204 : 200).end();
    });

    for (const method of ['POST', 'DELETE', 'POST', 'GET']) {
      const response = await http.fetch(url, { method });
      expect(await response.text()).toBe('');
      await new Promise(setImmediate);
    }

    expect(connections()).toBe(1);
  });

  it.each([301, 302, 303, 307, 308])(
    'takes a redirect with %s for an error and does not follow it',
    async (status) => {
      const asked: (string | undefined)[] = [];
      const { url, http } = await start((request, response) => {
        asked.push(request.url);
        response.writeHead(status, { location: '/elsewhere' }).end('moved');
      });

      const error: unknown = await http.fetch(url).catch((thrown: unknown) => thrown);

      expect(error).toBeInstanceOf(TypeError);
      expect(isConnectionLoss(error)).toBe(false);
      expect(asked).toEqual(['/mcp']);
    },
  );

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('reads an answer that is coded with %s', async (coding, code) => {
    const { url, http } = await start((request, response) => {
      expect(request.headers['accept-encoding']).toContain(coding);
      response.writeHead(200, { 'content-encoding': coding }).end(code('ein Text'));
    });

    expect(await (await http.fetch(url)).text()).toBe('ein Text');
  });

  it.each([
    ['gzip', createGzip],
    ['br', createBrotliCompress],
  ])('gives what has come of a stream coded with %s before it ends', async (coding, createCoder) => {
    const { url, http } = await start((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding });
      const coder = createCoder();
      coder.pipe(response);
      coder.write('first');
      coder.flush();
    });

    const reader = (await http.fetch(url)).body?.getReader();

    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first');
  });

  it('ends with the reason of its signal before an answer, and lets the server know', async () => {
    const { server, url, http } = await start(() => undefined);
    const stop = new AbortController();
    const call = http.fetch(url, { signal: stop.signal });
    // The server’s type does not say what its event carries.
    const [request] = (await once(server, 'request')) as Parameters<RequestListener>;
    const closed = once(request.socket, 'close');
    const reason = new Error('enough');

    stop.abort(reason);

    await expect(call).rejects.toBe(reason);
    await closed;
    await expect(http.fetch(url, { signal: stop.signal })).rejects.toBe(reason);
  });

  it('ends with the reason of its signal in the middle of an answer', async () => {
    const { url, http } = await start((_request, response) => void response.writeHead(200).write('half'));
    const stop = new AbortController();
    const reader = (await http.fetch(url, { signal: stop.signal })).body?.getReader();
    await reader?.read();
    const reason = new Error('enough');

    stop.abort(reason);

    await expect(reader?.read()).rejects.toBe(reason);
  });

  it.each<[string, RequestListener]>([
    ['before an answer', (request) => request.socket.destroy()],
    [
      'for another protocol',
      (_request, response) => void response.writeHead(101, { upgrade: 'x', connection: 'upgrade' }).end(),
    ],
  ])('rejects when the connection ends %s', async (_title, listener) => {
    const { url, http } = await start(listener);

    const error: unknown = await http.fetch(url).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ message: 'fetch failed' });
    expect(isConnectionLoss(error)).toBe(true);
  });

  it('breaks a body off when the connection breaks', async () => {
    const { url, http } = await start((request, response) => {
      response.writeHead(200).write('half', () => request.socket.destroy());
    });

    const error: unknown = await (await http.fetch(url)).text().catch((thrown: unknown) => thrown);

    expect(isConnectionLoss(error)).toBe(true);
  });

  it('tells a connection that is not made as a lost one', async () => {
    const { server, url, http } = await start(() => undefined);
    server.close();
    await once(server, 'close');

    const error: unknown = await http.fetch(url).catch((thrown: unknown) => thrown);

    expect(isConnectionLoss(error)).toBe(true);
  });

  it('cuts off an answer that nobody wants to read on', async () => {
    const { server, url, http } = await start(
      (_request, response) => void response.writeHead(200).write('half'),
    );
    const requested = once(server, 'request');
    const response = await http.fetch(url);
    const [request] = (await requested) as Parameters<RequestListener>;
    const closed = once(request.socket, 'close');

    await response.body?.cancel();

    await closed;
  });

  it('takes no more of an answer than is read', async () => {
    const pieces = 256;
    const piece = Buffer.alloc(256 * 1024);
    let left = 0;
    const { url, http } = await start((_request, response) => {
      for (let index = 0; index < pieces; index += 1) response.write(piece, () => (left += 1));
      response.end();
    });

    const response = await http.fetch(url);
    await response.body?.getReader().read();
    // Turns in which all of it would come, if it were taken.
    for (let turn = 0; turn < 2000; turn += 1) await immediate();

    expect(left).toBeLessThan(pieces / 2);
  });

  it('leaves the connection of an answer that has come whole and that nobody wants', async () => {
    const { url, http, connections } = await start((_request, response) => response.end('all of it'));

    const { body } = await http.fetch(url);
    await immediate();
    await body?.cancel();
    await immediate();
    const next = await http.fetch(url);

    expect(await next.text()).toBe('all of it');
    expect(connections()).toBe(1);
  });

  it('leaves the connection of an answer that has come whole, whoever reads it', async () => {
    const { url, http, connections } = await start((_request, response) => response.writeHead(202).end());

    for (let count = 0; count < 3; count += 1) {
      await (await http.fetch(url, { method: 'POST', body: 'x' })).body?.cancel();
      await new Promise(setImmediate);
    }

    expect(connections()).toBe(1);
  });

  it('closes the connections that are idle', async () => {
    const { server, url, http } = await start((_request, response) => response.end('x'));
    const connected = once(server, 'connection');
    await (await http.fetch(url)).text();
    const [socket] = (await connected) as [EventEmitter];
    const closed = once(socket, 'close');

    http.close();

    await closed;
  });

  it('sends nothing but text', async () => {
    const { url, http } = await start(() => undefined);

    await expect(http.fetch(url, { method: 'POST', body: new Uint8Array(1) })).rejects.toThrow('Only text');
  });

  it('cuts off a coded answer that nobody reads', async () => {
    const { server, url, http } = await start((_request, response) => {
      response.writeHead(202, { 'content-encoding': 'br' }).end(brotliCompressSync(Buffer.alloc(50_000_000)));
    });
    const connected = once(server, 'connection');
    const response = await http.fetch(url, { method: 'POST' });
    // An event of a server gives what its type says.
    const [socket] = (await connected) as [EventEmitter];
    const closed = once(socket, 'close');

    await response.body?.cancel();

    await closed;
  });

  it.each([
    ['is not what its coding says', Buffer.from('no gzip')],
    ['ends in the middle of its coding', gzipSync('a text').subarray(0, 12)],
  ])('breaks a body off that %s', async (_title, sent) => {
    const { url, http } = await start((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(sent);
    });

    const read = http.fetch(url).then((response) => response.text());

    await expect(read).rejects.toThrow('fetch failed');
  });

  it.each([
    ['a status that is none', 'HTTP/1.1 999 Odd\r\ncontent-length: 4\r\n\r\n'],
    ['a control character beside its status', 'HTTP/1.1 200 O\u0001K\r\ncontent-length: 4\r\n\r\n'],
  ])('rejects an answer with %s, and closes its connection', async (_title, head) => {
    const { server, url, http } = await start((request) => void request.socket.write(head));
    const connected = once(server, 'connection');
    const call = http.fetch(url);
    const [socket] = (await connected) as [EventEmitter];
    const closed = once(socket, 'close');

    await expect(call).rejects.toThrow('fetch failed');
    await closed;
  });

  it('does not give an answer that came whole for one whose signal has aborted', async () => {
    const { url, http } = await start((_request, response) => response.end('whole'));
    const stop = new AbortController();
    const response = await http.fetch(url, { signal: stop.signal });
    await new Promise(setImmediate);
    const reason = new Error('enough');

    stop.abort(reason);

    await expect(response.text()).rejects.toBe(reason);
  });

  it('is silent about many requests with one signal', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const { url, http } = await start((_request, response) => response.end('x'));
    const { signal } = new AbortController();

    await Promise.all(Array.from({ length: 20 }, async () => (await http.fetch(url, { signal })).text()));
    await new Promise(setImmediate);
    process.off('warning', note);

    expect(warnings).toEqual([]);
  });

  it('closes a connection that was idle for long', async () => {
    const { server, url } = await start((_request, response) => response.end('x'));
    // It would close it by itself otherwise.
    server.keepAliveTimeout = 0;
    const http = createHttpFetch({ idleMs: 20 });
    const connected = once(server, 'connection');
    await (await http.fetch(url)).text();
    const [socket] = (await connected) as [EventEmitter];

    await once(socket, 'close');
  });

  it('closes a connection on which an answer is awaited, too', async () => {
    const { server, url, http } = await start(() => undefined);
    const requested = once(server, 'request');
    const call = http.fetch(url);
    await requested;

    http.close();

    await expect(call).rejects.toThrow('fetch failed');
  });

  it('keeps nothing of the run that made a connection', async () => {
    const { url, http, connections } = await start((_request, response) => response.end('x'));
    const runs = new AsyncLocalStorage<object>();
    const held = await (async () => {
      const run = { messages: ['what was said'] };
      await runs.run(run, async () => (await http.fetch(url)).text());
      return new WeakRef(run);
    })();

    await (await http.fetch(url)).text();
    await collectGarbage();

    expect(connections()).toBe(1);
    expect(held.deref()).toBeUndefined();
  });

  it.each(['http://a@127.0.0.1/', 'http://:b@127.0.0.1/'])('refuses the credentials of %s', async (url) => {
    await expect(createHttpFetch().fetch(url)).rejects.toThrow('holds no credentials');
  });
});
