import { inspect } from 'node:util';
import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLogger } from '../../src/logger.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import { createCanarySearch } from '../support/canary.js';
import { countTimers, settleTimers } from '../support/fault-client.js';
import type { Era, RawAnswer, RawMcpServer, RawRequest } from '../support/raw-mcp-server.js';
import {
  beginEvents,
  eras,
  sendJson,
  startRawMcpServer,
  toEvent,
  toResult,
} from '../support/raw-mcp-server.js';
import { agentAudience, createTestGraph, lastToolAnswer, openConversation } from '../support/test-agent.js';

const work = defineWrapperTool({
  name: 'work',
  description: 'Works.',
  schema: z.object({}),
  class: 'read',
});

const unhandled: unknown[] = [];
const noteUnhandled = (error: unknown): void => void unhandled.push(error);
let server: RawMcpServer;
let timers: number;

beforeEach(() => {
  timers = countTimers();
  process.on('unhandledRejection', noteUnhandled);
});

afterEach(async () => {
  await server.allClosed();
  expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
  await server.close();
  process.off('unhandledRejection', noteUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

/** An agent that calls `work` when a person says so, and then is done. Its times are so long that no test can need them. */
async function start(era: Era) {
  server = await startRawMcpServer(era, { session: () => 'session-1' });
  const lines: string[] = [];
  const issuer = createTokenIssuer([agentAudience, server.url]);
  const graph = createTestGraph({
    issuer,
    model: new ScriptedModel((messages) =>
      messages.at(-1)?.text === 'work' ? [{ name: 'work', args: {} }] : 'done',
    ),
    wrappers: [work],
    mcpServers: {
      platform: {
        type: 'http',
        url: server.url,
        auth: { mode: 'forward' },
        connectTimeoutMs: 600_000,
        callTimeoutMs: 600_000,
      },
    },
    logger: createLogger({ level: 'debug', format: 'json', write: (line) => void lines.push(line) }),
  });
  /** A thread of Alice’s, with tokens of these names in turn and the last one from then on. */
  const open = (threadId: string, ...names: readonly string[]) => {
    const left = [...names];
    return openConversation(graph, threadId, () => {
      const jti = left.length > 1 ? left.shift() : left[0];
      return issuer.token('alice', { jti });
    });
  };
  return { open, graph, issuer, lines };
}

/** The name of the token that a request came with. */
function tokenOf({ request }: RawRequest): string {
  const [, claims = ''] = request.headers.authorization?.split('.') ?? [];
  const { jti } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { jti?: string };
  return jti ?? '';
}

const refuse: RawAnswer = ({ response }) => void response.writeHead(401).end('revoked');
const tokensAt = (method: string): string[] =>
  server.requests.filter((raw) => raw.method === method).map((raw) => tokenOf(raw));
/** The last request of the run itself: a connection that is given up ends its session behind it. */
const lastMethod = (): string | undefined =>
  server.requests.map(({ method }) => method).findLast((method) => method !== 'DELETE');

const signIn = {
  type: 'sign-in',
  reason: 'refused',
  message: 'Your sign-in was not accepted; sign in again.',
};

const places: readonly (readonly [Era, string])[] = [
  ['2026', 'server/discover'],
  ['2026', 'tools/list'],
  ['2026', 'tools/call'],
  ['2025', 'server/discover'],
  ['2025', 'initialize'],
  ['2025', 'notifications/initialized'],
  ['2025', 'tools/list'],
  ['2025', 'tools/call'],
];

describe('a token that the server refuses', () => {
  it.each(places)(
    'F15 of the %s era at %s is sent once, and the run waits for a sign-in and goes on',
    async (era, method) => {
      const { open } = await start(era);
      const thread = open('thread-1', 'first', 'second');
      server.answers.set(method, refuse);

      await thread.say('work');

      expect(await thread.interrupt()).toEqual(signIn);
      expect(tokensAt(method)).toEqual(['first']);
      expect(lastMethod()).toBe(method);
      server.answers.clear();

      expect((await thread.resume(true)).messages.at(-1)?.text).toBe('done');
      expect(tokensAt('tools/call').at(-1)).toBe('second');
    },
  );

  it.each(eras)(
    'F15 during a call of the %s era is replaced once, by one that came meanwhile',
    async (era) => {
      const { open } = await start(era);
      server.answers.set('tools/call', async (raw) => {
        if (tokenOf(raw) === 'second') {
          sendJson(raw.response, toResult(raw));
          return;
        }
        await open('thread-2', 'second').say('I signed in again');
        await refuse(raw);
      });

      const { messages } = await open('thread-1', 'first').say('work');

      expect(messages.at(-1)?.text).toBe('done');
      expect(tokensAt('tools/call')).toEqual(['first', 'second']);
    },
  );

  it.each(eras)('F15 in the %s era, and its successor too, is not sent a third time', async (era) => {
    const { open } = await start(era);
    server.answers.set('tools/call', async (raw) => {
      if (tokenOf(raw) === 'first') await open('thread-2', 'second').say('I signed in again');
      return refuse(raw);
    });
    const thread = open('thread-1', 'first', 'third');

    await thread.say('work');

    expect(await thread.interrupt()).toEqual(signIn);
    expect(tokensAt('tools/call')).toEqual(['first', 'second']);
    await thread.resume(true);
    expect(await thread.interrupt()).toEqual(signIn);
    expect(tokensAt('tools/call')).toEqual(['first', 'second', 'third']);
  });
});

const scope: RawAnswer = ({ response }) => {
  const challenge = 'Bearer error="insufficient_scope", scope="files:write"';
  response.writeHead(403, { 'www-authenticate': challenge }).end('not yours');
};
const sentence =
  'The server "platform" asks for the permission "files:write", which your sign-in does not carry; an administrator can grant it.';

describe('a token that lacks a scope', () => {
  it.each(places)('F16 of the %s era at %s is sent once, and the scope is told', async (era, method) => {
    const { open, lines } = await start(era);
    const thread = open('thread-1', 'first');
    server.answers.set(method, scope);

    const { messages } = await thread.say('work');

    expect(tokensAt(method)).toEqual(['first']);
    expect(lastMethod()).toBe(method);
    if (method === 'tools/call')
      expect(lastToolAnswer(messages)).toMatchObject({ outcome: 'permission-denied', message: sentence });
    else expect(messages.at(-1)?.text).toBe(sentence);
    expect(await thread.interrupt()).toBeUndefined();
    expect(JSON.stringify(messages) + lines.join('\n')).not.toContain('not yours');
  });

  it.each(eras)('F16 in the %s era is no reason to try another, nor to give the session up', async (era) => {
    const { open } = await start(era);
    const thread = open('thread-1', 'first');
    server.answers.set('tools/call', async (raw) => {
      await open('thread-2', 'other').say('I signed in again');
      return scope(raw);
    });

    expect(lastToolAnswer((await thread.say('work')).messages)).toMatchObject({ message: sentence });
    expect(tokensAt('tools/call')).toEqual(['first']);
    server.answers.clear();
    const connects = server.count('initialize');

    expect((await thread.say('work')).messages.at(-1)?.text).toBe('done');
    expect(server.count('initialize')).toBe(connects);
    expect(server.count('DELETE')).toBe(0);
  });
});

/** The header of a request in the spellings that are held back: as it came, percent-encoded, in base64. */
function echoOf({ request }: RawRequest): string {
  const header = request.headers.authorization ?? '';
  return [header, encodeURIComponent(header), Buffer.from(header).toString('base64')].join(' ');
}

const echoError: RawAnswer = (raw) => void raw.response.writeHead(500, { 'x-echo': 'y' }).end(echoOf(raw));
const toNotice = (raw: RawRequest): string => {
  const params = { level: 'error', logger: echoOf(raw), data: { heard: echoOf(raw) } };
  return toEvent({ jsonrpc: '2.0', method: 'notifications/message', params });
};

describe('a server that gives the Authorization header back', () => {
  /** Runs a turn, and looks for the token in the log, in what the run streams, and in errors with their causes. */
  async function expectKept({ graph, issuer, lines }: Awaited<ReturnType<typeof start>>): Promise<void> {
    const token = issuer.token('alice');
    const texts: string[] = [];
    const record = (error: unknown): void => void texts.push(inspect(error, { depth: 12 }));
    const tracer = BaseCallbackHandler.fromMethods({ handleChainError: record, handleToolError: record });
    const configurable = { thread_id: 'thread-1', _user_token: token };
    const config = { configurable, callbacks: [tracer] };
    const streamMode = ['values', 'updates', 'messages', 'custom', 'debug', 'checkpoints', 'tasks'];
    const input = { messages: [{ role: 'user', content: 'work' }] };
    for await (const event of await graph.stream(input as never, { ...config, streamMode } as never))
      texts.push(JSON.stringify(event));
    await server.allClosed();
    const search = createCanarySearch([{ name: 'token', text: token }]);

    expect(search({ name: 'run', texts, witness: 'work' })).toMatchObject({ hasWitness: true, found: [] });
    expect(search({ name: 'log', texts: lines, witness: '' }).found).toEqual([]);
  }

  it.each([...places, ['2025', 'GET'] as const])(
    'F42 in an error of the %s era at %s gets it into no stream and no log',
    async (era, method) => {
      const agent = await start(era);
      server.answers.set(method, echoError);

      await expectKept(agent);

      expect(server.count(method)).toBeGreaterThan(0);
    },
  );

  it.each(eras)('F42 in a log message of the %s era gets it into no stream and no log', async (era) => {
    const agent = await start(era);
    server.answers.set('tools/call', (raw) => {
      beginEvents(raw.response, toNotice(raw)).end(toEvent(toResult(raw)));
    });

    await expectKept(agent);

    expect((await agent.open('thread-1', 'next').messages()).at(-1)?.text).toBe('done');
  });

  it('F42 in a log message on the listening stream gets it into no stream and no log', async () => {
    const agent = await start('2025');
    const listening = server.next('GET');
    server.answers.set('GET', (raw) => {
      beginEvents(raw.response, toNotice(raw));
    });
    server.answers.set('tools/call', async (raw) => {
      const { response } = await listening;
      sendJson(raw.response, toResult(raw));
      response.end();
    });

    await expectKept(agent);
  });
});
