import { interopParse, interopZodObjectPartial } from '@langchain/core/utils/types';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { keptState } from '../../src/middleware/kept-state.js';

describe('keptState', () => {
  it('is its own partial, which LangChain makes for every model call', () => {
    expect(interopZodObjectPartial(keptState)).toBe(keptState);
  });

  it('takes a state without anything of it, and refuses an owner that is none', () => {
    expect(interopParse(keptState, { messages: [] })).toEqual({});
    expect(() => interopParse(keptState, { _threadOwner: { issuer: 'i' } })).toThrow('subject');
  });

  it('is changed by whoever derives another schema from it', () => {
    const wider = keptState.extend({ more: z.string() });

    expect(Object.keys(wider.shape)).toEqual([...Object.keys(keptState.shape), 'more']);
    expect(keptState.strict().safeParse({ other: 1 }).success).toBe(false);
    expect(keptState.describe('kept').description).toBe('kept');
    expect(keptState.description).toBeUndefined();
  });

  it('has no key that a state must have', () => {
    for (const schema of Object.values(keptState.shape))
      expect(schema.safeParse(undefined).success).toBe(true);
  });
});
