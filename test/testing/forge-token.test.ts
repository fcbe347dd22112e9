import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createForgingKey, forgeToken, signText, toPart } from '../../src/testing/forge-token.js';

describe('createForgingKey', () => {
  it.each(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'])(
    'publishes the public half of a key for %s',
    (alg) => {
      const { jwk, kid } = createForgingKey(alg);

      expect(jwk).toMatchObject({ alg, kid: alg, use: 'sig' });
      expect(kid).toBe(alg);
      expect(jwk).not.toHaveProperty('d');
    },
  );

  it('makes RSA keys of any size, too small ones as well', () => {
    const { privateKey } = createForgingKey('RS256', 'weak', 1_024);

    expect(privateKey.asymmetricKeyDetails?.modulusLength).toBe(1_024);
  });
});

describe('forgeToken', () => {
  it('signs what it is given, in the form that the algorithm asks for', () => {
    const key = createForgingKey('ES256');
    const [header = '', claims = '', signature = ''] = forgeToken(key, { alg: 'none' }, 'no JSON').split('.');
    const publicKey = createPublicKey(key.privateKey);
    const options = { key: publicKey, dsaEncoding: 'ieee-p1363' as const };

    expect([header, claims]).toEqual([toPart({ alg: 'none' }), toPart('no JSON')]);
    expect(
      verify('sha256', Buffer.from(`${header}.${claims}`), options, Buffer.from(signature, 'base64url')),
    ).toBe(true);
    expect(signText(key, 'text')).not.toBe(signText(createForgingKey('ES256'), 'text'));
  });
});
