import type { BaseMessage } from '@langchain/core/messages';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { McpConnections } from '../../src/mcp-client/mcp-connections.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import type { Said, Step } from '../../src/testing/scripted-model.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';
import { askWhoAmI, connectTo, createConnectedGraph } from '../support/agent-connections.js';
import { countTimers, settleTimers } from '../support/fault-client.js';
import type { AgentState } from '../support/test-agent.js';
import { agentAudience, lastToolAnswer, openConversation, testTools } from '../support/test-agent.js';
import type { TokenService } from '../support/token-service.js';
import { startTokenService } from '../support/token-service.js';

const calls = 20;
const callTwenty = (messages: readonly BaseMessage[]): Said =>
  messages.at(-1)?.type === 'tool'
    ? 'done'
    : Array.from({ length: calls }, (_, index) => ({ name: 'who_am_i', args: { question: String(index) } }));
const answersIn = ({ messages }: AgentState): number =>
  messages.filter(({ type, text }) => type === 'tool' && text.includes('"you":"alice"')).length;

const unhandled: unknown[] = [];
const noteUnhandled = (error: unknown): void => void unhandled.push(error);
const closing: { close(): Promise<void> }[] = [];
let timers: number;

beforeEach(() => {
  timers = countTimers();
  process.on('unhandledRejection', noteUnhandled);
});

afterEach(async () => {
  vi.useRealTimers();
  for (const each of closing.splice(0)) await each.close();
  expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
  process.off('unhandledRejection', noteUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

async function startServer(): Promise<McpTestServer> {
  const server = await startMcpTestServer(testTools);
  closing.push(server);
  return server;
}

function connect(server: McpTestServer, auth?: object): McpConnections {
  const connections = connectTo(server.url, auth);
  // Before the server, whose going it would notice.
  closing.unshift(connections);
  return connections;
}

describe('twenty calls at once with a token', () => {
  async function startForwarding(step: Step = callTwenty) {
    const server = await startServer();
    const issuer = createTokenIssuer([agentAudience, server.url]);
    const graph = createConnectedGraph({ connections: connect(server), issuer, step });
    return { server, thread: openConversation(graph, 'thread-1', () => issuer.token('alice')) };
  }

  it('F34 that ended after they were asked for send nothing, and one sign-in serves them all', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let hasEnded = false;
    const { server, thread } = await startForwarding((messages) => {
      if (!hasEnded) vi.setSystemTime(Date.now() + 3_600_000);
      hasEnded = true;
      return callTwenty(messages);
    });

    await thread.say('who am I?');

    expect(await thread.interrupt()).toMatchObject({ type: 'sign-in', reason: 'expired' });
    expect(server.count('tools/call')).toBe(0);
    expect(answersIn(await thread.resume(true))).toBe(calls);
    expect(server.count('tools/call')).toBe(calls);
  });

  it('F34 that the server calls ended are sent once each, and one sign-in serves them all', async () => {
    const { server, thread } = await startForwarding();
    server.intercept = (method) =>
      method === 'tools/call' ? new Response('expired', { status: 401 }) : undefined;

    await thread.say('who am I?');

    expect(await thread.interrupt()).toMatchObject({ type: 'sign-in', reason: 'refused' });
    expect(server.count('tools/call')).toBe(calls);
    server.intercept = undefined;
    expect(answersIn(await thread.resume(true))).toBe(calls);
    expect(server.count('tools/call')).toBe(2 * calls);
  });
});

describe('twenty calls at once with an exchanged token', () => {
  async function startExchanging(step: Step = callTwenty) {
    const server = await startServer();
    const issuer = createTokenIssuer([agentAudience]);
    const service: TokenService = await startTokenService(issuer, agentAudience);
    closing.push(service);
    const auth = { mode: 'exchange', tokenUrl: service.url, clientId: 'fleet', clientSecret: 's3cret' };
    const graph = createConnectedGraph({ connections: connect(server, auth), issuer, step });
    const thread = openConversation(graph, 'thread-1', () => issuer.token('alice'));
    return { server, service, thread };
  }

  it('F34 that nears its end after the load make one exchange', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { server, service, thread } = await startExchanging((messages) => {
      if (messages.length === 1) vi.setSystemTime(Date.now() + 291_000);
      return callTwenty(messages);
    });

    expect(answersIn(await thread.say('who am I?'))).toBe(calls);

    expect(service.requests).toHaveLength(2);
    expect(new Set(server.calls.map(({ tokenId }) => tokenId))).toEqual(new Set(['t2']));
  });

  it('F34 that the server refuses make one exchange, and each is sent once more', async () => {
    const { server, service, thread } = await startExchanging();
    expect(answersIn(await thread.say('who am I?'))).toBe(calls);
    const before = server.count('tools/call');
    const [old = ''] = service.given;
    let refusals = 0;
    let allRefused = (): void => undefined;
    const refused = new Promise<void>((resolve) => {
      allRefused = resolve;
    });
    server.intercept = async (method, request) => {
      if (method !== 'tools/call' || request.headers.get('authorization') !== `Bearer ${old}`)
        return undefined;
      refusals += 1;
      if (refusals === calls) allRefused();
      // Together, so that each of them wants another token at the same time.
      await refused;
      return new Response('expired', { status: 401 });
    };

    expect(answersIn(await thread.say('and now?'))).toBe(2 * calls);

    expect(service.requests).toHaveLength(2);
    expect(server.count('tools/call') - before).toBe(2 * calls);
  });
});

describe('a clock that steps', () => {
  const minuteMs = 60_000;

  async function startStepping() {
    vi.useFakeTimers({ toFake: ['Date'] });
    const startMs = Date.now();
    const server = await startServer();
    // The issuer’s clock stays right.
    const issuer = createTokenIssuer([agentAudience, server.url], () => startMs);
    let token = issuer.token('alice');
    const graph = createConnectedGraph({ connections: connect(server), issuer, step: askWhoAmI });
    return {
      server,
      thread: openConversation(graph, 'thread-1', () => token),
      step: (minutes: number) => vi.setSystemTime(startMs + minutes * minuteMs),
      signIn: (lifeMinutes: number) => {
        const now = Math.floor(startMs / 1000);
        token = issuer.token('alice', { iat: now, exp: now + lifeMinutes * 60 });
      },
    };
  }

  it('F36 forward by five minutes keeps a token that lives longer, and its tools', async () => {
    const { server, thread, step } = await startStepping();
    await thread.say('who am I?');
    step(5);

    expect(lastToolAnswer((await thread.say('who am I?')).messages)).toEqual({ you: 'alice' });

    step(0);
    expect(lastToolAnswer((await thread.say('who am I?')).messages)).toEqual({ you: 'alice' });
    expect(server.calls).toHaveLength(3);
  });

  it.each([
    ['forward', 5, 4, 'expired'],
    ['back', -5, 10, 'not-yet-valid'],
  ])(
    'F36 %s by five minutes refuses a token before anything is kept, until it is right again',
    async (_direction, minutes, lifeMinutes, reason) => {
      const { server, thread, step, signIn } = await startStepping();
      signIn(lifeMinutes);
      await thread.say('who am I?');
      const kept = (await thread.messages()).length;
      const sent = server.requests.length;
      step(minutes);

      await expect(thread.say('again')).rejects.toMatchObject({ code: 'ERR_TOKEN_INVALID', reason });

      expect(await thread.messages()).toHaveLength(kept);
      expect(server.requests).toHaveLength(sent);
      step(0);
      expect(lastToolAnswer((await thread.say('again')).messages)).toEqual({ you: 'alice' });
    },
  );

  it('F36 back by five minutes during a call keeps its answer, and the run goes on once it is right', async () => {
    const { server, thread, step } = await startStepping();
    server.intercept = (method) => {
      if (method === 'tools/call') step(-5);
      return undefined;
    };

    await expect(thread.say('who am I?')).rejects.toMatchObject({ reason: 'not-yet-valid' });
    step(0);
    const { messages } = await thread.goOn();

    expect(lastToolAnswer(messages)).toEqual({ you: 'alice' });
    expect(messages.at(-1)?.text).toBe('done');
    expect(server.calls).toHaveLength(1);
  });
});
