import { afterEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createExchangedTokens } from '../../src/auth/exchanged-tokens.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { openClient } from '../../src/mcp-client/open-client.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { testTools } from '../support/test-agent.js';
import { callerFor } from '../support/test-platform.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const servers: McpTestServer[] = [];
const token = toBearerToken(createTokenIssuer(['all']).token('alice'));
const credential = createCredential(token, callerFor('alice', { audiences: ['all'] }).principal);

const exchanged = createExchangedTokens();

async function start(connectTimeoutMs = 10_000) {
  const server = await startMcpTestServer(testTools);
  servers.push(server);
  const config: HttpMcpServerConfig = {
    name: 'platform',
    type: 'http',
    url: server.url,
    required: true,
    auth: { mode: 'forward', audience: 'all' },
    connectTimeoutMs,
    callTimeoutMs: 10_000,
  };
  return { server, config };
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe('openClient', () => {
  it('learns what the next client need not ask, without words meant for one person', async () => {
    const { server, config } = await start();
    const first = await openClient(config, { credential, exchanged });
    const asked = server.requests.length;

    const second = await openClient(config, { credential, exchanged, prior: first.discovery });

    expect(asked).toBe(1);
    expect(server.requests).toHaveLength(asked);
    expect(JSON.stringify(first.discovery)).not.toContain('instructions');
    await Promise.all([first.client.close(), second.client.close()]);
  });

  it('speaks to a server of the 2025 era after it did not know discovery', async () => {
    const { server, config } = await start();
    server.intercept = (method) =>
      method === 'server/discover' ? new Response(null, { status: 404 }) : undefined;

    const { client, discovery } = await openClient(config, { credential, exchanged });

    expect(discovery).toEqual({ kind: 'legacy' });
    expect(server.requests.map(({ method }) => method)).toContain('initialize');
    expect((await client.listTools()).tools).toHaveLength(2);
    await client.close();
  });

  it('gives a server up that does not answer in time', async () => {
    const { server, config } = await start(300);
    server.intercept = () => new Promise(() => undefined);

    await expect(openClient(config, { credential, exchanged })).rejects.toThrow();
  });
});
