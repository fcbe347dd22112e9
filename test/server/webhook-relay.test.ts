import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/logger.js';
import { createWebhookRelay, webhookRelayPath } from '../../src/server/webhook-relay.js';

const token = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`;
const logged: string[] = [];
const logger = createLogger({ format: 'json', write: (line) => logged.push(line) });

let receiver: Server;
let origin: string;
let answer: RequestListener;
const received: { path: string | undefined; headers: IncomingMessage['headers']; body: string }[] = [];

beforeEach(async () => {
  answer = (_request, response) => response.end();
  receiver = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ path: request.url, headers: request.headers, body });
      answer(request, response);
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  origin = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}`;
});
afterEach(() => {
  received.length = 0;
  logged.length = 0;
  receiver.closeAllConnections();
  receiver.close();
});

/** What LangGraph posts when a run has ended. */
const ended = (url: string) => ({
  run_id: 'run-1',
  thread_id: 'thread-1',
  status: 'success',
  values: { messages: [{ content: `echo ${token}` }], _threadOwner: { subject: 'alice' } },
  kwargs: { webhook: webhookRelayPath, webhook_url: url, input: 'the input', config: { configurable: {} } },
});

async function deliver(url: string, { env = {}, timeoutMs = 5000 } = {}): Promise<number> {
  const relay = createWebhookRelay({ allowedWebhooks: [`${origin}/hooks`], logger, timeoutMs });
  const init = { method: 'POST', body: JSON.stringify(ended(url)) };
  return (await relay.request(webhookRelayPath, init, env)).status;
}

describe('createWebhookRelay', () => {
  it('posts the end of a run, without input, config, private state or anything like a token', async () => {
    expect(await deliver(`${origin}/hooks/done?key=1`)).toBe(204);

    expect(received).toMatchObject([{ path: '/hooks/done?key=1' }]);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      run_id: 'run-1',
      thread_id: 'thread-1',
      status: 'success',
      values: { messages: [{ content: 'echo [redacted]' }] },
    });
    expect(received[0]?.headers.authorization).toBeUndefined();
    expect(logged).toEqual([expect.stringMatching(/"webhook.sent".*"runId":"run-1".*"status":200/)]);
    expect(logged.join()).not.toContain('key=1');
  });

  it('answers nobody but its own process', async () => {
    expect(await deliver(`${origin}/hooks`, { env: { incoming: {} } })).toBe(404);
    expect(received).toEqual([]);
  });

  it('follows no redirect', async () => {
    answer = (_request, response) => response.writeHead(307, { Location: `${origin}/elsewhere` }).end();

    await deliver(`${origin}/hooks`);

    expect(received.map(({ path }) => path)).toEqual(['/hooks']);
    expect(logged).toEqual([expect.stringMatching(/"webhook.failed".*"status":307/)]);
  });

  it('asks the list again, which may have changed since the run began', async () => {
    await deliver(`${origin}/others`);

    expect(received).toEqual([]);
    expect(logged).toEqual([expect.stringContaining('"webhook.refused"')]);
  });

  it('gives up a receiver that does not answer, and one that is not there', async () => {
    answer = () => undefined;
    expect(await deliver(`${origin}/hooks`, { timeoutMs: 50 })).toBe(204);
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
    expect(await deliver(`${origin}/hooks`)).toBe(204);

    expect(logged).toHaveLength(2);
    for (const line of logged) expect(line).toContain('"webhook.failed"');
  });
});
