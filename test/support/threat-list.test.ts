import { describe, expect, it } from 'vitest';
import { readTestTitles } from './test-titles.js';
import { readThreats } from './threat-list.js';

describe('readThreats', () => {
  it('reads the files and titles of each row, of threat tables alone', () => {
    const markdown = [
      '| threat | what holds it | the test that proves it |',
      '|---|---|---|',
      '| a | x | [one](test/one.test.ts): "is so", "and so", [two](test/two.test.ts) |',
      '| b | y | nothing |',
      '',
      '| other |',
      '|---|',
      '| [three](test/three.test.ts) |',
    ].join('\n');

    expect(readThreats(markdown)).toEqual([
      {
        threat: 'a',
        tests: [
          { file: 'test/one.test.ts', titles: ['is so', 'and so'] },
          { file: 'test/two.test.ts', titles: [] },
        ],
      },
      { threat: 'b', tests: [] },
    ]);
  });
});

describe('readTestTitles', () => {
  it('reads titles however they are given, and no other text', () => {
    const source = [
      "describe.each(doors)('%s, the door', () => {",
      "  it('is plain', () => expect('text').toBe('it'));",
      "  it.each([1])('has %i of $kind', () => {});",
      '  test(`takes ${String(seed)} steps`, () => {});',
      "  other('no title');",
      '});',
    ].join('\n');

    expect(readTestTitles(source)).toEqual(['…, the door', 'is plain', 'has … of …', 'takes … steps']);
  });
});
