import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, createServer as createNetServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { SocketLimits } from '../../src/server/socket-limits.js';
import { agentSocketLimits, withSocketLimits } from '../../src/server/socket-limits.js';

const short: SocketLimits = {
  headersTimeoutMs: 100,
  requestTimeoutMs: 200,
  checkEveryMs: 20,
  maxConnections: 10,
};

/** A server that answers once it has a whole request; at `/stream` it begins at once and ends with the test. */
async function startServer(limits: SocketLimits) {
  let endStream: () => void = () => undefined;
  const server = createServer((request, response) => {
    request.resume();
    if (request.url !== '/stream') return void request.on('end', () => response.end('answered'));
    response.write('first ');
    endStream = () => response.end('last');
  });
  await withSocketLimits(limits, () => once(server.listen(0, '127.0.0.1'), 'listening'));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { server, port, close, endStream: () => endStream() };
}

/** Sends a text and resolves with everything that came once the socket is closed. */
async function send(port: number, sent: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let came = '';
  socket.setEncoding('utf8').on('data', (data: string) => (came += data));
  if (sent !== '') socket.write(sent);
  await once(socket, 'close');
  return came;
}

describe('withSocketLimits', () => {
  it.each([
    ['says nothing', ''],
    ['never ends its header block', 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow'],
  ])('closes a socket that %s', async (_, sent) => {
    const { port, close } = await startServer(short);

    expect(await send(port, sent)).toMatch(/^HTTP\/1\.1 408 /);

    await close();
  });

  it('closes a request whose body does not end, and leaves a long answer alone', async () => {
    const { port, close, endStream } = await startServer(short);
    const stream = send(port, 'GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const slow = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc';

    // Two of them, one after the other, last longer than any request may.
    expect(await send(port, slow)).toMatch(/^HTTP\/1\.1 408 /);
    expect(await send(port, slow)).toMatch(/^HTTP\/1\.1 408 /);
    endStream();

    expect(await stream).toMatch(/first[^]*last/);
    await close();
  });

  it('refuses connections beyond the bound', async () => {
    const { server, port, close } = await startServer({ ...agentSocketLimits, maxConnections: 1 });
    const first = connect(port, '127.0.0.1');
    await once(server, 'connection');

    expect(await send(port, '')).toBe('');

    first.destroy();
    await close();
  });

  it('passes on what the start gives, and says when nothing was bounded', async () => {
    const { server, close } = await startServer(agentSocketLimits);
    expect([server.headersTimeout, server.requestTimeout, server.maxConnections]).toEqual([
      10_000, 30_000, 2000,
    ]);
    await close();

    const bare = createNetServer();
    const start = (): Promise<unknown> => once(bare.listen(0, '127.0.0.1'), 'listening');
    await expect(withSocketLimits(short, start)).rejects.toThrow(TypeError);
    bare.close();
  });
});
