import { describe, expect, it } from 'vitest';
import { readSender } from '../../src/testing/request-sender.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

describe('readSender', () => {
  it('reads the token and the session that a request carries', () => {
    const authorization = `Bearer ${createTokenIssuer([], () => 5_000).token('alice', { jti: 'one' })}`;

    expect(readSender(new Headers({ authorization, 'mcp-session-id': 'session-1' }))).toEqual({
      subject: 'alice',
      tokenId: 'one',
      issuedAt: 5,
      sessionId: 'session-1',
      authorization,
    });
  });

  it.each(['Basic YTpi', 'Bearer', 'Bearer a.b.c', 'Bearer a.bnVsbA.c', 'Bearer a.eyJzdWIiOjF9.c'])(
    'makes nobody of "%s"',
    (authorization) => {
      expect(readSender(new Headers({ authorization }))).toMatchObject({ subject: 'nobody', authorization });
    },
  );

  it('makes nobody of a request without a token', () => {
    expect(readSender(new Headers())).toMatchObject({ subject: 'nobody', authorization: null });
  });
});
