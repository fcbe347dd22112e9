import { describe, expect, it } from 'vitest';
import { digestOf, withoutMembers } from '../../src/platform/digest.js';

describe('digestOf', () => {
  it('is the same for equal values, whatever the order of their members', () => {
    expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 }));
    expect(digestOf({ a: '1' })).not.toBe(digestOf({ a: 1 }));
  });

  it('survives nesting that would exhaust the stack', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(digestOf(deep)).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(withoutMembers(deep, new Set()))).toContain('[[');
  });
});

describe('withoutMembers', () => {
  it('leaves members of these names out at any depth and changes nothing in the original', () => {
    const value = { spec: { password: 'x', list: [{ password: 'y', engine: 'z' }] } };
    expect(withoutMembers(value, new Set(['password']))).toEqual({ spec: { list: [{ engine: 'z' }] } });
    expect(value.spec.password).toBe('x');
  });
});
