import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import type { ClientPool, ClientPoolOptions } from '../../src/mcp-client/client-pool.js';
import { createClientPool } from '../../src/mcp-client/client-pool.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import {
  agentAudience,
  createTestGraph,
  openConversation,
  testTools,
  testWrappers,
} from '../support/test-agent.js';
import type { Person } from '../support/test-platform.js';
import { callerFor } from '../support/test-platform.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

let server: McpTestServer;
const pools: ClientPool[] = [];

beforeEach(async () => {
  server = await startMcpTestServer(testTools, { sessions: true });
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  await server.close();
});

function createPool(options: ClientPoolOptions = {}) {
  const pool = createClientPool(options);
  pools.push(pool);
  const auth = { mode: 'forward' };
  const entries = { platform: { type: 'http', url: server.url, auth } };
  const [config] = parseMcpServers(JSON.stringify({ mcpServers: entries }), { file: 'f', env: {} });
  const { token } = createTokenIssuer([server.url]);
  /** The session that a thread’s call is made on. */
  const sessionOf = (thread: string, person: Person = 'alice') =>
    pool.lend({
      server: config!,
      credential: createCredential(
        toBearerToken(token(person)),
        callerFor(person, { audiences: [server.url] }).principal,
      ),
      thread,
      isBroken: () => false,
      use: async (client) => {
        await client.callTool({ name: 'who_am_i', arguments: {} });
        return client.transport?.sessionId;
      },
    });
  return { pool, sessionOf };
}

describe('a server that keeps sessions', () => {
  it('F35 has one for each thread of a person, however many begin at the same time', async () => {
    const { sessionOf, pool } = createPool();
    const threads = ['a', 'b', 'c', 'a', 'b', 'c'];

    const first = await Promise.all(threads.map((thread) => sessionOf(thread)));
    const second = await Promise.all(threads.map((thread) => sessionOf(thread)));

    expect(new Set(first).size).toBe(3);
    expect(first.slice(0, 3)).toEqual(first.slice(3));
    expect(second).toEqual(first);
    expect(pool.size()).toBe(3);
    expect(server.liveSessions()).toHaveLength(3);
  });

  it('is connected to once by all who wait for its first session in one thread', async () => {
    const { sessionOf } = createPool();

    await Promise.all(Array.from({ length: 10 }, () => sessionOf('a')));

    expect(server.count('initialize')).toBe(1);
  });

  it('F35 never gives one person’s session to another on the same thread', async () => {
    const { sessionOf } = createPool();

    const sessions = await Promise.all([sessionOf('a', 'alice'), sessionOf('a', 'bob')]);

    expect(new Set(sessions).size).toBe(2);
    expect(
      server
        .liveSessions()
        .map(({ subject }) => subject)
        .sort(),
    ).toEqual(['alice', 'bob']);
  });

  it('F35 is spoken to on a session of its own in each thread of an agent', async () => {
    const issuer = createTokenIssuer([agentAudience, server.url]);
    const graph = createTestGraph({
      mcpServers: { platform: { type: 'http', url: server.url, auth: { mode: 'forward' } } },
      issuer,
      model: new ScriptedModel((messages) =>
        messages.at(-1)?.type === 'human' ? [{ name: 'who_am_i', args: {} }] : 'done',
      ),
      wrappers: testWrappers,
    });
    const threads = ['a', 'b'].map((thread) => openConversation(graph, thread, () => issuer.token('alice')));

    await Promise.all(threads.map((thread) => thread.say('hello')));
    await Promise.all(threads.map((thread) => thread.say('again')));

    expect(server.calls).toHaveLength(4);
    expect(server.liveSessions()).toHaveLength(2);
  });
});

describe('a server without sessions', () => {
  it('is spoken to on one connection by all threads of a person', async () => {
    await server.close();
    server = await startMcpTestServer(testTools);
    const { sessionOf, pool } = createPool();

    await Promise.all(['a', 'b', 'c'].map((thread) => sessionOf(thread)));

    expect(pool.size()).toBe(1);
    expect(server.count('server/discover')).toBe(1);
  });
});
