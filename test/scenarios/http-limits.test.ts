import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';

let server: TestAgentServer;
let token: string;
/** The answer to a header block that never ends; it comes while the other tests run. */
let slow: Promise<number>;

beforeAll(async () => {
  server = await startAgentServer();
  token = await server.token('alice');
  slow = statusOf(['GET /healthz HTTP/1.1', 'Host: localhost', 'X-Slow: a'], '', '');
});
afterAll(() => server.remove());

/** Writes lines as they are, the header block ended by `end`, and gives the status of the answer as soon as it comes. */
async function statusOf(lines: readonly string[], body = '', end = '\r\n\r\n'): Promise<number> {
  const socket = connect(Number(new URL(server.url()).port), '127.0.0.1');
  socket.write(`${lines.join('\r\n')}${end}${body}`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(head.toString())?.[1]);
}

const post = (...headers: string[]): string[] => [
  'POST /threads HTTP/1.1',
  'Host: localhost',
  'Content-Type: application/json',
  ...headers,
];
const signedIn = (): string => `Authorization: Bearer ${token}`;
const chunk = (part: string): string => `${part.length.toString(16)}\r\n${part}\r\n`;

/** Sends one request of Alice’s many times over one connection without waiting, and gives all the answers. */
async function flood(request: string, count: number): Promise<string> {
  const socket = connect(Number(new URL(server.url()).port), '127.0.0.1');
  const lines = [request, 'Host: localhost', signedIn()];
  const last = [...lines, 'Connection: close'];
  socket.write(`${`${lines.join('\r\n')}\r\n\r\n`.repeat(count - 1)}${last.join('\r\n')}\r\n\r\n`);
  return text(socket);
}

describe('the agent server', () => {
  it('answers to no host name but its own', async () => {
    expect(await statusOf(['GET /healthz HTTP/1.1', 'Host: evil.example'])).toBe(403);
  });

  it('asks who is there before it reads a body, or waits for one', async () => {
    expect(await statusOf(post('Content-Length: 500000'))).toBe(401);
    expect(await statusOf(post('Content-Length: 50000000'))).toBe(401);
    expect(await statusOf(post('Transfer-Encoding: chunked'))).toBe(401);
    expect(await statusOf(post('Authorization: Bearer rubbish', 'Content-Length: 9'))).toBe(401);
  });

  it('refuses a body that says it is too large, before it is sent', async () => {
    expect(await statusOf(post(signedIn(), 'Content-Length: 50000000'))).toBe(413);
  });

  it('refuses a body without a length as soon as it is too large', async () => {
    const part = chunk('x'.repeat(600_000));

    expect(await statusOf(post(signedIn(), 'Transfer-Encoding: chunked'), part + part)).toBe(413);
  });

  it('refuses a body without a length that is nested too deep', async () => {
    const part = chunk(`${'['.repeat(10_000)}${']'.repeat(10_000)}`);

    expect(await statusOf(post(signedIn(), 'Transfer-Encoding: chunked'), `${part}0\r\n\r\n`)).toBe(422);
  });

  it('refuses a header block of more than 16 KiB', async () => {
    expect(await statusOf(post(signedIn(), `X-Long: ${'x'.repeat(17_000)}`))).toBe(431);
  });

  it('holds one person’s flood back and serves the others', async () => {
    const bob = await server.token('bob');
    const statusFor = async (bearer: string): Promise<number> =>
      statusOf(['GET /nowhere HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${bearer}`]);

    // On a slow machine the allowance grows while the flood is served: as many as it takes, within reason.
    let answers = '';
    for (let round = 0; round < 12 && !answers.includes('HTTP/1.1 429'); round += 1)
      answers = await flood('GET /nowhere HTTP/1.1', 500);

    expect(answers).toMatch(/HTTP\/1\.1 429 [^]*?retry-after: [1-9]/i);
    expect(await statusFor(bob)).toBe(404);
    expect(await statusOf(['GET /healthz HTTP/1.1', 'Host: localhost', signedIn()])).toBe(200);
  });

  // Without the bound node closes it too, after one to one and a half minutes.
  it('closes a socket whose header block does not end, after ten seconds', async () => {
    expect(await slow).toBe(408);
  }, 30_000);
});
