import { describe, expect, it } from 'vitest';
import { readChoice, readList, readPort, readText, readUrl } from '../../src/config/setting-values.js';

const entry = { isValid: (text: string) => /^[a-z]+$/.test(text), form: 'a, b' };

describe('readText', () => {
  it('trims, and takes blank for unset', () => {
    expect([' a ', '', '  ', undefined].map((NAME) => readText({ NAME }, 'NAME'))).toEqual([
      'a',
      ...Array(3),
    ]);
  });
});

describe('readPort', () => {
  it('takes 0 to 65535, else the fallback when unset', () => {
    expect(['0', '65535', undefined].map((NAME) => readPort({ NAME }, 'NAME', 7))).toEqual([0, 65_535, 7]);
  });

  it.each(['65536', '0x10', '1.5', '+1', '१'])('refuses %s, showing it', (NAME) => {
    expect(() => readPort({ NAME }, 'NAME', 7)).toThrow(
      `NAME: must be a port, 0 to 65535 (0 takes a free one); got "${NAME}".`,
    );
  });
});

describe('readChoice', () => {
  it('takes a word of the set and names the set otherwise', () => {
    expect(readChoice({ NAME: 'a' }, 'NAME', ['a', 'b'])).toBe('a');
    expect(readChoice({}, 'NAME', ['a', 'b'])).toBeUndefined();
    expect(() => readChoice({ NAME: 'A' }, 'NAME', ['a', 'b'])).toThrow(
      'NAME: must be one of a, b; got "A".',
    );
  });
});

describe('readUrl', () => {
  it('takes the protocols named and never shows the text', () => {
    expect(readUrl({ NAME: 'redis://h' }, 'NAME', ['redis:'])).toBe('redis://h');
    expect(() => readUrl({ NAME: 'http://:canary@h' }, 'NAME', ['redis:', 'rediss:'])).toThrow(
      /^NAME: must be a URL that begins with redis:\/\/ or rediss:\/\/; correct it\.$/,
    );
  });
});

describe('readList', () => {
  it('splits at commas, leaves out blanks, freezes', () => {
    const list = readList({ NAME: ' a ,, b,' }, 'NAME', entry);

    expect(list).toEqual(['a', 'b']);
    expect(Object.isFrozen(list)).toBe(true);
    expect(readList({}, 'NAME', entry)).toEqual([]);
  });

  it('shows the first entry that is wrong', () => {
    expect(() => readList({ NAME: 'a,B,C' }, 'NAME', entry)).toThrow(
      'NAME: must be a list like a, b; got "B".',
    );
  });
});
