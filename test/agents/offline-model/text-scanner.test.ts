import { describe, expect, it } from 'vitest';
import { createTextScanner, firstGroup } from '../../../src/agents/offline-model/text-scanner.js';
import type { Rule } from '../../../src/agents/offline-model/text-scanner.js';

const words = (pattern: RegExp): Rule<string> => ({ pattern, toValue: ([word]) => word });

describe('createTextScanner', () => {
  it('gives values in the order of the text, whichever rule found them', () => {
    const scanner = createTextScanner('two one two');

    expect(scanner.take([words(/one/g), words(/two/g)]).map(({ value }) => value)).toEqual([
      'two',
      'one',
      'two',
    ]);
  });

  it('takes a phrase out, so that no later rule reads it again', () => {
    const scanner = createTextScanner('called postgres-main');

    expect(scanner.takeLast([words(/postgres-main/g)])).toBe('postgres-main');
    expect(scanner.takeLast([words(/postgres/g)])).toBeUndefined();
  });

  it('leaves a phrase that a rule disowns', () => {
    const scanner = createTextScanner('in the');
    const rule: Rule<string> = { pattern: /the/g, toValue: () => undefined };

    expect(scanner.takeLast([rule])).toBeUndefined();
    expect(scanner.rest()).toBe('in the');
  });

  it('keeps the length of the text, and parts the words around a taken phrase', () => {
    const scanner = createTextScanner('a b c');
    scanner.take([words(/b/g)]);

    expect(scanner.rest()).toHaveLength(5);
    expect(scanner.rest()).not.toMatch(/a\s+c/);
  });
});

describe('firstGroup', () => {
  it('gives the first group that took part in the match', () => {
    const [match] = 'b'.matchAll(/(a)|(b)/g);

    expect(match && firstGroup(match)).toBe('b');
  });
});
