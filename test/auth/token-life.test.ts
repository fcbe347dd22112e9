import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { toTokenLife } from '../../src/auth/token-life.js';
import { toPart } from '../../src/testing/forge-token.js';

const now = 1_800_000_000;

function lifeOf(claims: unknown): number {
  return toTokenLife(toBearerToken(`header.${toPart(claims)}.signature`), {
    now: now * 1000 + 400,
    longest: 600,
  });
}

describe('toTokenLife', () => {
  it.each([
    ['ten minutes, when the token lives longer', { exp: now + 601 }, 600],
    ['until the token ends, rounded up', { exp: now + 45 }, 45],
    ['a second, when it ends now', { exp: now }, 1],
    ['a second, when it ended long ago', { exp: 1 }, 1],
    ['ten minutes, when it does not say when it ends', { sub: 'alice' }, 600],
    ['ten minutes, when its end is no number', { exp: 'soon' }, 600],
    ['ten minutes, when its claims are no object', 'a text', 600],
  ])('gives %s', (_title, claims, seconds) => {
    expect(lifeOf(claims)).toBe(seconds);
  });

  it('gives ten minutes for a token that is no JWT', () => {
    expect(toTokenLife(toBearerToken('opaque'), { now: now * 1000, longest: 600 })).toBe(600);
  });
});
