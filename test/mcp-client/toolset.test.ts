import { afterEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import type { Loading } from '../../src/mcp-client/toolset-parts.js';
import type { ToolNeed } from '../../src/mcp-client/toolset.js';
import { createToolsets } from '../../src/mcp-client/toolset.js';
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

function open(servers: readonly HttpMcpServerConfig[], loading: Loading = 'wait') {
  let now = Date.now();
  const connections = createMcpConnections({ servers, clock: () => now });
  closing.push(connections);
  const toolsets = createToolsets(connections, loading);
  const { token } = createTokenIssuer(['all']);
  const holderOf = (person: 'alice' | 'bob') => ({
    credential: createCredential(
      toBearerToken(token(person)),
      callerFor(person, { audiences: ['all'], expiresAt: now / 1000 + 36_000 }).principal,
    ),
    thread: 'thread-1',
  });
  const pass = (ms: number) => void (now += ms);
  return { connections, toolsets, holderOf, pass, holder: holderOf('alice') };
}

function load(...servers: readonly HttpMcpServerConfig[]) {
  const { toolsets, holder } = open(servers);
  return toolsets.forModel(holder);
}

const needOf = (name: string, server?: string): ToolNeed => ({
  server,
  isMet: ({ tools }) => tools.has(name),
});

const gone = { url: 'http://127.0.0.1:9/mcp' };

describe('isLoaded', () => {
  it('says so while the lists of all servers are known to this person, until one has expired', async () => {
    const one = await startServer('one', 'mine');
    const two = await startServer('two', 'yours');
    const { toolsets, holder, holderOf, pass } = open([configOf('one', one), configOf('two', two)]);

    expect(toolsets.isLoaded(holder)).toBe(false);
    await toolsets.forModel(holder);
    expect(toolsets.isLoaded(holder)).toBe(true);
    expect(toolsets.isLoaded(holderOf('bob'))).toBe(false);
    pass(3_600_000);
    expect(toolsets.isLoaded(holder)).toBe(false);
    expect([one, two].map((server) => server.count('tools/list'))).toEqual([1, 1]);
  });

  it('does not say so while a server is missing', async () => {
    const one = await startServer('one', 'mine');
    const { toolsets, holder } = open([configOf('one', one), configOf('two', gone, false)]);

    await toolsets.forModel(holder);

    expect(toolsets.isLoaded(holder)).toBe(false);
  });
});

describe('forModel', () => {
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

describe('a required server that failed', () => {
  it('stops the load at once, whatever another is doing', async () => {
    const slow = await startServer('slow', 'a');
    let letGo = (): void => undefined;
    slow.intercept = () =>
      new Promise((resolve) => {
        letGo = () => {
          resolve(undefined);
        };
      });

    // So long that a load which waits for it ends this test.
    const patient = { ...configOf('slow', slow, false), connectTimeoutMs: 60_000, callTimeoutMs: 60_000 };

    await expect(load(patient, configOf('gone', gone))).rejects.toMatchObject({
      failure: { outcome: 'unavailable', message: expect.stringContaining('"gone"') as unknown },
    });

    letGo();
  });
});

describe('the lists of a person', () => {
  it('are read once for all of the person’s threads, by all who ask at once', async () => {
    const one = await startServer('one', 'a');
    const { toolsets, holder } = open([configOf('one', one)]);

    await Promise.all(['x', 'y', 'z'].map((thread) => toolsets.forModel({ ...holder, thread })));
    await toolsets.forCall({ ...holder, thread: 'w' }, needOf('a'));

    expect(one.count('tools/list')).toBe(1);
  });

  it('are of one person alone, and the same definitions are held once for both', async () => {
    const one = await startServer('one', 'a');
    const { toolsets, holderOf } = open([configOf('one', one)]);

    const alice = await toolsets.forModel(holderOf('alice'));
    const bob = await toolsets.forModel(holderOf('bob'));

    expect(one.count('tools/list')).toBe(2);
    expect(bob.tools).toBe(alice.tools);
  });

  it('are read again once they have expired', async () => {
    const one = await startServer('one', 'a');
    const { toolsets, holder, pass } = open([configOf('one', one)]);
    await toolsets.forModel(holder);

    pass(300_001);
    await toolsets.forCall(holder, needOf('a'));
    expect(one.count('tools/list')).toBe(1);
    await toolsets.forModel(holder);

    expect(one.count('tools/list')).toBe(2);
  });

  it('that have expired are shown at once with overlap, and a call waits for the new ones', async () => {
    const one = await startServer('one', 'a');
    const { toolsets, holder, pass } = open([configOf('one', one)], 'overlap');
    await toolsets.forModel(holder);
    pass(300_001);
    let letGo = (): void => undefined;
    const asked = new Promise<void>((arrived) => {
      one.intercept = (method) => {
        if (method !== 'tools/list') return Promise.resolve(undefined);
        arrived();
        return new Promise(
          (resolve) =>
            (letGo = () => {
              resolve(undefined);
            }),
        );
      };
    });

    expect((await toolsets.forModel(holder)).tools.has('a')).toBe(true);
    await asked;
    const order: string[] = [];
    const called = toolsets.forCall(holder, needOf('a')).then(() => order.push('called'));
    // A call that does not wait is through by then.
    await new Promise((resolve) => setImmediate(resolve));
    order.push('answered');
    letGo();
    await called;

    expect(order).toEqual(['answered', 'called']);
  });

  it('are waited for with overlap where nothing is known', async () => {
    const one = await startServer('one', 'a');
    const { toolsets, holder } = open([configOf('one', one)], 'overlap');

    expect((await toolsets.forModel(holder)).tools.has('a')).toBe(true);
  });
});

describe('a server that may be missing', () => {
  it('is asked again beside a model call, and is there in the one after it', async () => {
    const one = await startServer('one', 'a');
    const extra = await startServer('extra', 'b');
    const { toolsets, holder, pass, connections } = open([
      configOf('one', one),
      configOf('extra', extra, false),
    ]);
    extra.failWith = 500;
    expect([...(await toolsets.forModel(holder)).unavailable.keys()]).toEqual(['extra']);

    extra.failWith = undefined;
    pass(5000);
    expect([...(await toolsets.forModel(holder)).unavailable.keys()]).toEqual(['extra']);
    await connections.lists.read({ ...holder, server: configOf('extra', extra, false) });

    expect([...(await toolsets.forModel(holder)).tools.keys()]).toEqual(['a', 'b']);
  });

  it('is waited for by a call that only it can take', async () => {
    const one = await startServer('one', 'a');
    const extra = await startServer('extra', 'b');
    const { toolsets, holder, pass } = open([configOf('one', one), configOf('extra', extra, false)]);
    extra.failWith = 500;
    await toolsets.forModel(holder);

    extra.failWith = undefined;
    expect((await toolsets.forCall(holder, needOf('b'))).tools.has('b')).toBe(false);
    pass(5000);
    const asked = extra.count('tools/list');
    await toolsets.forCall(holder, needOf('a'));
    await toolsets.forCall(holder, needOf('none', 'one'));
    expect(extra.count('tools/list')).toBe(asked);

    expect((await toolsets.forCall(holder, needOf('b'))).tools.has('b')).toBe(true);
  });
});
