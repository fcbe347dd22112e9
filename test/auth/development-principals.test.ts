import { describe, expect, it } from 'vitest';
import {
  developmentPrincipals,
  isDevelopmentPrincipalName,
  mintDevelopmentToken,
} from '../../src/auth/development-principals.js';

const options = { name: 'carol', issuer: 'https://issuer', audiences: ['a', 'b'], ttlSeconds: 60 } as const;
const signed: Record<string, unknown>[] = [];
const keys = {
  keys: () => Promise.reject(new Error('not asked for')),
  sign: (claims: Record<string, unknown>) => {
    signed.push(claims);
    return Promise.resolve('token');
  },
};

describe('developmentPrincipals', () => {
  it('are alice, bob and dave of acme and carol of globex, each with the scope platform', () => {
    const people = Object.entries(developmentPrincipals).map(
      ([name, { subject, organization, scope }]) => `${name} ${subject} ${organization} ${scope}`,
    );

    expect(people).toEqual([
      'alice alice acme platform',
      'bob bob acme platform',
      'carol carol globex platform',
      'dave dave acme platform',
    ]);
  });
});

describe('isDevelopmentPrincipalName', () => {
  it('knows the four names and no other member of an object', () => {
    expect(Object.keys(developmentPrincipals).every(isDevelopmentPrincipalName)).toBe(true);
    expect(
      ['', 'eve', 'Alice', 'toString', '__proto__', 'constructor'].some(isDevelopmentPrincipalName),
    ).toBe(false);
  });
});

describe('mintDevelopmentToken', () => {
  it('signs every claim of an access token', async () => {
    await expect(mintDevelopmentToken(keys, { ...options, clock: () => 1_000_999 })).resolves.toBe('token');

    expect(signed.at(-1)).toEqual({
      iss: 'https://issuer',
      sub: 'carol',
      org: 'globex',
      scope: 'platform',
      aud: ['a', 'b'],
      iat: 1_000,
      nbf: 1_000,
      exp: 1_060,
      jti: expect.stringMatching(/^[\da-f-]{36}$/),
      client_id: 'graph-fleet-development',
    });
  });

  it('gives each token an identifier of its own', async () => {
    await mintDevelopmentToken(keys, options);
    await mintDevelopmentToken(keys, options);

    expect(signed.at(-1)?.jti).not.toBe(signed.at(-2)?.jti);
  });

  it.each([0, -1, 1.5, 86_401, Number.NaN, Infinity])('refuses a life of %d seconds', async (ttlSeconds) => {
    await expect(mintDevelopmentToken(keys, { ...options, ttlSeconds })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      issues: [{ path: 'ttl' }],
    });
  });
});
