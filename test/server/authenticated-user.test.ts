import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { Principal } from '../../src/auth/principal.js';
import { isAuthenticatedUser, ownerOf, toAuthenticatedUser } from '../../src/server/authenticated-user.js';
import { createRunTokens } from '../../src/server/run-tokens.js';

const alice: Principal = {
  issuer: 'https://id.example',
  subject: 'alice',
  organization: 'acme',
  scopes: ['platform'],
  audiences: ['graph-fleet'],
  expiresAt: 4_000_000_000,
  tokenId: undefined,
};

describe('toAuthenticatedUser', () => {
  it('gives a run its own token, and every other run the request’s', () => {
    const runTokens = createRunTokens();
    const [own, header] = [toBearerToken('own'), toBearerToken('header')];
    const user = toAuthenticatedUser(alice, header, runTokens);
    runTokens.set('run-1', own, alice.expiresAt);

    expect(user.tokenOfRun('run-1')).toBe(own);
    expect(user.tokenOfRun('run-2')).toBe(header);
    expect(user.tokenOfRun(undefined)).toBe(header);
  });

  it('keeps tokens and principal out of JSON, copies and structured clones of its data', () => {
    const user = toAuthenticatedUser(alice, toBearerToken('secret-token'), createRunTokens());

    expect(JSON.stringify({ ...user })).toBe(
      '{"identity":"https://id.example|alice","permissions":["platform"]}',
    );
    expect(() => structuredClone(user)).toThrow();
  });
});

describe('isAuthenticatedUser', () => {
  it('tells the server’s own users from nobody and from what was read from disk', () => {
    const user = toAuthenticatedUser(alice, toBearerToken('t'), createRunTokens());

    expect(isAuthenticatedUser(user)).toBe(true);
    expect(isAuthenticatedUser({ identity: ownerOf(alice), permissions: [] })).toBe(false);
    expect(isAuthenticatedUser(JSON.parse(JSON.stringify(user)))).toBe(false);
  });
});
