import { describe, expect, it } from 'vitest';
import { requireSlot, withSlot } from '../../src/runtime/current-slot.js';
import type { Slot } from '../../src/runtime/slots.js';
import { callerFor } from '../support/test-platform.js';
import { toSlot, toToolset } from '../support/toolset-of.js';

function slotOf(subject: 'alice' | 'bob'): Slot {
  const { principal } = callerFor(subject);
  return toSlot(toToolset([]), principal);
}

describe('requireSlot', () => {
  it('gives each of many calls at once its own slot', async () => {
    const people = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'alice' : 'bob'));

    const found = await Promise.all(
      people.map((person) =>
        withSlot(slotOf(person), async () => {
          await new Promise(setImmediate);
          return requireSlot().principal().subject;
        }),
      ),
    );

    expect(found).toEqual(people);
  });

  it('says what is missing outside a tool call', () => {
    expect(() => requireSlot()).toThrow(expect.objectContaining({ code: 'ERR_NOT_WIRED' }));
  });
});
