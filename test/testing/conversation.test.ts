import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { MemorySaver, MessagesAnnotation, StateGraph, interrupt } from '@langchain/langgraph';
import { describe, expect, it } from 'vitest';
import { openConversation } from '../../src/testing/conversation.js';

/** Asks once, then says what it was answered and whose token the run carried. */
function createGraph() {
  return new StateGraph(MessagesAnnotation)
    .addNode('ask', (_state, { configurable }) => {
      const answer: string = interrupt({ question: 'really?' });
      return { messages: [new AIMessage(`${answer}, ${String(configurable?._user_token)}`)] };
    })
    .addEdge('__start__', 'ask')
    .compile({ checkpointer: new MemorySaver() });
}

describe('openConversation', () => {
  it('shows what a run waits for, and answers it with the token of that moment', async () => {
    const tokens = ['first', 'second'];
    const thread = openConversation(createGraph(), { threadId: 'thread-1', token: () => tokens.shift() });
    const waiting = await thread.say('go');
    const asked = await thread.interrupt();
    const { messages } = await thread.resume('yes');

    expect(waiting.__interrupt__).toMatchObject([{ value: { question: 'really?' } }]);
    expect(asked).toEqual({ question: 'really?' });
    expect(messages.map(({ text }) => text)).toEqual(['go', 'yes, second']);
    expect(await thread.interrupt()).toBeUndefined();
    expect((await thread.messages()).map(({ text }) => text)).toEqual(['go', 'yes, second']);
  });

  it('keeps threads apart', async () => {
    const graph = createGraph();
    await openConversation(graph, { threadId: 'thread-1', token: () => 'a' }).say('go');
    const other = openConversation(graph, { threadId: 'thread-2', token: () => 'b' });

    expect([await other.messages(), await other.interrupt()]).toEqual([[], undefined]);
  });

  it('runs with any input, and with more of the run config', async () => {
    const graph = createGraph();
    const thread = openConversation(graph, { threadId: 'thread-1', token: () => undefined });
    await thread.invoke({ messages: [new HumanMessage('one')] }, { thread_id: 'elsewhere' });

    expect(await thread.messages()).toEqual([]);
  });

  it('goes on from a checkpoint, without input', async () => {
    const graph = createGraph();
    const thread = openConversation(graph, { threadId: 'thread-1', token: () => 'a' });
    await thread.say('go');
    const { config } = await graph.getState({ configurable: { thread_id: 'thread-1' } });
    await thread.resume('yes');
    const again = await thread.goOn(String(config.configurable?.checkpoint_id));

    expect(again.__interrupt__).toMatchObject([{ value: { question: 'really?' } }]);
  });
});
