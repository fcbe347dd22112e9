import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import { createClientPool } from '../../src/mcp-client/client-pool.js';
import type { AuthenticatedUser } from '../../src/server/authenticated-user.js';
import { toAuthenticatedUser } from '../../src/server/authenticated-user.js';
import { createMcpStatus } from '../../src/server/mcp-status.js';
import { createRunTokens } from '../../src/server/run-tokens.js';
import type { Json } from '../support/agent-api.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { testTools } from '../support/test-agent.js';
import type { Person } from '../support/test-platform.js';
import { callerFor } from '../support/test-platform.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

let server: McpTestServer;
const closing: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  server = await startMcpTestServer(testTools);
  closing.push(server);
});
afterEach(async () => {
  await Promise.all(closing.splice(0).map((each) => each.close()));
});

/** The route as each person asks it. */
function createStatus(maxPersons?: number): (person: Person) => Promise<Json> {
  const { token } = createTokenIssuer([server.url]);
  const pool = createClientPool();
  closing.push(pool);
  const userOf = (person: Person): AuthenticatedUser => {
    const principal = { ...callerFor(person).principal, audiences: [server.url], expiresAt: 4_000_000_000 };
    return toAuthenticatedUser(principal, toBearerToken(token(person)), createRunTokens());
  };
  const config: HttpMcpServerConfig = {
    name: 'platform',
    type: 'http',
    url: server.url,
    required: true,
    auth: { mode: 'forward', audience: server.url },
    connectTimeoutMs: 2000,
    callTimeoutMs: 2000,
  };
  const app = new Hono<{ Variables: { auth: { user: object } } }>()
    .use(async (context, next) => {
      const person = context.req.header('x-person');
      // A test names nobody but persons.
      context.set('auth', { user: person === undefined ? {} : userOf(person as Person) });
      await next();
    })
    .route('/', createMcpStatus({ servers: [config], pool, maxPersons }));
  return async (person) => (await app.request('/mcp/status', { headers: { 'x-person': person } })).json();
}

describe('GET /mcp/status', () => {
  it('lists the tools that the caller’s own token gets, and no token', async () => {
    const status = await createStatus()('alice');

    expect(status).toMatchObject({
      principal: { subject: 'alice', org: 'acme' },
      token: { expiresAt: '2096-10-02T07:06:40.000Z' },
      servers: [{ name: 'platform', state: 'up', required: true, lastFailure: null }],
    });
    expect(status.servers[0].tools.length).toBeGreaterThan(0);
    expect(JSON.stringify(status)).not.toContain('eyJ');
  });

  it('tells each person when the server last answered them, and nothing of others', async () => {
    const ask = createStatus();
    await ask('alice');
    await server.close();

    const alices = (await ask('alice')).servers[0];
    const bobs = (await ask('bob')).servers[0];

    expect([alices.state, bobs.state]).toEqual(['unavailable', 'unavailable']);
    expect(alices.lastSuccess).toMatch(/^\d{4}-/);
    expect(bobs.lastSuccess).toBeNull();
  });

  it('remembers the persons who asked last, and no more', async () => {
    const ask = createStatus(2);
    for (const person of ['alice', 'bob', 'carol'] as const) await ask(person);
    await server.close();

    expect((await ask('bob')).servers[0].lastSuccess).toMatch(/^\d{4}-/);
    expect((await ask('alice')).servers[0].lastSuccess).toBeNull();
  });
});
