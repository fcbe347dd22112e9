import type { BaseMessage } from '@langchain/core/messages';
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { closeDanglingToolCalls, findDanglingToolCalls } from '../../src/middleware/dangling-tool-calls.js';
import { unansweredToolCalls } from '../support/test-agent.js';

function calls(...ids: readonly string[]): AIMessage {
  return new AIMessage({
    content: '',
    tool_calls: ids.map((id) => ({ type: 'tool_call', id, name: 'make', args: {} })),
  });
}

function answer(id: string): ToolMessage {
  return new ToolMessage({ tool_call_id: id, content: `answer to ${id}` });
}

/** A small deterministic generator, so that a failing history can be made again. @see Knuth, TAOCP 3.3.4, line 15 */
function seeded(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** A history as cancels, crashes and messages leave it: answers missing, late, in any order, or of nobody’s call. */
function randomHistory(seed: number): BaseMessage[] {
  const random = seeded(seed);
  const history: BaseMessage[] = [];
  const asked: string[] = [];
  for (let step = 0; step < 25; step += 1) {
    const kind = random(6);
    if (kind === 0) history.push(new HumanMessage(`words ${String(step)}`));
    else if (kind === 1) history.push(new AIMessage(`answer ${String(step)}`));
    else if (kind === 2) history.push(new SystemMessage('rules'));
    else if (kind === 3 && asked.length > 0) {
      const [id = ''] = asked.splice(random(asked.length), 1);
      history.push(answer(id));
    } else {
      const ids = Array.from(
        { length: 1 + random(3) },
        (_, index) => `call_${String(step)}_${String(index)}`,
      );
      history.push(calls(...ids));
      asked.push(...ids);
      while (asked.length > 0 && random(3) > 0) history.push(answer(asked.shift() ?? ''));
    }
  }
  return history;
}

/** What OpenAI refuses: a call without its answer right behind it, an answer without its call, one call answered twice. */
function faultsOf(messages: readonly BaseMessage[]): string[] {
  const faults = unansweredToolCalls(messages).map((id) => `${id} is not answered right behind its call`);
  let openIds: string[] = [];
  for (const message of messages) {
    if (ToolMessage.isInstance(message)) {
      if (!openIds.includes(message.tool_call_id))
        faults.push(`${message.tool_call_id} answers no call before it`);
      openIds = openIds.filter((id) => id !== message.tool_call_id);
    } else {
      openIds = AIMessage.isInstance(message) ? (message.tool_calls ?? []).map(({ id }) => id ?? '') : [];
    }
  }
  return faults;
}

describe('closeDanglingToolCalls', () => {
  it('leaves a conversation alone in which every call is answered', () => {
    const messages = [
      new HumanMessage('go'),
      calls('a', 'b'),
      answer('a'),
      answer('b'),
      new AIMessage('done'),
    ];

    expect(closeDanglingToolCalls(messages)).toBe(messages);
  });

  it('leaves two calls alone that a model gave one id, each answered behind it', () => {
    const messages = [calls('a'), answer('a'), new HumanMessage('again'), calls('a'), answer('a')];

    expect(closeDanglingToolCalls(messages)).toBe(messages);
  });

  it('keeps the answers of two calls with one id apart when another call is open', () => {
    const [first, second] = [answer('a'), answer('a')];
    const messages = [calls('a'), first, new HumanMessage('again'), calls('a'), second, calls('b')];

    const closed = closeDanglingToolCalls(messages);

    expect(closed[1]).toBe(first);
    expect(closed[4]).toBe(second);
    expect(closed[6]).toMatchObject({ tool_call_id: 'b' });
  });

  it('does not take the answer to an earlier call of the same id for that to an open one', () => {
    const messages = [calls('a'), answer('a'), new HumanMessage('again'), calls('a')];

    const closing = closeDanglingToolCalls(messages).at(-1);

    expect(findDanglingToolCalls(messages)).toHaveLength(1);
    expect(JSON.parse(closing?.text ?? '')).toMatchObject({ outcome: 'unknown-result' });
  });

  it('leaves an answer to the last call of its id before it, when an earlier one is open', () => {
    const last = answer('a');
    const messages = [calls('a'), new HumanMessage('again'), calls('a'), last];

    const closed = closeDanglingToolCalls(messages);

    expect(closed.map(({ type }) => type)).toEqual(['ai', 'tool', 'human', 'ai', 'tool']);
    expect(closed[4]).toBe(last);
  });

  it('closes the second of two calls in one message that have one id and one answer', () => {
    const closed = closeDanglingToolCalls([calls('a', 'a'), answer('a')]);

    expect(closed.map(({ type }) => type)).toEqual(['ai', 'tool', 'tool']);
  });

  it('brings an answer that stands before its call behind it', () => {
    const [early, ask] = [answer('a'), calls('a')];

    expect(closeDanglingToolCalls([early, ask])).toEqual([ask, early]);
  });

  it('closes an undecided call behind which a person wrote, with their words', () => {
    const closed = closeDanglingToolCalls(
      [calls('a'), new HumanMessage('no, smaller')],
      new Map([['a', 'undecided']]),
    );

    expect(closed.map(({ type }) => type)).toEqual(['ai', 'tool', 'human']);
    expect(JSON.parse(closed[1]?.text ?? '')).toMatchObject({ outcome: 'cancelled', details: 'no, smaller' });
  });

  it.each([[], [new HumanMessage('and now?')]])(
    'closes a call of which nothing is known as one whose result is unknown (%#)',
    (...later) => {
      const [, closing] = closeDanglingToolCalls([calls('a'), ...later]);

      expect(JSON.parse(closing?.text ?? '')).toMatchObject({ outcome: 'unknown-result' });
    },
  );

  it('closes a call that was not made without the words that were typed after it', () => {
    const [, closing] = closeDanglingToolCalls(
      [calls('a'), new HumanMessage('and now?')],
      new Map([['a', 'not-made']]),
    );

    const content = JSON.parse(closing?.text ?? '') as Record<string, unknown>;
    expect(content).toMatchObject({ outcome: 'cancelled', message: 'make was stopped before it was made.' });
    expect(content['details']).toBeUndefined();
  });

  it('closes the open one of two calls behind the answers there are', () => {
    const closed = closeDanglingToolCalls([calls('a', 'b'), answer('a'), new HumanMessage('go on')]);

    expect(faultsOf(closed)).toEqual([]);
    expect(closed.filter((message) => ToolMessage.isInstance(message))).toHaveLength(2);
  });

  it('brings a late answer back behind its call', () => {
    const late = answer('a');
    const ask = calls('a');
    const typed = new HumanMessage('hello?');

    expect(closeDanglingToolCalls([ask, typed, late])).toEqual([ask, late, typed]);
  });

  it('takes out an answer to no call, and the second answer to one', () => {
    const first = answer('a');
    const messages = [answer('x'), calls('a'), first, answer('a'), new HumanMessage('go')];

    const closed = closeDanglingToolCalls(messages);

    expect(closed.map(({ type }) => type)).toEqual(['ai', 'tool', 'human']);
    expect(closed[1]).toBe(first);
  });

  it('closes a call whose arguments could not be read, which OpenAI sees as it came', () => {
    const raw = [{ id: 'call_1', type: 'function', function: { name: 'make', arguments: '{"a":' } }];
    const message = new AIMessage({ content: '', additional_kwargs: { tool_calls: raw as never } });

    const [, closing] = closeDanglingToolCalls([message]);

    expect(closing).toMatchObject({ tool_call_id: 'call_1', name: 'make' });
  });

  it('makes every history one that OpenAI accepts, and loses no answer', () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const history = randomHistory(seed);

      const closed = closeDanglingToolCalls(history);

      expect(faultsOf(closed), `seed ${String(seed)}`).toEqual([]);
      for (const message of history) expect(closed).toContain(message);
      expect(closeDanglingToolCalls(closed)).toEqual(closed);
    }
  });
});

describe('findDanglingToolCalls', () => {
  it('finds what has no answer anywhere', () => {
    const messages = [calls('a', 'b'), answer('a'), new HumanMessage('go'), calls('c')];

    expect(findDanglingToolCalls(messages).map(({ id }) => id)).toEqual(['b', 'c']);
  });
});
