import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { answerTo, readMessage, readMessages } from '../../src/worker/thread-view.js';

const call = { id: 'call-1', name: 'search', args: { name: 'orders' } };

describe('readMessage', () => {
  it.each([
    ['of this process', new AIMessage({ id: 'a', content: 'hi', tool_calls: [call] })],
    ['in JSON', { type: 'ai', id: 'a', content: 'hi', tool_calls: [{ ...call, type: 'tool_call' }] }],
    ['that is a piece', new AIMessageChunk({ id: 'a', content: 'hi', tool_calls: [call] })],
    [
      'of blocks',
      { type: 'ai', id: 'a', content: [{ type: 'text', text: 'h' }, 'i', {}], tool_calls: [call] },
    ],
  ])('reads a message of the agent %s', (_form, message) => {
    expect(readMessage(message)).toEqual({
      ...{ id: 'a', kind: 'ai', text: 'hi', calls: [call], answers: undefined },
    });
  });

  it('reads which call a tool’s message answers, and whether it failed', () => {
    const failed = { content: 'no', tool_call_id: 'call-1', name: 'search', status: 'error' as const };

    expect(readMessage(new ToolMessage(failed))).toMatchObject({
      ...{ kind: 'tool', text: 'no', answers: { callId: 'call-1', tool: 'search', isError: true } },
    });
  });

  it('tells the person’s messages from others', () => {
    expect([new HumanMessage('x'), new SystemMessage('x')].map((one) => readMessage(one)?.kind)).toEqual([
      'human',
      'other',
    ]);
  });

  it.each([undefined, null, 'text', 1, [], {}])('reads nothing from %j', (value) => {
    expect(readMessage(value)).toBeUndefined();
    expect(readMessages({ messages: [value] })).toEqual([]);
    expect(readMessages(value)).toEqual([]);
  });
});

describe('answerTo', () => {
  const messages = readMessages({
    messages: [
      new HumanMessage({ id: 'one', content: 'first' }),
      new AIMessage('a look'),
      new AIMessage({ content: '', tool_calls: [call] }),
      new ToolMessage({ content: 'found', tool_call_id: 'call-1' }),
      new AIMessage('the answer'),
      new HumanMessage({ id: 'two', content: 'second' }),
    ],
  });
  const view = { messages, open: [], hasNext: false };

  it('is what the agent said last before the next message', () => {
    expect(answerTo(view, 'one')).toBe('the answer');
  });

  it('is empty while there is none', () => {
    expect(answerTo(view, 'two')).toBe('');
  });
});
