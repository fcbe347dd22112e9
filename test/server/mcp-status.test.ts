import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import type { McpConnections } from '../../src/mcp-client/mcp-connections.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import type { AuthenticatedUser } from '../../src/server/authenticated-user.js';
import { toAuthenticatedUser } from '../../src/server/authenticated-user.js';
import { createMcpStatus } from '../../src/server/mcp-status.js';
import { createRunTokens } from '../../src/server/run-tokens.js';
import { mcpStatus } from '../../src/contracts/mcp-status.js';
import type { Credential } from '../../src/mcp-client/credential.js';
import { createCredential } from '../../src/mcp-client/credential.js';
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

interface StatusUnderTest {
  readonly connections: McpConnections;
  /** The first server as a person is shown it, or the whole answer. */
  readonly ask: (person: Person) => Promise<Json>;
  readonly askWhole: (person?: Person) => Promise<Json>;
  readonly credentialOf: (person: Person) => Credential;
}

function createStatus(): StatusUnderTest {
  const { token } = createTokenIssuer([server.url]);
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
  const health = { breaker: { failures: 2 }, retries: { maxRetries: 0 } };
  const connections = createMcpConnections({ servers: [config], clients: { health } });
  closing.push(connections);
  const app = new Hono<{ Variables: { auth: { user: object } } }>()
    .use(async (context, next) => {
      const person = context.req.header('x-person');
      // A test names nobody but persons.
      context.set('auth', { user: person === undefined ? {} : userOf(person as Person) });
      await next();
    })
    .route('/', createMcpStatus(connections));
  const askWhole = async (person?: Person): Promise<Json> => {
    const headers: Record<string, string> = person === undefined ? {} : { 'x-person': person };
    return (await app.request('/mcp/status', { headers })).json();
  };
  return {
    connections,
    ask: async (person) => (await askWhole(person)).servers[0],
    askWhole,
    credentialOf: (person) => createCredential(userOf(person).token(), userOf(person).principal()),
  };
}

describe('GET /mcp/status', () => {
  it('lists the tools that the caller’s own token gets, and no token', async () => {
    const status = await createStatus().askWhole('alice');

    expect(status).toMatchObject({
      principal: { subject: 'alice', org: 'acme' },
      token: { expiresAt: '2096-10-02T07:06:40.000Z' },
      servers: [{ name: 'platform', state: 'up', required: true, lastFailure: null, breaker: 'closed' }],
    });
    expect(status.servers[0].tools.length).toBeGreaterThan(0);
    expect(JSON.stringify(status)).not.toContain('eyJ');
    expect(mcpStatus.parse(status)).toEqual(status);
  });

  it('tells nobody who is not signed in anything', async () => {
    expect(await createStatus().askWhole()).toEqual({ error: 'unauthorized' });
    expect(server.requests).toEqual([]);
  });

  it('tells each person when the server last answered them, and nothing of others', async () => {
    const { ask } = createStatus();
    await ask('alice');
    await server.close();

    const [alices, bobs] = [await ask('alice'), await ask('bob')];

    expect([alices.state, bobs.state]).toEqual(['unavailable', 'unavailable']);
    expect(alices.lastSuccess).toMatch(/^\d{4}-/);
    expect([bobs.lastSuccess, bobs.latencyMs]).toEqual([null, null]);
  });

  it('tells what a person’s runs met, without having been asked before', async () => {
    const { ask, connections, credentialOf } = createStatus();
    const [config] = connections.servers;
    if (config === undefined) throw new Error('There is one server.');
    await connections.lists.read({ server: config, credential: credentialOf('alice'), thread: 'a run' });
    await server.close();

    const { state, lastSuccess, lastFailure } = await ask('alice');

    expect(state).toBe('unavailable');
    expect(Date.parse(lastSuccess)).toBeLessThanOrEqual(Date.parse(lastFailure));
  });

  it('tells that the breaker is open, to those too who never met the server', async () => {
    const { ask } = createStatus();
    await server.close();
    await ask('alice');

    expect((await ask('alice')).breaker).toBe('open');
    expect(await ask('bob')).toMatchObject({ state: 'unavailable', breaker: 'open', tools: [] });
  });

  it('changes nothing of what the runs know of a server that fails', async () => {
    const { ask, connections, credentialOf } = createStatus();
    const [config] = connections.servers;
    if (config === undefined) throw new Error('There is one server.');
    const borrower = { server: config, credential: credentialOf('alice') };
    await connections.lists.read(borrower);
    server.failWith = 403;

    expect(await ask('alice')).toMatchObject({ state: 'permission-denied', tools: [] });

    expect(connections.lists.state(borrower).kind).toBe('fresh');
  });

  it('says unauthenticated of a server that refuses one person’s token, and opens no breaker', async () => {
    const { ask } = createStatus();
    server.failWith = 401;

    for (let times = 0; times < 3; times += 1) await ask('alice');

    expect(await ask('alice')).toMatchObject({ state: 'unauthenticated', breaker: 'closed', tools: [] });
  });
});
