import { describe, expect, it } from 'vitest';
import { checkTimes, readClaims } from '../../src/auth/verified-claims.js';

const bounds = { nowSeconds: 1_000, toleranceSeconds: 30, maxLifetimeSeconds: 600, lifeSeconds: 0 };
const claims = { iss: 'https://issuer', sub: 'alice', aud: 'graph-fleet', iat: 1_000, exp: 1_600 };

const read = (members: object = {}) => {
  const { principal, times } = readClaims({ ...claims, ...members });
  checkTimes(times, bounds);
  return principal;
};

describe('readClaims and checkTimes', () => {
  it('leaves undefined what the token does not say', () => {
    expect(read()).toEqual({
      issuer: 'https://issuer',
      subject: 'alice',
      organization: undefined,
      scopes: [],
      audiences: ['graph-fleet'],
      expiresAt: 1_600,
      tokenId: undefined,
    });
  });

  it.each([
    ['not-yet-valid', { iat: 1_031 }],
    ['lifetime', { exp: 1_601 }],
    ['lifetime', { exp: 1_000 }],
    ['claims', { exp: 2 ** 60 }],
    ['claims', { iat: Number.NaN }],
    ['claims', { sub: '\u009b31m' }],
    ['claims', { org: '' }],
    ['audience', { aud: undefined }],
  ])('refuses as %s: %j', (reason, members) => {
    expect(() => read(members)).toThrow(expect.objectContaining({ reason }));
  });
});
