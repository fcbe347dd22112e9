import { describe, expect, it } from 'vitest';
import { toAuthResponse } from '../../src/auth/challenge.js';
import {
  InsufficientScopeError,
  KeysUnavailableError,
  NotFoundError,
  TokenInvalidError,
  TokenMissingError,
} from '../../src/errors.js';

const options = {
  resourceMetadataUrl: 'https://platform/.well-known/oauth-protected-resource/mcp',
  scope: 'platform',
};

describe('toAuthResponse', () => {
  it('challenges a request without credentials and names no error', () => {
    expect(toAuthResponse(new TokenMissingError(), options)).toEqual({
      status: 401,
      headers: {
        'WWW-Authenticate':
          'Bearer realm="graph-fleet", scope="platform", ' +
          'resource_metadata="https://platform/.well-known/oauth-protected-resource/mcp"',
        'Cache-Control': 'no-store',
      },
      body: { error: 'unauthorized', message: 'Sign in: this run carries no user token.' },
    });
  });

  it('has a parameter even when nothing is configured', () => {
    expect(toAuthResponse(new TokenMissingError())?.headers['WWW-Authenticate']).toBe(
      'Bearer realm="graph-fleet"',
    );
  });

  it('answers a refused token with 401 and invalid_token, whatever the reason', () => {
    const answers = (['expired', 'signature', 'audience'] as const).map((reason) =>
      toAuthResponse(new TokenInvalidError(reason), options),
    );

    for (const answer of answers) {
      expect(answer?.status).toBe(401);
      expect(answer?.headers['WWW-Authenticate']).toContain('error="invalid_token"');
      expect(answer?.headers['WWW-Authenticate']).toContain('resource_metadata=');
    }
    expect(answers[0]?.body.message).toBe('Sign in again: the token has expired.');
    expect(answers[1]?.body).toEqual(answers[2]?.body);
  });

  it('answers a missing scope with 403, naming every scope of the operation', () => {
    const answer = toAuthResponse(new InsufficientScopeError('platform audit'), options);

    expect(answer?.status).toBe(403);
    expect(answer?.headers['WWW-Authenticate']).toMatch(
      /error="insufficient_scope".* scope="platform audit"/,
    );
  });

  it('answers unavailable keys with 503 and when to come again, and no challenge', () => {
    const answer = toAuthResponse(new KeysUnavailableError());

    expect(answer?.status).toBe(503);
    expect(answer?.headers).toEqual({ 'Retry-After': '5', 'Cache-Control': 'no-store' });
  });

  it.each([new NotFoundError('thread', 't'), new Error('x'), undefined, 'text'])(
    'has no answer for %s',
    (error) => {
      expect(toAuthResponse(error)).toBeUndefined();
    },
  );

  it('lets no value end its parameter or the header', () => {
    const header = toAuthResponse(new TokenMissingError(), { scope: 'a", error="x\r\nset-cookie: b\\' })
      ?.headers['WWW-Authenticate'];

    expect(header).toBe(`Bearer realm="graph-fleet", scope="a', error='xset-cookie: b'"`);
  });
});
