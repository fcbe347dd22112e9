import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig, McpServerAuth } from '../../src/config/mcp-servers.js';
import { createAuthorizedFetch } from '../../src/mcp-client/authorized-fetch.js';
import { authorizationHeaders, createCredential } from '../../src/mcp-client/credential.js';
import { callerFor } from '../support/test-platform.js';

const url = 'https://mcp.example.com/mcp';

function serverWith(auth: McpServerAuth = { mode: 'forward', audience: url }): HttpMcpServerConfig {
  return {
    name: 'platform',
    type: 'http',
    url,
    required: true,
    auth,
    connectTimeoutMs: 1000,
    callTimeoutMs: 1000,
  };
}

function credentialFor(audiences: readonly string[] = [url], token = 'token-1') {
  return createCredential(toBearerToken(token), callerFor('alice', { audiences }).principal);
}

function recordingFetch(answer: () => Response = () => new Response('ok')) {
  const sent: { headers: Headers; init: RequestInit }[] = [];
  const fetch: typeof globalThis.fetch = (_input, init = {}) => {
    sent.push({ headers: new Headers(init.headers), init });
    return Promise.resolve(answer());
  };
  return { fetch, sent };
}

describe('createAuthorizedFetch', () => {
  it('sets the token of the moment at every request, over whatever the caller set', async () => {
    const { fetch, sent } = recordingFetch();
    const credential = credentialFor();
    const authorized = createAuthorizedFetch({ server: serverWith(), credential, fetch });

    await authorized(url, { headers: { authorization: 'Bearer of-somebody', accept: 'a' } });
    credential.renew(toBearerToken('token-2'), credential.principal());
    await authorized(url);

    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
    expect(sent[0]?.headers.get('accept')).toBe('a');
  });

  it('follows no redirect', async () => {
    const { fetch, sent } = recordingFetch();

    await createAuthorizedFetch({ server: serverWith(), credential: credentialFor(), fetch })(url);

    expect(sent[0]?.init.redirect).toBe('error');
  });

  it.each([
    'https://mcp.example.com.evil.test/mcp',
    'http://mcp.example.com/mcp',
    'https://mcp.example.com:8443/mcp',
    'https://user@other.example.com/mcp',
  ])('does not ask %s', async (other) => {
    const { fetch, sent } = recordingFetch();
    const authorized = createAuthorizedFetch({ server: serverWith(), credential: credentialFor(), fetch });

    await expect(authorized(other)).rejects.toThrow('may not be left for another origin');

    expect(sent).toEqual([]);
  });

  it('reads no more of an error’s body than it keeps', async () => {
    let pulled = 0;
    const body = () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          pulled += 1;
          controller.enqueue(new Uint8Array(1024).fill(120));
        },
      });
    const { fetch } = recordingFetch(
      () => new Response(body(), { status: 500, headers: { 'x-kept': 'yes' } }),
    );

    const response = await createAuthorizedFetch({
      server: serverWith(),
      credential: credentialFor(),
      fetch,
    })(url);

    expect(response.status).toBe(500);
    expect(response.headers.get('x-kept')).toBe('yes');
    expect((await response.text()).length).toBe(2048);
    expect(pulled).toBeLessThan(6);
  });
});

describe('authorizationHeaders', () => {
  it('gives the token to a server whose audience the token names', () => {
    expect(authorizationHeaders(serverWith(), credentialFor())).toEqual({ authorization: 'Bearer token-1' });
  });

  it.each([[[]], [['https://mcp.example.com']], [['https://mcp.example.com/mcp/']]])(
    'keeps a token with the audiences %o to itself',
    (audiences) => {
      expect(() => authorizationHeaders(serverWith(), credentialFor(audiences))).toThrow(
        expect.objectContaining({
          failure: expect.objectContaining({ outcome: 'unauthenticated' }) as unknown,
        }),
      );
    },
  );

  it('gives fixed headers, and none, without looking at the token', () => {
    const fixed = { 'x-api-key': 'k' };

    expect(authorizationHeaders(serverWith({ mode: 'headers', headers: fixed }), credentialFor())).toEqual(
      fixed,
    );
    expect(authorizationHeaders(serverWith({ mode: 'none' }), credentialFor())).toEqual({});
  });

  it('refuses an exchange, which is not made yet', () => {
    const auth = { mode: 'exchange', tokenUrl: url, audience: url, clientId: 'c' } as const;

    expect(() => authorizationHeaders(serverWith(auth), credentialFor())).toThrow(/token exchange/);
  });
});
