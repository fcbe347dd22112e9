import { AIMessage } from '@langchain/core/messages';
import { createMiddleware } from 'langchain';
import { afterEach, describe, expect, it } from 'vitest';
import type { TestAgent } from '../support/test-agent.js';
import { lastToolAnswer, startTestAgent } from '../support/test-agent.js';

const open: TestAgent[] = [];
const approve = { type: 'approve' } as const;

afterEach(async () => {
  await Promise.all(open.splice(0).map((agent) => agent.close()));
});

function aiCall(name: string, id: string): AIMessage {
  return new AIMessage({
    content: '',
    tool_calls: [{ type: 'tool_call', id, name: 'make_thing', args: { name } }],
  });
}

function write(agent: TestAgent, update: { threadId: string; message: AIMessage | undefined; as: string }) {
  const config = { configurable: { thread_id: update.threadId } };
  return agent.graph.updateState(config, { messages: [update.message] }, update.as);
}

describe('a crash between the approval and the call', () => {
  async function crashAfterApproval() {
    let crashes = 1;
    const crashing = createMiddleware({
      name: 'Crashing',
      afterModel: () => {
        crashes -= 1;
        if (crashes === 0) throw new Error('the process died');
        return undefined;
      },
    });
    const agent = await startTestAgent({
      steps: [[{ name: 'make_thing', args: { name: 'a' } }], () => 'done'],
      middlewareBefore: [crashing],
    });
    open.push(agent);
    const thread = agent.open('thread-1', 'alice');
    await thread.say('make it');
    await expect(thread.resume({ decisions: [approve] })).rejects.toThrow('the process died');
    expect(agent.server.calls).toEqual([]);
    return { agent, thread };
  }

  it('and a message after it end as a call that was stopped before it was made', async () => {
    const { agent, thread } = await crashAfterApproval();

    await thread.say('and now?');

    const answer = lastToolAnswer(agent.model.shown.at(-1)?.messages ?? []);
    expect(answer).toMatchObject({
      outcome: 'cancelled',
      message: 'make_thing was stopped before it was made.',
    });
    expect(answer['details']).toBeUndefined();
    expect(agent.server.calls).toEqual([]);
  });

  it('goes on and makes the call once', async () => {
    const { agent, thread } = await crashAfterApproval();

    await thread.goOn();
    await thread.goOn();

    expect(agent.server.calls.map(({ args }) => args['name'])).toEqual(['a']);
  });

  it.each(['model_request', 'McpToolsMiddleware.after_model', 'Crashing.after_model'])(
    'does not let other arguments out under the approved tool call id, written as %s',
    async (node) => {
      const { agent, thread } = await crashAfterApproval();
      const ai = (await thread.messages()).findLast((message) => AIMessage.isInstance(message));
      const changed = aiCall('other', ai?.tool_calls?.[0]?.id ?? '');
      if (ai?.id !== undefined) changed.id = ai.id;

      await write(agent, { threadId: 'thread-1', message: changed, as: node });
      await thread.goOn();

      expect(agent.server.calls).toEqual([]);
    },
  );

  it('does not let the call out in another thread of the same person', async () => {
    const { agent, thread } = await crashAfterApproval();
    const ai = (await thread.messages()).findLast((message) => AIMessage.isInstance(message));
    const other = agent.open('thread-2', 'alice');
    await other.say('hello');

    await write(agent, { threadId: 'thread-2', message: ai, as: 'Crashing.after_model' });
    await other.goOn();

    expect(agent.server.calls).toEqual([]);
  });
});
