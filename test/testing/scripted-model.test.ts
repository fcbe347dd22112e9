import { HumanMessage } from '@langchain/core/messages';
import { tool } from 'langchain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ScriptedModel } from '../../src/testing/scripted-model.js';

const ask = [new HumanMessage('hello')];

describe('ScriptedModel', () => {
  it('says its steps in order, and that the script has ended', async () => {
    const model = new ScriptedModel('one', [{ name: 'look', args: { at: 1 }, id: 'call-1' }]);
    const said = [await model.invoke(ask), await model.invoke(ask), await model.invoke(ask)];

    expect(said.map(({ text }) => text)).toEqual(['one', '', 'The script has ended.']);
    expect(said[1]?.tool_calls).toEqual([{ type: 'tool_call', id: 'call-1', name: 'look', args: { at: 1 } }]);
  });

  it('repeats a last step that is a function of the conversation', async () => {
    const model = new ScriptedModel('one', (messages) => `heard ${messages.at(-1)?.text ?? ''}`);
    await model.invoke(ask);

    expect((await model.invoke(ask)).text).toBe('heard hello');
    expect((await model.invoke([new HumanMessage('bye')])).text).toBe('heard bye');
  });

  it('records what each step was shown, also when two runs are shown different tools', async () => {
    const model = new ScriptedModel('one', 'two');
    const look = tool(() => 'seen', { name: 'look', description: 'Looks.', schema: z.object({}) });
    await model.bindTools([look]).invoke(ask);
    await model.invoke(ask);

    expect(model.shown.map(({ tools }) => tools.map(({ name }) => name))).toEqual([['look'], []]);
    expect(model.shown[0]?.messages.map(({ text }) => text)).toEqual(['hello']);
  });
});
