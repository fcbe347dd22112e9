import { afterEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import { createClientPool } from '../../src/mcp-client/client-pool.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { loadLiveTools } from '../../src/mcp-client/live-tool.js';
import type { TestTool } from '../support/mcp-test-server.js';
import { startMcpTestServer, textResult } from '../support/mcp-test-server.js';
import { testTools } from '../support/test-agent.js';
import { callerFor } from '../support/test-platform.js';
import { createTokenIssuer } from '../support/token-issuer.js';

const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((each) => each.close()));
});

async function load(tools: Readonly<Record<string, TestTool>> = testTools) {
  const server = await startMcpTestServer(tools);
  const pool = createClientPool();
  closing.push(server, pool);
  const config: HttpMcpServerConfig = {
    name: 'platform',
    type: 'http',
    url: server.url,
    required: true,
    auth: { mode: 'forward', audience: 'all' },
    connectTimeoutMs: 2000,
    callTimeoutMs: 2000,
  };
  const token = toBearerToken(createTokenIssuer(['all']).token('alice'));
  const credential = createCredential(token, callerFor('alice', { audiences: ['all'] }).principal);
  const live = await loadLiveTools({ server: config, credential, pool });
  const named = (name: string) => live.find((tool) => tool.name === name)!;
  return { server, live, named };
}

describe('loadLiveTools', () => {
  it('lists once and gives each tool as the server describes it', async () => {
    const { server, named } = await load();

    expect(server.count('tools/list')).toBe(1);
    expect(named('who_am_i')).toMatchObject({
      server: 'platform',
      description: 'The live description of who_am_i.',
    });
    expect(named('who_am_i').schema).toMatchObject({ type: 'object' });
  });

  it('calls with the arguments and gives the content', async () => {
    const { named } = await load();

    const { content } = await named('who_am_i').call({ question: 'x' }, { isWrite: false });

    expect(JSON.parse(String(content))).toEqual({ you: 'alice', question: 'x' });
  });

  it('completes the arguments on the way out, and leaves the caller’s own alone', async () => {
    const { server, named } = await load();
    const args = { name: 'a' };

    await named('make_thing').call(args, {
      isWrite: true,
      complete: (given) => ({ ...given, password: 'p' }),
    });

    expect(server.calls[0]?.args).toEqual({ name: 'a', password: 'p' });
    expect(args).toEqual({ name: 'a' });
  });

  it('keeps the options of calls at the same time apart', async () => {
    const { server, named } = await load();
    const call = (name: string) =>
      named('make_thing').call(
        { name },
        { isWrite: true, complete: (given) => ({ ...given, password: `of ${name}` }) },
      );

    await Promise.all(['a', 'b', 'c', 'd'].map(call));

    for (const { args } of server.calls) expect(args['password']).toBe(`of ${String(args['name'])}`);
  });

  it('tells of progress', async () => {
    const told: unknown[] = [];
    const { named } = await load({
      slow: {
        run: async (_args, { progress }) => {
          await progress('one', 1);
          await progress('two', 2);
          return textResult('done');
        },
      },
    });

    await named('slow').call({}, { isWrite: false, onProgress: ({ message }) => void told.push(message) });

    expect(told).toEqual(['one', 'two']);
  });

  it('passes an abort on as it is', async () => {
    const { named } = await load();
    const reason = new DOMException('stopped by the person', 'AbortError');

    const call = named('who_am_i').call({}, { isWrite: false, signal: AbortSignal.abort(reason) });

    await expect(call).rejects.toBe(reason);
  });
});
