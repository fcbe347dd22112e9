import { describe, expect, it } from 'vitest';
import { redactOutput } from '../src/redacted-output.js';
import { createTokenIssuer } from '../src/testing/token-issuer.js';

const token = createTokenIssuer(['x']).token('alice');

function print(chunk: string | Uint8Array): string {
  let printed = '';
  const stream = {
    write: (text: string | Uint8Array) => {
      printed += String(text);
      return true;
    },
  };
  redactOutput(stream);
  stream.write(chunk);
  return printed;
}

describe('redactOutput', () => {
  it.each([
    ['in a text', `token ${token}`, 'token [redacted]'],
    ['behind a colour', `\u001b[32m${token}\u001b[39m`, '\u001b[32m[redacted]\u001b[39m'],
    ['in a query', `POST /threads?access_token=${token}&a=1`, 'POST /threads?access_token=[redacted]&a=1'],
    ['in bytes', Buffer.from(`é ${token}`), 'é [redacted]'],
  ])('hides a token %s', (_place, chunk, expected) => {
    expect(print(chunk)).toBe(expected);
  });

  it('hands on what else a write is given', () => {
    const given: unknown[] = [];
    const stream = { write: (...all: unknown[]) => given.push(...all) > 0 };
    redactOutput(stream);

    expect(stream.write('a', 'utf8', print)).toBe(true);

    expect(given).toEqual(['a', 'utf8', print]);
  });
});
