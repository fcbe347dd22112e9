import { createAgent } from 'langchain';
import { afterEach, describe, expect, it } from 'vitest';
import { MemorySaver } from '@langchain/langgraph';
import { findFleetError } from '../../src/errors.js';
import { mcpToolsMiddleware } from '../../src/middleware/mcp-tools.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { textResult } from '../../src/testing/test-tool.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import type { TestAgent, TestAgentOptions } from '../support/test-agent.js';
import {
  agentAudience,
  createTestGraph,
  lastToolAnswer,
  openConversation,
  startTestAgent,
  testTools,
  testWrappers,
  whoAmI,
} from '../support/test-agent.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const open: { close(): Promise<void> }[] = [];

async function start(options: TestAgentOptions = {}): Promise<TestAgent> {
  const agent = await startTestAgent(options);
  open.push(agent);
  return agent;
}

async function startServer(options?: Parameters<typeof startMcpTestServer>[1]): Promise<McpTestServer> {
  const server = await startMcpTestServer(testTools, options);
  open.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

type Refused = readonly [title: string, token: (agent: TestAgent) => string | undefined, code: string];

const refused: readonly Refused[] = [
  ['no token', () => undefined, 'ERR_TOKEN_MISSING'],
  ['an empty token', () => '', 'ERR_TOKEN_MISSING'],
  ['text that is no token', () => 'not a token', 'ERR_TOKEN_INVALID'],
  ['one part of a token', () => 'abc', 'ERR_TOKEN_INVALID'],
  [
    'an expired token',
    ({ issuer }) => issuer.token('alice', { iat: 1_000, exp: 2_000 }),
    'ERR_TOKEN_INVALID',
  ],
  [
    'a token meant for another audience',
    ({ issuer }) => issuer.token('alice', { aud: ['other'] }),
    'ERR_TOKEN_INVALID',
  ],
  ['a token of another issuer', () => createTokenIssuer([agentAudience]).token('alice'), 'ERR_TOKEN_INVALID'],
  [
    'a token that names another issuer',
    ({ issuer }) => issuer.token('alice', { iss: 'http://x' }),
    'ERR_TOKEN_INVALID',
  ],
];

describe('a run with a token that is refused', () => {
  it.each(refused)('rejects %s by code, before anything is stored or asked', async (_title, token, code) => {
    const agent = await start({ steps: ['hello'] });
    const thread = openConversation(agent.graph, 'thread-1', () => token(agent));

    await expect(thread.say('hello')).rejects.toMatchObject({ code });

    expect(agent.server.requests).toEqual([]);
    expect(agent.model.shown).toEqual([]);
    expect(await thread.messages()).toEqual([]);
  });

  it.each(refused)('rejects %s in an agent whose graph is not sealed', async (_title, token, code) => {
    const agent = await start({ steps: ['hello'] });
    const { issuer, jwks } = agent.issuer;
    const mcpServers = { platform: { type: 'http', url: agent.server.url, auth: { mode: 'forward' } } };
    const plain = createAgent({
      model: agent.model,
      tools: [...testWrappers],
      checkpointer: new MemorySaver(),
      middleware: [
        mcpToolsMiddleware({
          tools: testWrappers,
          mcpServers,
          tokens: { issuer, audience: agentAudience, jwks },
        }),
      ],
    });
    const configurable = { thread_id: 'thread-1', _user_token: token(agent) };

    const error: unknown = await plain
      .invoke({ messages: [{ role: 'user', content: 'hello' }] }, { configurable })
      .catch((reason: unknown) => reason);

    expect(findFleetError(error)).toMatchObject({ code });
    expect(error).toMatchObject({ code });
    expect(agent.server.requests).toEqual([]);
  });

  it('lets the same thread go on with a good token', async () => {
    const agent = await start({ steps: [[{ name: 'who_am_i', args: {} }], 'hello alice'] });
    const tokens: string[] = [];
    const thread = openConversation(agent.graph, 'thread-1', () => tokens.at(-1));
    await expect(thread.say('hello')).rejects.toMatchObject({ code: 'ERR_TOKEN_MISSING' });

    tokens.push(agent.issuer.token('alice'));

    expect((await thread.say('hello')).messages.at(-1)?.text).toBe('hello alice');
  });
});

describe('a renewed token', () => {
  it.each([
    ['lives longer', 1200],
    ['lives as long', 600],
    ['lives shorter', 300],
  ])('is used for the next call when it %s', async (_title, lifeSeconds) => {
    const agent = await start({ steps: [() => [{ name: 'who_am_i', args: {} }]] });
    agent.model.shown.length = 0;
    const now = Math.floor(Date.now() / 1000);
    const first = agent.issuer.token('alice', { jti: 'first', iat: now, exp: now + 600 });
    const second = agent.issuer.token('alice', { jti: 'second', iat: now, exp: now + lifeSeconds });
    const graph = createTestGraph({
      issuer: agent.issuer,
      model: new ScriptedModel(
        [{ name: 'who_am_i', args: {} }],
        'one',
        [{ name: 'who_am_i', args: {} }],
        'two',
      ),
      mcpServers: { platform: { type: 'http', url: agent.server.url, auth: { mode: 'forward' } } },
    });

    await openConversation(graph, 'thread-1', () => first).say('one');
    await openConversation(graph, 'thread-1', () => second).say('two');

    expect(agent.server.calls.map(({ tokenId }) => tokenId)).toEqual(['first', 'second']);
    expect(agent.server.count('tools/list')).toBe(1);
  });

  it('replaces the old one on live connections, in the middle of another thread’s run too', async () => {
    const renewed: (() => Promise<unknown>)[] = [];
    const agent = await start({
      tools: {
        ...testTools,
        who_am_i: {
          ...testTools['who_am_i']!,
          run: async (_args, { subject }) => {
            await renewed.pop()?.();
            return textResult({ you: subject });
          },
        },
      },
      steps: [[{ name: 'who_am_i', args: {} }], 'hello', [{ name: 'who_am_i', args: {} }], () => 'done'],
    });
    const [first, second] = ['first', 'second'].map((jti) => agent.issuer.token('alice', { jti }));
    renewed.push(async () => {
      await openConversation(agent.graph, 'thread-2', () => second).say('I signed in again');
    });

    await openConversation(agent.graph, 'thread-1', () => first).say('who am I?');

    expect(agent.server.calls.map(({ tokenId }) => tokenId)).toEqual(['first', 'second']);
  });
});

describe('the user’s token', () => {
  it('is never sent to a server it is not meant for', async () => {
    const server = await startServer();
    const issuer = createTokenIssuer([agentAudience]);
    const graph = createTestGraph({
      issuer,
      model: new ScriptedModel('hello'),
      mcpServers: { platform: { type: 'http', url: server.url, auth: { mode: 'forward' } } },
    });

    const { messages } = await openConversation(graph, 'thread-1', () => issuer.token('alice')).say('hello');

    expect(messages.at(-1)?.text).toBe(
      'Your token is not meant for the server "platform"; sign in for its audience.',
    );
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['headers', { mode: 'headers', headers: { 'x-api-key': 'fixed-key-of-the-operator' } }],
    ['none', { mode: 'none' }],
  ])('is never sent to a server of mode %s', async (_mode, auth) => {
    const server = await startServer({ anonymous: true });
    const headersSeen: Headers[] = [];
    server.intercept = (_method, request) => void headersSeen.push(request.headers);
    const issuer = createTokenIssuer([agentAudience, server.url]);
    const token = issuer.token('alice');
    const model = new ScriptedModel([{ name: 'who_am_i', args: {} }], 'done');
    const graph = createTestGraph({
      issuer,
      model,
      mcpServers: { other: { type: 'http', url: server.url, auth } },
    });

    const { messages } = await openConversation(graph, 'thread-1', () => token).say('who am I?');

    expect(lastToolAnswer(messages)).toEqual({ you: 'nobody' });
    expect(headersSeen.length).toBeGreaterThan(0);
    for (const headers of headersSeen) {
      expect(JSON.stringify([...headers])).not.toContain(token.slice(0, 20));
      expect(headers.get('x-api-key')).toBe(auth.mode === 'headers' ? 'fixed-key-of-the-operator' : null);
    }
  });

  it.each([301, 302, 307, 308])('does not follow a %i to another origin', async (status) => {
    const elsewhere = await startServer({ anonymous: true });
    const agent = await start({ steps: ['hello'] });
    agent.server.intercept = () => new Response(null, { status, headers: { location: elsewhere.url } });

    await agent.open('thread-1', 'alice').say('hello');

    expect(agent.server.requests.length).toBeGreaterThan(0);
    expect(elsewhere.requests).toEqual([]);
  });

  it('of two servers goes only to the one that is forwarded to', async () => {
    const forwarded = await startServer();
    const open = await startMcpTestServer({ other: { run: () => textResult('ok') } }, { anonymous: true });
    const issuer = createTokenIssuer([agentAudience, forwarded.url, open.url]);
    const graph = createTestGraph({
      issuer,
      model: new ScriptedModel([{ name: 'who_am_i', args: {} }], 'done'),
      wrappers: [whoAmI],
      mcpServers: {
        platform: { type: 'http', url: forwarded.url, auth: { mode: 'forward' } },
        open: { type: 'http', url: open.url },
      },
    });

    await openConversation(graph, 'thread-1', () => issuer.token('alice')).say('hello');
    await open.close();

    expect(forwarded.calls).toHaveLength(1);
    expect(open.requests.length).toBeGreaterThan(0);
    expect(open.requests.filter(({ authorization }) => authorization !== null)).toEqual([]);
  });
});
