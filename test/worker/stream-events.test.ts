import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  RemoveMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { createStreamReader } from '../../src/worker/stream-events.js';
import { readMessages } from '../../src/worker/thread-view.js';

const call = { id: 'call-1', name: 'search', args: { name: 'orders' } };
const asking = new AIMessage({ id: 'a', content: '', tool_calls: [call] });
const answer = new ToolMessage({ content: 'none', tool_call_id: 'call-1', name: 'search' });
const told = [
  { type: 'tool-call', toolCallId: 'call-1', tool: 'search', args: { name: 'orders' } },
  { type: 'tool-result', toolCallId: 'call-1', tool: 'search', status: 'success', content: 'none' },
];

function reader(...messages: unknown[]) {
  return createStreamReader({ messages: readMessages({ messages }), open: [], hasNext: false });
}

describe('createStreamReader', () => {
  it('tells pieces of what the agent says, alone or with where they come from', () => {
    const piece = new AIMessageChunk({ id: 'a', content: 'hel' });

    expect(reader().read('messages', [piece, { node: 'model' }])).toEqual([
      { type: 'text', messageId: 'a', text: 'hel' },
    ]);
    expect(reader().read('messages', piece)).toHaveLength(1);
  });

  it('tells nothing of empty pieces, of other people’s words and of a conversation from before', () => {
    const old = new AIMessage({ id: 'old', content: 'long ago' });
    const read = reader(old);
    const pieces = [new AIMessageChunk({ id: 'a', content: '' }), new HumanMessage('hi'), answer, old];

    expect(pieces.flatMap((piece) => read.read('messages', [piece, {}]))).toEqual([]);
  });

  it('tells tool calls and their results, each once', () => {
    const read = reader();
    const updates = { model: { messages: [asking] }, tools: { messages: [answer] } };

    expect([...read.read('updates', updates), ...read.read('updates', updates)]).toEqual(told);
  });

  it('does not tell again what stood in the thread, when a step writes all of it anew', () => {
    const all = [new RemoveMessage({ id: '__remove_all__' }), asking, answer];

    expect(reader(asking, answer).read('updates', { begin: { messages: all } })).toEqual([]);
  });

  it('tells a call again whose arguments a person changed', () => {
    const edited = new AIMessage({
      id: 'a',
      content: '',
      tool_calls: [{ ...call, args: { name: 'invoices' } }],
    });

    expect(reader(asking).read('updates', { review: { messages: [edited] } })).toMatchObject([
      { type: 'tool-call', args: { name: 'invoices' } },
    ]);
  });

  it('tells progress as it came, and nothing of other modes', () => {
    expect(reader().read('custom', { done: 1 })).toEqual([{ type: 'progress', data: { done: 1 } }]);
    expect(reader().read('metadata', { run_id: 'r' })).toEqual([]);
    expect(reader().read('updates', null)).toEqual([]);
  });
});
