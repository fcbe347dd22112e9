import { describe, expect, it } from 'vitest';
import { publicKeySet, usableKeySet } from '../../src/auth/public-key-set.js';
import { createForgingKey } from '../../src/testing/forge-token.js';

const key = createForgingKey('ES256');
const privateJwk = { ...key.privateKey.export({ format: 'jwk' }), kid: 'private' };
const symmetric = { kty: 'oct', k: 'c2VjcmV0', kid: 'symmetric' };
const forEncryption = { ...key.jwk, use: 'enc' };

describe('publicKeySet', () => {
  it('keeps keys for signatures', () => {
    expect(publicKeySet({ keys: [key.jwk, forEncryption, { kty: 'unknown' }] }, 'jwks')).toEqual({
      keys: [key.jwk],
    });
  });

  it.each([
    ['a private key', { keys: [key.jwk, privateJwk] }, 'private or symmetric'],
    ['a symmetric key', { keys: [key.jwk, symmetric] }, 'private or symmetric'],
    [
      'a symmetric key that calls itself RSA',
      { keys: [{ ...symmetric, kty: 'RSA' }] },
      'private or symmetric',
    ],
    ['no key', { keys: [] }, 'no EC, RSA or OKP key'],
    ['only keys for encryption', { keys: [forEncryption] }, 'no EC, RSA or OKP key'],
    ['no list', { keys: {} }, 'not a JSON Web Key Set'],
    ['something in the list that is no key', { keys: [key.jwk, 'key'] }, 'not a JSON Web Key Set'],
    ['null', null, 'not a JSON Web Key Set'],
    ['a single key', key.jwk, 'not a JSON Web Key Set'],
  ])('refuses %s, naming the setting', (_title, value, words) => {
    expect(() => publicKeySet(value, 'AUTH_JWKS_FILE')).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        path: 'AUTH_JWKS_FILE',
        message: expect.stringContaining(words),
      }),
    );
  });

  it('keeps key material out of the error', () => {
    expect(() => publicKeySet({ keys: [privateJwk] }, 'jwks')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(String(privateJwk.d)) }),
    );
  });
});

describe('usableKeySet', () => {
  it('leaves out what a published set must not hold and keeps the rest', () => {
    expect(usableKeySet({ keys: [privateJwk, symmetric, forEncryption, key.jwk] })).toEqual({
      keys: [key.jwk],
    });
  });

  it.each([null, [], {}, { keys: [] }, { keys: [symmetric] }, { keys: [1] }])(
    'finds no key set in %j',
    (value) => {
      expect(usableKeySet(value)).toBeUndefined();
    },
  );
});
