import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { openSealedToken, sealToken, toSealKey } from '../../src/auth/sealed-token.js';

const keyText = randomBytes(32).toString('base64');
const key = toSealKey(keyText);
const token = toBearerToken('canary.canary.canary');

function catchError(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

/** Changes one bit of one part of a sealed text. */
function flip(sealed: string, part: number): string {
  const parts = sealed.split('.');
  const bytes = Buffer.from(parts[part] ?? '', 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return parts.with(part, bytes.toString('base64url')).join('.');
}

describe('toSealKey', () => {
  it('hides the key from whatever prints it', () => {
    const bytes = Buffer.from(keyText, 'base64');

    const shown = `${inspect(key, { depth: 9, showHidden: true })} ${JSON.stringify({ key })}`;

    expect(shown).not.toContain(keyText);
    expect(shown).not.toContain(bytes.toString('hex').slice(0, 8));
  });

  it.each([
    ['31 bytes', randomBytes(31).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['hexadecimal', randomBytes(32).toString('hex')],
    ['base64 with a line end', `${keyText}\n`],
    ['nothing', ''],
  ])('refuses %s, by the name of the setting and the bound', (_title, text) => {
    const error = catchError(() => toSealKey(text));

    expect(error).toMatchObject({
      code: 'ERR_CONFIG',
      path: 'TOKEN_SEAL_KEY',
      message: 'TOKEN_SEAL_KEY: must be 32 bytes in base64; make one with "openssl rand -base64 32".',
    });
  });
});

describe('sealToken', () => {
  it('gives a text that opens to the token, for the same job and key', () => {
    expect(openSealedToken(key, 'job-1', sealToken(key, 'job-1', token)).reveal()).toBe(token.reveal());
  });

  it('gives another text each time, of the form v1, iv, ciphertext, tag', () => {
    const [one, other] = [sealToken(key, 'job-1', token), sealToken(key, 'job-1', token)];

    expect(one).toMatch(/^v1\.[\w-]{16}\.[\w-]{27}\.[\w-]{22}$/);
    expect(other).not.toBe(one);
  });
});

describe('openSealedToken', () => {
  const sealed = sealToken(key, 'job-1', token);
  const [, iv, text, tag] = sealed.split('.');
  const shortTag = Buffer.from(tag ?? '', 'base64url')
    .subarray(0, 4)
    .toString('base64url');

  it.each([
    ['another key', () => openSealedToken(toSealKey(randomBytes(32).toString('base64')), 'job-1', sealed)],
    ['another job', () => openSealedToken(key, 'job-2', sealed)],
    ['a changed iv', () => openSealedToken(key, 'job-1', flip(sealed, 1))],
    ['a changed ciphertext', () => openSealedToken(key, 'job-1', flip(sealed, 2))],
    ['a changed tag', () => openSealedToken(key, 'job-1', flip(sealed, 3))],
    ['a tag of 4 bytes', () => openSealedToken(key, 'job-1', ['v1', iv, text, shortTag].join('.'))],
    ['a later form', () => openSealedToken(key, 'job-1', sealed.replace('v1', 'v2'))],
    ['a part too many', () => openSealedToken(key, 'job-1', `${sealed}.${String(iv)}`)],
    ['a part too few', () => openSealedToken(key, 'job-1', ['v1', iv, text].join('.'))],
    ['another alphabet', () => openSealedToken(key, 'job-1', `${sealed}==`)],
    ['nothing', () => openSealedToken(key, 'job-1', '')],
  ])('refuses %s, always in the same words', (_title, act) => {
    const error = catchError(act);

    expect(error).toMatchObject({ code: 'ERR_SEALED_TOKEN' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/canary|v1\./);
    expect(error).not.toHaveProperty('cause');
    expect(String(error)).toBe(
      'SealedTokenError: The sealed token does not open; seal it as docs/worker.md says, with the same TOKEN_SEAL_KEY and for this job.',
    );
  });

  it('refuses what was sealed and is no token', () => {
    const sealedWords = sealToken(key, 'job-1', { reveal: () => 'two words' });

    expect(() => openSealedToken(key, 'job-1', sealedWords)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_INVALID', reason: 'malformed' }),
    );
  });
});
