import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { TokenVerifier } from '../../src/auth/token-verifier.js';
import { authenticateRequest } from '../../src/mcp-server/authenticate-request.js';
import { callerFor } from '../support/test-platform.js';

const { principal } = callerFor('alice', { clientId: 'chat' });
const verifier: TokenVerifier = { verify: () => Promise.resolve(principal) };
const ask = (authorization: string[], by = verifier) =>
  authenticateRequest({ headersDistinct: { authorization } } as unknown as IncomingMessage, by, 'r1');

describe('authenticateRequest', () => {
  it('returns who calls, with the request and the program', async () => {
    expect(await ask(['Bearer abc'])).toEqual({ principal, requestId: 'r1', clientId: 'chat' });
  });

  it('refuses none, two, and a token without the scope', async () => {
    await expect(ask([])).rejects.toMatchObject({ code: 'ERR_TOKEN_MISSING' });
    await expect(ask(['Bearer abc', 'Bearer abc'])).rejects.toMatchObject({ code: 'ERR_TOKEN_INVALID' });
    const narrow = { verify: () => Promise.resolve({ ...principal, scopes: ['openid'] }) };
    await expect(ask(['Bearer abc'], narrow)).rejects.toMatchObject({
      code: 'ERR_INSUFFICIENT_SCOPE',
      scope: 'platform',
    });
  });
});
