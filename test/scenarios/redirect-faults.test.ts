import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { McpConnections } from '../../src/mcp-client/mcp-connections.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';
import { askWhoAmI, connectTo, createConnectedGraph } from '../support/agent-connections.js';
import { countTimers, settleTimers } from '../support/fault-client.js';
import { agentAudience, lastToolAnswer, openConversation, testTools } from '../support/test-agent.js';

const unhandled: unknown[] = [];
const noteUnhandled = (error: unknown): void => void unhandled.push(error);
let server: McpTestServer;
let elsewhere: McpTestServer;
let connections: McpConnections;
let timers: number;

beforeEach(async () => {
  timers = countTimers();
  process.on('unhandledRejection', noteUnhandled);
  server = await startMcpTestServer(testTools);
  elsewhere = await startMcpTestServer(testTools, { anonymous: true });
  connections = connectTo(server.url);
});

afterEach(async () => {
  await connections.close();
  await Promise.all([server.close(), elsewhere.close()]);
  expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
  process.off('unhandledRejection', noteUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

function openThread() {
  const issuer = createTokenIssuer([agentAudience, server.url, elsewhere.url]);
  const graph = createConnectedGraph({ connections, issuer, step: askWhoAmI });
  return openConversation(graph, 'thread-1', () => issuer.token('alice'));
}

const targets: readonly (readonly [title: string, target: () => string])[] = [
  ['to another origin', () => elsewhere.url],
  // As far as a client can tell before it asks: the same name and port, without TLS.
  ['to another scheme', () => elsewhere.url.replace('http:', 'https:')],
  ['to another path of its own', () => server.url.replace(/\/mcp$/, '/other')],
  ['to itself, for ever', () => server.url],
];
const statuses = [301, 302, 303, 307, 308];

describe('a server that answers with a redirect', () => {
  it.each(targets)('F19 %s is not followed when it is connected to', async (_title, target) => {
    for (const status of statuses) {
      const before = server.requests.length;
      server.intercept = () => new Response(null, { status, headers: { location: target() } });

      const { messages } = await openThread().say('who am I?');

      expect(messages.at(-1)?.text).toMatch(
        /^The server "platform" cannot be reached now; nothing was changed/,
      );
      const sent = server.requests.slice(before).map(({ method }) => method);
      expect([status, sent]).toEqual([status, ['server/discover']]);
    }
    expect(elsewhere.requests).toEqual([]);
  });

  it.each(targets)('F19 %s is not followed by a call, and the next call is made', async (_title, target) => {
    const thread = openThread();
    await thread.say('who am I?');
    for (const status of statuses) {
      const before = server.count('tools/call');
      server.intercept = (method) =>
        method === 'tools/call' ? new Response(null, { status, headers: { location: target() } }) : undefined;

      const { messages } = await thread.say('who am I?');

      expect(lastToolAnswer(messages)['outcome']).toBe('unavailable');
      expect([status, server.count('tools/call') - before]).toEqual([status, 1]);
      server.intercept = undefined;
      expect(lastToolAnswer((await thread.say('who am I?')).messages)).toEqual({ you: 'alice' });
    }
    expect(elsewhere.requests).toEqual([]);
  });
});
