import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { requireNoTokens } from '../../src/mcp-client/token-free-arguments.js';
import { isOutcomeError } from '../../src/outcomes.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const issuer = createTokenIssuer(['a']);
const own = 'opaque-token-of-alice';
const jwt = issuer.token('bob');

function failureOf(args: Readonly<Record<string, unknown>>) {
  try {
    requireNoTokens(args, toBearerToken(own));
  } catch (error) {
    return isOutcomeError(error) ? error.failure : error;
  }
  return undefined;
}

describe('requireNoTokens', () => {
  it('lets arguments pass that hold none', () => {
    const spec = { host: 'orders-production-database.cluster-ro-c9akciq32rgggg.us-east-1.rds.amazonaws.com' };

    expect(failureOf({ name: 'a', spec, list: [1, null, true] })).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['the user’s own token', { note: `use ${own}` }, ['note']],
    ['its base64', { note: Buffer.from(own).toString('base64') }, ['note']],
    ['a JWT of anybody', { spec: { tags: ['x', jwt] } }, ['spec.tags.1']],
    ['two of them', { a: jwt, b: { c: own } }, ['a', 'b.c']],
    ['one as a name', { [jwt]: 1 }, ['[redacted]']],
  ])('refuses %s and names the path', (_what, args, paths) => {
    expect(failureOf(args)).toEqual({
      outcome: 'invalid-argument',
      issues: paths.map((path) => ({ path, message: 'This looks like a token; take it out.' })),
    });
  });

  it('names at most twenty', () => {
    const failure = failureOf({ list: Array.from({ length: 50 }, () => own) });

    expect(failure).toMatchObject({ issues: { length: 20 } });
  });
});
