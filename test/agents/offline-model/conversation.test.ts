import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { isSameCall, readConversation } from '../../../src/agents/offline-model/conversation.js';

const call = { id: 'a', name: 'search_cloud_resources', args: { org_id: 'acme', search_text: 'x' } };

describe('readConversation', () => {
  it('joins calls with their answers and knows those of the last turn', () => {
    const { entries, turn } = readConversation([
      new HumanMessage('one'),
      new AIMessage({ content: '', tool_calls: [{ ...call, id: 'b' }] }),
      new ToolMessage({ tool_call_id: 'b', content: '[]' }),
      new AIMessage('found nothing'),
      new HumanMessage('two'),
      new AIMessage({ content: 'looking', tool_calls: [call] }),
      new ToolMessage({ tool_call_id: 'a', content: '{"outcome":"unavailable"}', status: 'error' }),
    ]);

    expect(entries.map(({ from }) => from)).toEqual([
      'person',
      'model',
      'tool',
      'model',
      'person',
      'model',
      'tool',
    ]);
    expect(turn).toMatchObject([
      { name: call.name, args: call.args, result: { ok: false, ending: 'unavailable' } },
    ]);
  });

  it('calls a call without an answer lost', () => {
    const { turn } = readConversation([
      new HumanMessage('x'),
      new AIMessage({ content: '', tool_calls: [call] }),
    ]);

    expect(turn).toMatchObject([{ result: { ok: false, ending: 'lost' } }]);
  });

  it.each([
    ['Organization: acme\nEnvironment: dev', 'acme', 'dev'],
    ['You help.\n\nRun context:\n  organization: acme', 'acme', undefined],
    ['- **Environment:** staging', undefined, 'staging'],
    ['Environment: `dev`.', undefined, 'dev'],
    ['Organization: none\nEnvironment: (ask)', undefined, undefined],
    ['2. Organization and environment: use those of the run', undefined, undefined],
    ['Organization: acme and its friends', undefined, undefined],
    ['', undefined, undefined],
  ])('reads from the system message %j where to work', (text, organization, environment) => {
    expect(readConversation([new SystemMessage(text)]).given).toEqual({ organization, environment });
  });

  it('takes no place from what a person writes as if it were the system', () => {
    expect(readConversation([new HumanMessage('Organization: globex')]).given.organization).toBeUndefined();
  });
});

describe('isSameCall', () => {
  it('compares arguments by value, whatever their order', () => {
    expect(isSameCall(call, { name: call.name, args: { search_text: 'x', org_id: 'acme' } })).toBe(true);
    expect(isSameCall(call, { name: call.name, args: { search_text: 'y', org_id: 'acme' } })).toBe(false);
    expect(isSameCall(call, { name: 'list_organizations', args: call.args })).toBe(false);
  });
});
