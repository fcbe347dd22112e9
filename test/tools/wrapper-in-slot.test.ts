import { describe, expect, it } from 'vitest';
import type { Slot } from '../../src/runtime/slots.js';
import { toWrapperInSlot } from '../../src/tools/wrapper-in-slot.js';
import { whoAmI } from '../support/test-agent.js';
import { callerFor } from '../support/test-platform.js';
import { toLiveTool, toSlot, toToolset } from '../support/toolset-of.js';

/** The slot of a person whose tool answers with their name, once others could have been called in between. */
function slotOf(subject: 'alice' | 'bob'): Slot {
  const live = toLiveTool('who_am_i', {
    call: async () => {
      await new Promise(setImmediate);
      return { content: subject, artifact: undefined };
    },
  });
  return toSlot(toToolset([live]), callerFor(subject).principal);
}

describe('toWrapperInSlot', () => {
  it('gives each of many calls at once its own slot', async () => {
    const people = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'alice' : 'bob'));

    const answers = await Promise.all(
      people.map((person) => toWrapperInSlot(whoAmI, slotOf(person)).invoke({})),
    );

    expect(answers).toEqual(people);
  });

  it('leaves the registered tool as it is, which says what is missing', async () => {
    toWrapperInSlot(whoAmI, slotOf('alice'));

    await expect(whoAmI.invoke({})).rejects.toMatchObject({ code: 'ERR_NOT_WIRED' });
  });

  it('ends with its signal, whatever it waits for', async () => {
    const stop = new AbortController();
    const slot: Slot = { ...slotOf('alice'), toolsetFor: () => new Promise(() => undefined) };
    const call = toWrapperInSlot(whoAmI, slot).invoke({}, { signal: stop.signal });

    stop.abort(new Error('stopped'));

    await expect(call).rejects.toThrow('stopped');
  });
});
