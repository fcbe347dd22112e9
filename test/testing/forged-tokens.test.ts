import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import { jwksKeys } from '../../src/auth/verification-keys.js';
import { createForgingKey, forgeToken } from '../../src/testing/forge-token.js';
import { listForgedTokens } from '../../src/testing/forged-tokens.js';

const now = 1_800_000_000;
const key = createForgingKey('ES256', 'the-key');
const claims = {
  iss: 'https://id.example',
  sub: 'alice',
  aud: ['the-door'],
  iat: now,
  exp: now + 600,
  jti: 'one',
};
const attacks = listForgedTokens(key, claims);
const verifier = createTokenVerifier({
  issuer: claims.iss,
  audience: 'the-door',
  keys: jwksKeys({ keys: [key.jwk] }),
  clock: () => now * 1_000,
});

async function refusalOf(token: string): Promise<string | undefined> {
  try {
    await verifier.verify(toBearerToken(token));
    return undefined;
  } catch (error) {
    return (error as { reason?: string }).reason ?? String(error);
  }
}

describe('listForgedTokens', () => {
  it('begins with a token that is good', async () => {
    const good = forgeToken(key, { alg: 'ES256', kid: 'the-key', typ: 'at+jwt' }, claims);

    expect(await refusalOf(good)).toBeUndefined();
  });

  it('gives names that tell them apart, and tokens that differ', () => {
    expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
    expect(new Set(attacks.map(({ token }) => token)).size).toBe(attacks.length);
  });

  it.each(attacks)('$name: is refused', async ({ token }) => {
    expect(await refusalOf(token)).toEqual(expect.any(String));
  });

  it('has one for every reason that a token is refused for', async () => {
    const reasons = new Set(await Promise.all(attacks.map(({ token }) => refusalOf(token))));

    expect([...reasons].sort()).toEqual([
      ...['algorithm', 'audience', 'claims', 'expired', 'header', 'issuer', 'key', 'lifetime'],
      ...['malformed', 'not-yet-valid', 'signature', 'too-large'],
    ]);
  });

  it('marks those that a client would mend by stripping white space', () => {
    const mended = attacks.filter(({ inHeader }) => !inHeader);

    expect(mended.map(({ name }) => name)).toEqual(['line end behind', 'space behind']);
    for (const { token } of mended)
      expect(new Headers({ authorization: token }).get('authorization')).not.toBe(token);
  });
});
