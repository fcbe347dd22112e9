import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../../src/auth/bearer-token.js';
import { fetchStatus } from '../../../src/commands/mcp-status/fetch-status.js';
import type { McpStatus } from '../../../src/contracts/mcp-status.js';
import type { LoopbackListener } from '../../../src/testing/loopback-listener.js';
import { startLoopbackListener } from '../../../src/testing/loopback-listener.js';

const token = toBearerToken('aaaa.bbbb.cccc');
const status: McpStatus = {
  principal: { subject: 'alice', org: 'acme' },
  token: { expiresAt: '2026-11-21T15:00:00.000Z' },
  servers: [],
};

let listener: LoopbackListener | undefined;
afterEach(async () => {
  await listener?.stop();
});

/** An agent server that answers everything so; gives its address and what it was asked. */
async function startServer(answer: (response: ServerResponse) => void) {
  const asked: string[] = [];
  listener = await startLoopbackListener((request, response) => {
    asked.push(`${String(request.method)} ${String(request.url)} ${String(request.headers.authorization)}`);
    answer(response);
  });
  return { url: listener.origin, asked };
}

describe('fetchStatus', () => {
  it('asks with the token, also behind a path', async () => {
    const { url, asked } = await startServer((response) => response.end(JSON.stringify(status)));

    expect(await fetchStatus(`${url}/agents/`, token)).toEqual(status);
    expect(asked).toEqual(['GET /agents/mcp/status Bearer aaaa.bbbb.cccc']);
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['refuses the token', (response) => response.writeHead(401).end(), 'refuses the token; use the keys'],
    [
      'is another server',
      (response) => response.writeHead(404).end('no'),
      'answers GET /mcp/status with 404',
    ],
    ['answers with another JSON', (response) => response.end('{"ok":true}'), 'with 200 and no status'],
    ['cuts the connection', (response) => response.destroy(), 'does not answer; start it'],
  ])('names AGENT_SERVER_URL when the server %s', async (_title, answer, sentence) => {
    const { url } = await startServer(answer);

    const refusal = await fetchStatus(url, token).catch((error: unknown) => error);

    expect(String(refusal)).toContain(`AGENT_SERVER_URL: the agent server at ${url} `);
    expect(String(refusal)).toContain(sentence);
    expect(String(refusal)).not.toContain('aaaa');
  });

  it('sends the token nowhere else', async () => {
    const { url, asked } = await startServer((response) => {
      if (response.req.url === '/mcp/status') response.writeHead(307, { location: '/elsewhere' }).end();
      else response.end(JSON.stringify(status));
    });

    await expect(fetchStatus(url, token)).rejects.toThrow('does not answer');
    expect(asked).toHaveLength(1);
  });
});
