import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../src/canonical-json.js';

describe('canonicalJson', () => {
  it('sorts members at every depth and keeps the order of lists', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 3], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1},3]}');
  });

  it('leaves out members that are undefined', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it.each([
    [{ a: 1 }, { a: '1' }],
    [{ a: [] }, { a: {} }],
    [{ a: { b: 1 } }, { 'a.b': 1 }],
    [{ a: null }, {}],
  ])('tells %o from %o', (one, other) => {
    expect(canonicalJson(one)).not.toBe(canonicalJson(other));
  });

  it('tells values apart at any depth, unless it is told how deep to read', () => {
    const nest = (core: unknown): unknown => Array.from({ length: 100 }).reduce((value) => [value], core);

    expect(canonicalJson(nest(1))).not.toBe(canonicalJson(nest(2)));
    expect(canonicalJson(nest(1), 64)).toBe(canonicalJson(nest(2), 64));
  });

  it('keeps members that have special names', () => {
    const value: unknown = JSON.parse('{"b":1,"__proto__":{"x":1}}');

    expect(canonicalJson(value)).toBe('{"__proto__":{"x":1},"b":1}');
  });
});
