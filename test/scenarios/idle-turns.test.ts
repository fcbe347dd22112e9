import { AIMessage } from '@langchain/core/messages';
import { MemorySaver } from '@langchain/langgraph';
import { createAgent } from 'langchain';
import { afterEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createLogger } from '../../src/logger.js';
import { mcpToolsMiddleware } from '../../src/middleware/mcp-tools.js';
import { addConditionalEntry } from '../../src/runtime/conditional-entry.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';
import type { AgentState, TestAgent, TestGraph } from '../support/test-agent.js';
import { agentAudience, createTestGraph, startTestAgent, testWrappers } from '../support/test-agent.js';

const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
});

const node = 'McpToolsMiddleware.before_agent';

async function start(): Promise<TestAgent> {
  const agent = await startTestAgent({ model: new ScriptedModel(() => 'done') });
  closing.push(agent);
  return agent;
}

/** The same agent without the door that compares owners before the router is asked. */
async function startUnsealed() {
  const { issuer, server } = await start();
  const lines: string[] = [];
  const mcpTools = mcpToolsMiddleware({
    tools: testWrappers,
    mcpServers: { platform: { type: 'http', url: server.url, auth: { mode: 'forward' } } },
    tokens: { issuer: issuer.issuer, audience: agentAudience, jwks: issuer.jwks },
    logger: createLogger({ format: 'json', level: 'info', write: (line) => lines.push(line) }),
  });
  const model = new ScriptedModel(() => 'done');
  const { graph } = createAgent({
    ...{ model, tools: [...testWrappers], checkpointer: new MemorySaver() },
    middleware: [mcpTools],
  });
  return { graph: addConditionalEntry(graph, mcpTools.entry), issuer, model, lines };
}

interface Turn {
  readonly threadId?: string;
  readonly token: unknown;
}

/** Has a turn and says whether it passed the middleware’s step. */
async function passesStep(
  graph: Pick<TestGraph, 'stream'>,
  { threadId = 'thread-1', token }: Turn,
): Promise<boolean> {
  const configurable = { thread_id: threadId, _user_token: token };
  const input = { messages: [{ role: 'user', content: 'hello' }] };
  const nodes: string[] = [];
  for await (const update of await graph.stream(input, { configurable, streamMode: 'updates' }))
    nodes.push(...Object.keys(update as object));
  expect(nodes).toContain('model_request');
  return nodes.includes(node);
}

describe('a turn', () => {
  it('passes the step before the agent once for a thread, and not while there is nothing to do', async () => {
    const { graph, issuer } = await start();
    const turn = () => passesStep(graph, { token: issuer.token('alice') });

    expect([await turn(), await turn(), await turn()]).toEqual([true, false, false]);
  });

  it('passes it in a new thread of a person whose tools are known: the owner is recorded', async () => {
    const { graph, issuer } = await start();
    const turn = (threadId: string) => passesStep(graph, { threadId, token: issuer.token('alice') });

    expect([await turn('thread-1'), await turn('thread-2'), await turn('thread-2')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('passes it when a tool call was left open, and closes it', async () => {
    const { graph, issuer } = await start();
    const turn = () => passesStep(graph, { token: issuer.token('alice') });
    await turn();
    const open = new AIMessage({ content: '', tool_calls: [{ id: 'call_1', name: 'who_am_i', args: {} }] });
    const thread = { configurable: { thread_id: 'thread-1' } };
    await graph.updateState(thread, { messages: [open] }, 'model_request');

    expect(await turn()).toBe(true);
    const { messages } = (await graph.getState(thread)).values as AgentState;
    expect(messages.filter(({ type }) => type === 'tool')).toHaveLength(1);
    expect(await turn()).toBe(false);
  });

  it('passes it in a process that does not know the tools, and loads them there', async () => {
    const { graph, issuer, server, checkpointer } = await start();
    await passesStep(graph, { token: issuer.token('alice') });
    const platform = { type: 'http', url: server.url, auth: { mode: 'forward' } };
    const model = new ScriptedModel(() => 'done');
    const other = createTestGraph({ issuer, model, checkpointer, mcpServers: { platform } });
    const turn = () => passesStep(other, { token: issuer.token('alice') });

    expect([await turn(), await turn()]).toEqual([true, false]);
    expect(server.count('tools/list')).toBe(2);
  });

  it('passes it while a server is missing', async () => {
    const issuer = createTokenIssuer([agentAudience]);
    const gone = { type: 'http', url: 'http://127.0.0.1:9/mcp', required: false };
    const model = new ScriptedModel(() => 'done');
    const graph = createTestGraph({ issuer, model, mcpServers: { gone } });
    const turn = () => passesStep(graph, { token: issuer.token('alice') });

    expect([await turn(), await turn()]).toEqual([true, true]);
  });

  it('passes it in a graph whose door is not sealed, which tells of a stranger once', async () => {
    const { graph, issuer, model, lines } = await startUnsealed();
    const turn = (subject: string) => passesStep(graph, { token: issuer.token(subject) });

    expect([await turn('alice'), await turn('alice')]).toEqual([true, true]);
    await expect(turn('bob')).rejects.toThrow('belongs to another person');
    expect(lines.filter((line) => line.includes('thread.refused'))).toHaveLength(1);
    expect(model.shown).toHaveLength(2);
  });

  it('of a stranger whose token was let in elsewhere is refused, however idle the thread is', async () => {
    const { graph, issuer, model } = await startUnsealed();
    // As the door would seal them.
    const [hers, his] = ['alice', 'bob'].map((subject) => toBearerToken(issuer.token(subject)));
    await passesStep(graph, { threadId: 'hers', token: hers });
    await passesStep(graph, { threadId: 'his', token: his });

    expect(await passesStep(graph, { threadId: 'hers', token: hers })).toBe(false);
    await expect(passesStep(graph, { threadId: 'hers', token: his })).rejects.toThrow(
      'belongs to another person',
    );
    await expect(passesStep(graph, { threadId: 'hers', token: his })).rejects.toThrow(
      'belongs to another person',
    );
    expect(model.shown).toHaveLength(3);
  });
});
