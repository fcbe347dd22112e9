import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import type { BaseMessage } from '@langchain/core/messages';
import { Hono } from 'hono';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import { mcpStatus } from '../../src/contracts/mcp-status.js';
import { toAuthenticatedUser } from '../../src/server/authenticated-user.js';
import { createMcpStatus } from '../../src/server/mcp-status.js';
import { createRunTokens } from '../../src/server/run-tokens.js';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import type { Step } from '../../src/testing/scripted-model.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { textResult } from '../../src/testing/test-tool.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import { agentAudience, createTestGraph, lastToolAnswer, openConversation } from '../support/test-agent.js';

const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close();
});

/** A server that takes connections and never says a word. */
async function startHungServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    // Read, so that the end of a connection is seen.
    sockets.add(
      socket
        .on('error', () => undefined)
        .on('close', () => sockets.delete(socket))
        .resume(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  closing.push({
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  return { url: `http://127.0.0.1:${String(port)}/mcp`, sockets };
}

async function startTalkingServer(name: string): Promise<McpTestServer> {
  const server = await startMcpTestServer({ [`ask_${name}`]: { run: () => textResult({ from: name }) } });
  closing.push(server);
  return server;
}

const names = ['good', 'slow', 'flapping', 'hung', 'dead'] as const;
type Name = (typeof names)[number];

const wrappers = names.map((name) =>
  defineWrapperTool({
    name: `ask_${name}`,
    description: `Asks ${name}.`,
    schema: z.object({}),
    class: 'read',
    server: name,
  }),
);

/** The next answer of a server to a request comes only when the test says so. */
function holdNext(server: McpTestServer, wanted: string) {
  let letGo = (): void => undefined;
  const reached = new Promise<void>((arrive) => {
    server.intercept = (method) => {
      if (method !== wanted) return undefined;
      server.intercept = undefined;
      arrive();
      return new Promise((resolve) => {
        letGo = () => {
          resolve(undefined);
        };
      });
    };
  });
  return {
    reached,
    letGo: () => {
      letGo();
    },
  };
}

async function start(required: Partial<Record<Name, boolean>>, ...steps: readonly Step[]) {
  const [good, slow, flapping, hung] = await Promise.all([
    startTalkingServer('good'),
    startTalkingServer('slow'),
    startTalkingServer('flapping'),
    startHungServer(),
  ]);
  const urls: Record<Name, string> = {
    good: good.url,
    slow: slow.url,
    flapping: flapping.url,
    hung: hung.url,
    dead: 'http://127.0.0.1:9/mcp',
  };
  const issuer = createTokenIssuer([agentAudience, ...Object.values(urls)]);
  const entry = { type: 'http', auth: { mode: 'forward' }, callTimeoutMs: 5000 };
  const mcpServers = Object.fromEntries(
    names.map((name) => [
      name,
      {
        ...entry,
        url: urls[name],
        required: required[name] ?? name === 'good',
        connectTimeoutMs: name === 'hung' ? 200 : 5000,
      },
    ]),
  );
  let now = Date.now();
  const connections = createMcpConnections({
    servers: parseMcpServers(JSON.stringify({ mcpServers }), { file: 'a test', env: {} }),
    clock: () => now,
    clients: { health: { retries: { maxRetries: 0 }, breaker: { restMs: 1, maxRestMs: 1 } } },
  });
  closing.push(connections);
  const model = new ScriptedModel(...steps);
  const graph = createTestGraph({ issuer, model, wrappers, mcpServers: () => connections });
  const alice = openConversation(graph, 'thread-1', () => issuer.token('alice'));
  const pass = (ms: number) => void (now += ms);
  const states = async () => {
    const principal = await createTokenVerifier({
      issuer: issuer.issuer,
      audience: agentAudience,
      keys: issuer.keys,
    }).verify(toBearerToken(issuer.token('alice')));
    const user = toAuthenticatedUser(principal, toBearerToken(issuer.token('alice')), createRunTokens());
    const answer = await new Hono<{ Variables: { auth: { user: object } } }>()
      .use(async (context, next) => {
        context.set('auth', { user });
        await next();
      })
      .route('/', createMcpStatus(connections))
      .request('/mcp/status');
    const { servers } = mcpStatus.parse(await answer.json());
    return Object.fromEntries(servers.map(({ name, state }) => [name, state]));
  };
  return { good, slow, flapping, hung, connections, model, alice, pass, states };
}

const notices = (messages: readonly BaseMessage[]) =>
  messages.flatMap(({ text }) => (text.includes('cannot be reached now. The conversation') ? [text] : []));

const ask = (name: Name): Step => [{ name: `ask_${name}`, args: {} }];

describe('a conversation with a hung, a flapping, a slow and a dead server', () => {
  it('F33 goes on with the good ones, tells the person once, and has back what comes back', async () => {
    const { slow, flapping, alice, model, pass, states } = await start(
      {},
      'Hello.',
      ask('good'),
      ask('slow'),
      ask('hung'),
      ask('dead'),
      ask('flapping'),
      'Some is missing.',
      ask('flapping'),
      'All but two.',
    );
    flapping.failWith = 503;
    const { reached, letGo } = holdNext(slow, 'tools/list');

    const first = alice.say('hello');
    await reached;
    letGo();

    expect(notices((await first).messages)).toEqual([
      'The servers "dead", "flapping", "hung" cannot be reached now. The conversation goes on without what they offer.',
    ]);
    const { messages } = await alice.say('ask them all');
    const answers = messages.flatMap((message) => (message.type === 'tool' ? [message.text] : []));
    expect(answers[0]).toContain('"from":"good"');
    expect(answers[1]).toContain('"from":"slow"');
    for (const answer of answers.slice(2))
      expect(JSON.parse(answer)).toMatchObject({ outcome: 'unavailable' });

    const down = { hung: 'unavailable', dead: 'unavailable' };
    expect(await states()).toEqual({ good: 'up', slow: 'up', flapping: 'unavailable', ...down });

    flapping.failWith = undefined;
    pass(5000);
    const last = await alice.say('ask again');

    expect(lastToolAnswer(last.messages)).toEqual({ from: 'flapping' });
    expect(notices(last.messages)).toHaveLength(1);
    expect(await states()).toEqual({ good: 'up', slow: 'up', flapping: 'up', ...down });
    for (const shown of model.shown) expect(notices(shown.messages.slice(1))).toEqual([]);
  });

  it('is told to the model beside its prompt, and no more once all is back', async () => {
    const { flapping, alice, model, pass, connections } = await start(
      { hung: false, dead: false },
      'One.',
      'Two.',
    );
    flapping.failWith = 503;
    await alice.say('one');
    expect(model.shown[0]?.messages[0]?.text).toContain(
      'The user has been told: The servers "dead", "flapping"',
    );

    flapping.failWith = undefined;
    pass(5000);
    await alice.say('two');
    expect(connections.lists.size()).toBe(1);

    expect(model.shown.every(({ messages }) => notices(messages.slice(1)).length === 0)).toBe(true);
  });

  it.each(['hung', 'dead', 'flapping'] as const)(
    'F33 ends a turn with a sentence that names %s when it is required, and goes on when it is back',
    async (name) => {
      const { flapping, alice, good } = await start({ [name]: true }, 'Hello.');
      flapping.failWith = 503;

      const { messages } = await alice.say('hello');

      expect(messages.at(-1)?.text).toContain(`"${name}"`);
      expect(good.calls).toEqual([]);
      if (name !== 'flapping') return;
      flapping.failWith = undefined;
      expect((await alice.say('again')).messages.at(-1)?.text).toBe('Hello.');
    },
  );

  it('leaves no connection to the hung server behind', async () => {
    const { hung, alice, connections } = await start({}, 'Hello.');
    await alice.say('hello');

    await connections.close();

    // Node’s fetch opens a connection in the place of one that was cut, and closes it after 4 idle seconds.
    await expect.poll(() => hung.sockets.size, { timeout: 10_000 }).toBe(0);
  });
});
