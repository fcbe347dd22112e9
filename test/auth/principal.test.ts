import { describe, expect, it } from 'vitest';
import { authorityKey, principalKey, type Principal } from '../../src/auth/principal.js';

const alice: Principal = {
  issuer: 'https://issuer',
  subject: 'alice',
  organization: 'acme',
  scopes: ['platform', 'audit'],
  audiences: ['a', 'b'],
  expiresAt: 1,
  tokenId: 'token-1',
};

describe('principalKey', () => {
  it('is the same for two tokens of one person', () => {
    expect(principalKey({ ...alice, expiresAt: 2, tokenId: 'token-2' } as Principal)).toBe(
      principalKey(alice),
    );
  });

  it('keeps apart the same subject of two issuers, and names that run into each other', () => {
    const keys = [
      alice,
      { issuer: 'https://other', subject: 'alice' },
      { issuer: 'a","b', subject: 'c' },
      { issuer: 'a', subject: 'b","c' },
    ].map(principalKey);

    expect(new Set(keys).size).toBe(4);
  });
});

describe('authorityKey', () => {
  it('does not depend on the order of scopes and audiences, nor on the token', () => {
    const renewed = {
      ...alice,
      scopes: ['audit', 'platform'],
      audiences: ['b', 'a'],
      expiresAt: 9,
      tokenId: undefined,
    };

    expect(authorityKey(renewed)).toBe(authorityKey(alice));
  });

  it.each([
    { subject: 'bob' },
    { organization: 'globex' },
    { organization: undefined },
    { scopes: [] },
    { audiences: ['a'] },
  ])('differs for %j', (change) => {
    expect(authorityKey({ ...alice, ...change })).not.toBe(authorityKey(alice));
  });
});
