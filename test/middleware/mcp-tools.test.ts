import { ToolMessage } from '@langchain/core/messages';
import { expect, describe, it } from 'vitest';
import { z } from 'zod';
import { mcpToolsMiddleware } from '../../src/middleware/mcp-tools.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import { lastToolAnswer, startTestAgent, unansweredToolCalls } from '../support/test-agent.js';

describe('mcpToolsMiddleware', () => {
  it('shows the model a valid conversation when a state update left a call open', async () => {
    const call = { name: 'make_thing', args: { name: 'a' } };
    const steps = [
      [
        { ...call, id: 'call_1' },
        { ...call, id: 'call_2' },
      ],
      () => 'done',
    ];
    const agent = await startTestAgent({ steps });
    const thread = agent.open('thread-1', 'alice');
    await thread.say('make two');
    const answer = new ToolMessage({ tool_call_id: 'call_1', content: '{"made":"a"}' });

    await agent.graph.updateState(
      { configurable: { thread_id: 'thread-1' } },
      { messages: [answer] },
      'tools',
    );
    await thread.goOn();
    await agent.close();

    const shown = agent.model.shown.at(-1)?.messages ?? [];
    expect(agent.model.shown).toHaveLength(2);
    expect(unansweredToolCalls(shown)).toEqual([]);
    expect(lastToolAnswer(shown)).toMatchObject({ outcome: 'unknown-result' });
    expect(agent.server.calls).toEqual([]);
  });

  it('has no step after the model when its wrappers only read', () => {
    const sources = {
      mcpServers: {},
      tokens: { issuer: 'https://issuer', audience: 'agent', jwks: { keys: [] } },
    };
    const define = (wrapperClass: 'read' | 'write') =>
      defineWrapperTool({
        name: 'a_tool',
        description: 'A tool.',
        schema: z.object({}),
        class: wrapperClass,
      });

    expect(mcpToolsMiddleware({ ...sources, tools: [define('read')] }).afterModel).toBeUndefined();
    expect(mcpToolsMiddleware({ ...sources, tools: [define('write')] }).afterModel).toBeDefined();
  });

  it('lets another run of the owner in at the door, and nobody else', async () => {
    const agent = await startTestAgent({ steps: [() => 'done'] });

    await agent.open('thread-1', 'alice').say('hello');
    const again = await agent.open('thread-1', 'alice').say('hello again');
    const stranger = agent.open('thread-1', 'bob').say('hello');

    expect(again.messages.at(-1)?.text).toBe('done');
    await expect(stranger).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });
    await agent.close();
  });
});
