import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi, Json } from '../support/agent-api.js';
import { createAgentApi, openApproval, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';

let receiver: Server;
let origin: string;
let server: TestAgentServer;
let token: string;
let alice: AgentApi;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    void text(request).then((body) => {
      response.end();
      receiver.emit('webhook', { path: request.url, body });
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  origin = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}`;
  server = await startAgentServer({ env: { ALLOWED_WEBHOOKS: `${origin}/hooks` } });
  token = await server.token('alice');
  alice = createAgentApi(server.url(), token);
});
afterAll(async () => {
  await server.remove();
  receiver.closeAllConnections();
  receiver.close();
});

async function nextWebhook(): Promise<Json> {
  const [webhook] = await once(receiver, 'webhook');
  return webhook;
}

describe('the webhook of a run', () => {
  it('tells how the run ended, and holds neither its token nor its config', async () => {
    const id = await alice.thread();
    const called = nextWebhook();

    const answer = await alice.say(id, wholeRequest('hook-db'), {
      webhook: `${origin}/hooks/ended`,
      config: { configurable: { _user_token: token } },
      context: { _user_token: token },
    });

    expect(openApproval(answer)).toBeDefined();
    const { path, body } = await called;
    expect(path).toBe('/hooks/ended');
    const sent = JSON.parse(body);
    expect(sent).toMatchObject({ thread_id: id, status: 'success', values: { messages: expect.any(Array) } });
    expect(Object.keys(sent)).not.toContain('kwargs');
    expect(body).toContain('hook-db');
    expect(body).not.toContain('_threadOwner');
    for (const part of token.split('.')) expect(body).not.toContain(part);
  });

  it('is called for a run without a thread too', async () => {
    const called = nextWebhook();
    const input = { messages: [{ role: 'user', content: 'hello' }] };
    const assistant_id = 'aws_rds_instance_creator';

    await alice.send('POST', '/runs/wait', { assistant_id, input, webhook: `${origin}/hooks` });

    expect((await called).path).toBe('/hooks');
  });

  it('is refused outside of the list, before a run exists', async () => {
    const id = await alice.thread();

    for (const webhook of [
      `${origin}/other`,
      `${origin}/hooks/../other`,
      '/threads',
      'https://evil.example',
    ]) {
      const answer = await alice.say(id, 'hello', { webhook });
      expect([webhook, answer.status, answer.text]).toEqual([
        webhook,
        422,
        expect.stringContaining('ALLOWED_WEBHOOKS'),
      ]);
    }

    expect((await alice.send('GET', `/threads/${id}/runs`)).json).toEqual([]);
  });

  it('goes through no relay that others can call', async () => {
    const body = { run_id: 'x', kwargs: { webhook_url: `${origin}/hooks` } };

    expect((await alice.send('POST', '/webhooks/relay', body)).status).toBe(404);
    expect((await createAgentApi(server.url()).send('POST', '/webhooks/relay', body)).status).toBe(404);
  });
});
