import { MemorySaver } from '@langchain/langgraph';
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
let connections: McpConnections;
let timers: number;

beforeEach(async () => {
  timers = countTimers();
  process.on('unhandledRejection', noteUnhandled);
  server = await startMcpTestServer(testTools, { sessions: true });
  connections = connectTo(server.url);
});

afterEach(async () => {
  await connections.close();
  expect(server.liveSessions()).toEqual([]);
  await server.close();
  expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
  process.off('unhandledRejection', noteUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

describe('one thread id', () => {
  /** Two agents with threads of their own and connections in common, as two graphs of one process have. */
  function startAgents() {
    const issuer = createTokenIssuer([agentAudience, server.url]);
    const checkpointers = [new MemorySaver(), new MemorySaver()] as const;
    const open = checkpointers.map((checkpointer) => {
      const graph = createConnectedGraph({ connections, issuer, step: askWhoAmI, checkpointer });
      return (person: string) => openConversation(graph, 'thread-1', () => issuer.token(person));
    });
    return { checkpointers, open: open as [(typeof open)[0], (typeof open)[0]] };
  }

  /** Each person’s requests went out on sessions of their own, with their own tokens. */
  function expectApart({ requests, calls }: McpTestServer): void {
    const ownerOf = new Map(calls.map(({ sessionId, subject }) => [sessionId, subject]));
    expect(new Set(ownerOf.values()).size).toBe(ownerOf.size);
    for (const { sessionId, subject, method } of requests.filter((each) => ownerOf.has(each.sessionId)))
      expect([method, subject]).toEqual([method, ownerOf.get(sessionId)]);
  }

  it('F35 of two people in two agents has tools, a session and answers for each', async () => {
    const { open } = startAgents();
    const threads = [open[0]('alice'), open[1]('bob')] as const;

    for (const turn of ['one', 'two']) {
      const states = await Promise.all(threads.map((thread) => thread.say(turn)));
      expect(states.map(({ messages }) => lastToolAnswer(messages))).toEqual([
        { you: 'alice' },
        { you: 'bob' },
      ]);
    }

    expectApart(server);
    expect(
      server
        .liveSessions()
        .map(({ subject }) => subject)
        .sort(),
    ).toEqual(['alice', 'bob']);
    const lists = server.requests.filter(({ method }) => method === 'tools/list');
    expect(lists.map(({ subject }) => subject).sort()).toEqual(['alice', 'bob']);
  });

  it('F35 of one person and, once that thread was deleted, of another leads to nothing of the first', async () => {
    const { checkpointers, open } = startAgents();
    await open[0]('alice').say('who am I?');
    await checkpointers[0].deleteThread('thread-1');

    const { messages } = await open[0]('bob').say('who am I?');

    expect(lastToolAnswer(messages)).toEqual({ you: 'bob' });
    expect(messages.filter(({ type }) => type === 'human')).toHaveLength(1);
    expect(server.calls.map(({ subject }) => subject)).toEqual(['alice', 'bob']);
    expectApart(server);
  });

  it('F35 of two people at the same time in one agent is one’s, and no call of the other leaves', async () => {
    const { open } = startAgents();

    const ends = await Promise.allSettled(['alice', 'bob'].map((person) => open[0](person).say('who am I?')));

    const refusals = ends.filter((end) => end.status === 'rejected');
    expect(refusals).toMatchObject([{ reason: { code: 'ERR_PRINCIPAL_MISMATCH' } }]);
    expect(server.calls).toHaveLength(1);
    expectApart(server);
  });
});
