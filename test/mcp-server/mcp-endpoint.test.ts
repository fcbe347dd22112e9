import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/logger.js';
import { createMcpEndpoint, maximumBodyBytes, type McpEndpoint } from '../../src/mcp-server/mcp-endpoint.js';
import { callerFor, openTestPlatform, type TestPlatform } from '../support/test-platform.js';
import { toolCall } from '../support/platform-server.js';

let test: TestPlatform;
let endpoint: McpEndpoint;
let server: Server;
let url: string;

beforeEach(async () => {
  test = await openTestPlatform();
  const resource = {
    audience: 'http://127.0.0.1/mcp',
    issuer: 'http://issuer',
    endpoint: 'http://127.0.0.1/mcp',
  };
  endpoint = createMcpEndpoint({ platform: test.platform, logger: silentLogger, resource });
  server = createServer((request, response) => {
    const person = request.headers['x-person'] === 'carol' ? 'carol' : 'alice';
    void endpoint.handle(request, response, callerFor(person));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterEach(async () => {
  await endpoint.close();
  server.closeAllConnections();
  server.close();
  await test.close();
});

const list = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };

function post(body: unknown, headers: Readonly<Record<string, string>> = {}, extra: object = {}) {
  return fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2025-11-25',
      ...headers,
    },
    body: typeof body === 'string' || body instanceof ReadableStream ? body : JSON.stringify(body),
    ...extra,
  });
}

describe('createMcpEndpoint', () => {
  it('serves each request as the caller that it was admitted for', async () => {
    const [alices, carols] = await Promise.all(
      ['alice', 'carol'].map(async (person) =>
        (await post(toolCall('list_organizations', {}), { 'x-person': person })).text(),
      ),
    );

    expect([alices, carols]).toEqual([expect.stringContaining('acme'), expect.stringContaining('globex')]);
    expect(alices).not.toContain('globex');
  });

  it('answers a notification 202 with no body', async () => {
    const answer = await post({ jsonrpc: '2.0', method: 'notifications/initialized' });

    expect([answer.status, await answer.text()]).toEqual([202, '']);
  });

  it('refuses a batch of more than a hundred requests, and calls nothing of it', async () => {
    const calls = Array.from({ length: 101 }, (_, id) => ({ ...toolCall('list_organizations', {}), id }));

    const answer = await post(calls);

    expect(answer.status).toBe(400);
    expect(await test.audit()).toEqual([]);
  });

  it('refuses a body without a length as soon as it is too large', async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });

    const answer = await post(endless, {}, { duplex: 'half' });

    expect(answer.status).toBe(413);
    expect(sent).toBeLessThan(8 * maximumBodyBytes);
  });

  it('survives arguments that are nested ten thousand levels deep', async () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const body = JSON.stringify(toolCall('create_cloud_resource', { spec: 'HERE' })).replace('"HERE"', deep);

    expect((await post(body)).status).toBeLessThan(500);
    expect((await post(list)).status).toBe(200);
  });
});
