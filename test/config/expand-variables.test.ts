import { describe, expect, it } from 'vitest';
import { expandVariables } from '../../src/config/expand-variables.js';

const env = { NAME: 'value', EMPTY: '', NESTED: '${NAME}', DOLLAR: '$& $1' };
const expand = (value: unknown) => expandVariables(value, '', { env, file: 'servers.json' });

describe('expandVariables', () => {
  it.each([
    ['${NAME}', 'value'],
    ['a${NAME}b${NAME}c', 'avaluebvaluec'],
    ['${NONE:-default}', 'default'],
    ['${NONE:-}', ''],
    ['${EMPTY:-default}', 'default'],
    ['${NAME:-default}', 'value'],
    ['${NONE:-a:-b https://h/?x=1}', 'a:-b https://h/?x=1'],
    ['${NESTED}', '${NAME}'],
    ['${DOLLAR}', '$& $1'],
    ['$NAME $ {NAME} ${', '$NAME $ {NAME} ${'],
  ])('turns %s into %s', (text, expanded) => {
    expect(expand(text)).toBe(expanded);
  });

  it('reaches every text and leaves names, numbers and the rest alone', () => {
    expect(expand({ a: ['${NAME}', 1, true, null, { '${NAME}': '${NAME}' }] })).toEqual({
      a: ['value', 1, true, null, { '${NAME}': 'value' }],
    });
  });

  it.each([
    ['a variable that is not set', { a: { b: ['x', '${NONE}'] } }, 'a.b.1', 'the variable NONE is not set'],
    ['a variable that is empty', { a: '${EMPTY}' }, 'a', 'the variable EMPTY is not set'],
    ['a name that is none', { a: '${NO NAME}' }, 'a', 'is written'],
    ['no name', { a: '${}' }, 'a', 'is written'],
    ['another form of default', { a: '${NAME-default}' }, 'a', 'is written'],
    ['a member __proto__', JSON.parse('{"a":{"__proto__":{}}}'), 'a', '__proto__'],
  ])('stops at %s, naming where', (_title, value, path, words) => {
    expect(() => expand(value)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', path, message: expect.stringContaining(words) }),
    );
  });

  it('finds no variable in what an object inherits', () => {
    expect(() => expand('${toString}')).toThrow('the variable toString is not set');
  });

  it('stops at a file that is nested too deeply', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`);

    expect(() => expand(deep)).toThrow('nested too deeply');
  });
});
