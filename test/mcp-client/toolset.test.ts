import { afterEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import { createClientPool } from '../../src/mcp-client/client-pool.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { loadToolset } from '../../src/mcp-client/toolset.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import type { TestTool } from '../../src/testing/test-tool.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { textResult } from '../../src/testing/test-tool.js';
import { callerFor } from '../support/test-platform.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((each) => each.close()));
});

async function startServer(name: string, ...tools: readonly string[]): Promise<McpTestServer> {
  const offered = tools.map((tool): [string, TestTool] => [
    tool,
    { description: name, run: () => textResult(name) },
  ]);
  const server = await startMcpTestServer(Object.fromEntries(offered));
  closing.push(server);
  return server;
}

function configOf(name: string, { url }: Pick<McpTestServer, 'url'>, required = true): HttpMcpServerConfig {
  const auth = { mode: 'forward', audience: 'all' } as const;
  return { name, type: 'http', url, required, auth, connectTimeoutMs: 2000, callTimeoutMs: 2000 };
}

function load(...servers: readonly HttpMcpServerConfig[]) {
  const pool = createClientPool();
  closing.push(pool);
  const token = toBearerToken(createTokenIssuer(['all']).token('alice'));
  const credential = createCredential(token, callerFor('alice', { audiences: ['all'] }).principal);
  return loadToolset({ servers, credential, pool });
}

const gone = { url: 'http://127.0.0.1:9/mcp' };

describe('loadToolset', () => {
  it('joins the tools of all servers; the first in the file has a name that two offer', async () => {
    const one = await startServer('one', 'shared', 'mine');
    const two = await startServer('two', 'shared', 'yours');

    const { tools } = await load(configOf('one', one), configOf('two', two));

    expect([...tools].map(([name, { server }]) => [name, server])).toEqual([
      ['shared', 'one'],
      ['mine', 'one'],
      ['yours', 'two'],
    ]);
  });

  it('asks all servers before it waits for any', async () => {
    const one = await startServer('one', 'a');
    const two = await startServer('two', 'b');
    const held: (() => void)[] = [];
    // Each list is answered only once both servers were asked.
    const holdLists = (server: McpTestServer) => {
      server.intercept = async (method) => {
        if (method !== 'tools/list') return undefined;
        await new Promise<void>((resolve) => {
          held.push(resolve);
          if (held.length === 2) for (const go of held) go();
        });
        return undefined;
      };
    };
    holdLists(one);
    holdLists(two);

    const { tools } = await load(configOf('one', one), configOf('two', two));

    expect([...tools.keys()]).toEqual(['a', 'b']);
  });

  it('tells which optional server is missing, and keeps the others', async () => {
    const one = await startServer('one', 'a');

    const { tools, unavailable } = await load(configOf('gone', gone, false), configOf('one', one));

    expect([...tools.keys()]).toEqual(['a']);
    expect([...unavailable.keys()]).toEqual(['gone']);
    expect(unavailable.get('gone')?.failure.outcome).toBe('unavailable');
  });

  it('stops no run for a sign-in to a server that may be missing', async () => {
    const one = await startServer('one', 'a');
    one.failWith = 401;

    const { unavailable } = await load(configOf('one', one, false));
    const required = load(configOf('one', one));

    expect(unavailable.get('one')?.failure).toMatchObject({ outcome: 'unauthenticated' });
    expect(unavailable.get('one')?.failure).not.toHaveProperty('signIn');
    await expect(required).rejects.toMatchObject({ failure: { signIn: 'refused' } });
  });

  it('fails with the failure of a required server', async () => {
    const one = await startServer('one', 'a');

    await expect(load(configOf('one', one), configOf('gone', gone))).rejects.toMatchObject({
      failure: { outcome: 'unavailable', message: expect.stringContaining('"gone"') as unknown },
    });
  });

  it('answers with nothing when no server is configured', async () => {
    const { tools, unavailable } = await load();

    expect(tools.size + unavailable.size).toBe(0);
  });
});
