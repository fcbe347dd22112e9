import { describe, expect, it } from 'vitest';
import { beginWrappedText } from '../../../src/commands/demo/wrapped-text.js';

function wrap(pieces: readonly string[], width = 20): string {
  const written: string[] = ['ab: '];
  const text = beginWrappedText({ write: (part) => written.push(part), indent: '    ', width });
  for (const piece of pieces) text.add(piece);
  text.end();
  return written.join('');
}

describe('beginWrappedText', () => {
  it('breaks between words and indents what follows', () => {
    expect(wrap(['one two three four five'])).toBe('ab: one two three\n    four five\n');
  });

  it('gives the same lines however the text is cut into pieces', () => {
    const text = 'A sentence of several words,\n\n- and a list\n  of two lines.';

    expect(wrap(Array.from(text))).toBe(wrap([text]));
  });

  it('keeps a word that is longer than a line', () => {
    expect(wrap(['see https://example.com/a-long-address'])).toBe(
      'ab: see\n    https://example.com/a-long-address\n',
    );
  });

  it('leaves no space at the end of a line, empty lines included', () => {
    expect(wrap(['one \n\ntwo   \nthree '])).toBe('ab: one\n\n    two\n    three\n');
  });
});
