import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createExchangedTokens } from '../../src/auth/exchanged-tokens.js';
import type { HttpMcpServerConfig, McpServerAuth } from '../../src/config/mcp-servers.js';
import type { AuthorizedFetchOptions } from '../../src/mcp-client/authorized-fetch.js';
import { createAuthorizedFetch } from '../../src/mcp-client/authorized-fetch.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { createSecretRedactor } from '../../src/mcp-client/secret-redactor.js';
import { callerFor } from '../support/test-platform.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

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

function createFetch({
  fetch,
  credential = credentialFor(),
  server = serverWith(),
}: Partial<Pick<AuthorizedFetchOptions, 'server' | 'credential'>> & {
  readonly fetch?: typeof globalThis.fetch;
}) {
  const exchanged = createExchangedTokens({ fetch });
  return createAuthorizedFetch({ server, credential, exchanged, redactor: createSecretRedactor(), fetch });
}

describe('createAuthorizedFetch', () => {
  it('sets the token of the moment at every request, over whatever the caller set', async () => {
    const { fetch, sent } = recordingFetch();
    const credential = credentialFor();
    const authorized = createFetch({ credential, fetch });

    await authorized(url, { headers: { authorization: 'Bearer of-somebody', accept: 'a' } });
    credential.renew(toBearerToken('token-2'), credential.principal());
    await authorized(url);

    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
    expect(sent[0]?.headers.get('accept')).toBe('a');
  });

  it('lets go of the body of an error that never ends when its request is aborted, though fetch does not', async () => {
    const reason = new Error('No longer.');
    const over: unknown[] = [];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('half'));
      },
      cancel: (why) => void over.push(why),
    });
    const { fetch } = recordingFetch(() => new Response(body, { status: 500 }));
    const stop = new AbortController();
    const asked = createFetch({ fetch })(url, { signal: stop.signal });
    await new Promise((resolve) => setImmediate(resolve));

    stop.abort(reason);

    await expect(asked).rejects.toBe(reason);
    expect(over).toEqual([reason]);
  });

  it('follows no redirect', async () => {
    const { fetch, sent } = recordingFetch();

    await createFetch({ fetch })(url);

    expect(sent[0]?.init.redirect).toBe('error');
  });

  it.each([
    'https://mcp.example.com.evil.test/mcp',
    'http://mcp.example.com/mcp',
    'https://mcp.example.com:8443/mcp',
    'https://user@other.example.com/mcp',
  ])('does not ask %s', async (other) => {
    const { fetch, sent } = recordingFetch();
    const authorized = createFetch({ fetch });

    await expect(authorized(other)).rejects.toThrow('may not be left for another origin');

    expect(sent).toEqual([]);
  });

  it('reads no more of an error’s body than it keeps', async () => {
    let pulled = 0;
    const body = () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          pulled += 1;
          controller.enqueue(new TextEncoder().encode('word '.repeat(205)));
        },
      });
    const { fetch } = recordingFetch(
      () => new Response(body(), { status: 500, headers: { 'x-kept': 'yes' } }),
    );

    const response = await createFetch({ fetch })(url);

    expect(response.status).toBe(500);
    expect(response.headers.get('x-kept')).toBe('yes');
    expect((await response.text()).length).toBeLessThanOrEqual(2048 + '[redacted]'.length);
    expect(pulled).toBeLessThan(6);
  });
});

describe('an answer of HTTP 401', () => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call' });
  const unauthorized = () => new Response('no', { status: 401 });

  function sendAs(authorized: ReturnType<typeof createFetch>) {
    return authorized(url, { method: 'POST', body });
  }

  it('makes the same request once more when the person has another token', async () => {
    const credential = credentialFor();
    const { fetch, sent } = recordingFetch(() => (sent.length === 1 ? unauthorized() : new Response('ok')));
    credential.renew(toBearerToken('token-2'), credential.principal());

    const response = await sendAs(createFetch({ credential, fetch }));

    expect(response.status).toBe(200);
    expect(sent.map(({ headers, init }) => [headers.get('authorization'), init.body])).toEqual([
      ['Bearer token-2', body],
      ['Bearer token-1', body],
    ]);
  });

  it('makes no second request with the token that was refused', async () => {
    const { fetch, sent } = recordingFetch(unauthorized);

    const response = await sendAs(createFetch({ fetch }));

    expect([response.status, await response.text()]).toEqual([401, 'no']);
    expect(sent).toHaveLength(1);
  });

  it('makes no second request when a new exchange gives the same token again', async () => {
    const auth = { mode: 'exchange', tokenUrl: 'https://id.example.com/t', audience: url, clientId: 'c' };
    const token = { access_token: 'same', token_type: 'Bearer', expires_in: 300 };
    const issued_token_type = 'urn:ietf:params:oauth:token-type:access_token';
    const asked: string[] = [];
    const fetch: typeof globalThis.fetch = (input) => {
      asked.push(new URL(input instanceof Request ? input.url : input).host);
      const isExchange = asked.at(-1) === 'id.example.com';
      return Promise.resolve(isExchange ? Response.json({ ...token, issued_token_type }) : unauthorized());
    };
    const server = serverWith(auth as McpServerAuth);

    expect((await sendAs(createFetch({ server, fetch }))).status).toBe(401);

    expect(asked).toEqual(['id.example.com', 'mcp.example.com', 'id.example.com']);
  });

  it('makes no third request, and the credential knows both refusals', async () => {
    const credential = credentialFor();
    credential.renew(toBearerToken('token-2'), credential.principal());
    credential.renew(toBearerToken('token-3'), credential.principal());
    const { fetch, sent } = recordingFetch(unauthorized);

    expect((await sendAs(createFetch({ credential, fetch }))).status).toBe(401);

    expect(sent).toHaveLength(2);
    expect(credential.token().reveal()).toBe('token-1');
  });

  it('does not repeat a body that can be sent once only', async () => {
    const credential = credentialFor();
    credential.renew(toBearerToken('token-2'), credential.principal());
    const { fetch, sent } = recordingFetch(unauthorized);

    await createFetch({ credential, fetch })(url, { method: 'POST', body: new Blob(['x']).stream() });

    expect(sent).toHaveLength(1);
  });

  it.each([403, 500])('is the only one that is tried again: %i is not', async (status) => {
    const credential = credentialFor();
    credential.renew(toBearerToken('token-2'), credential.principal());
    const { fetch, sent } = recordingFetch(() => new Response('no', { status }));

    await sendAs(createFetch({ credential, fetch }));

    expect(sent).toHaveLength(1);
    expect(credential.token().reveal()).toBe('token-2');
  });

  it('makes no second request to a server of fixed headers', async () => {
    const server = serverWith({ mode: 'headers', headers: { 'x-api-key': 'k' } });
    const { fetch, sent } = recordingFetch(unauthorized);

    await sendAs(createFetch({ server, fetch }));

    expect(sent).toHaveLength(1);
  });
});

describe('what a server sends back outside of a message', () => {
  const secret = 'opaque-token-of-alice';

  it('comes without the token, in the body of an error as in each header and the status text', async () => {
    const { fetch } = recordingFetch(
      () =>
        new Response(`You sent Bearer ${secret}.`, {
          status: 403,
          statusText: `no ${secret}`,
          headers: { 'www-authenticate': `Bearer scope="${secret}"` },
        }),
    );

    const response = await createFetch({ fetch, credential: credentialFor([url], secret) })(url);

    const { status, statusText, headers } = response;
    expect([status, statusText]).toEqual([403, 'no [redacted]']);
    expect(headers.get('www-authenticate')).toBe('Bearer scope="[redacted]"');
    expect(await response.text()).toBe('You sent Bearer [redacted].');
  });

  it('comes without the token in the headers of a success', async () => {
    const jwt = createTokenIssuer(['x']).token('session');
    const headers = { 'content-type': `text/${secret}`, 'mcp-session-id': jwt, 'x-kept': 'yes' };
    const { fetch } = recordingFetch(() => new Response('ok', { headers }));

    const response = await createFetch({ fetch, credential: credentialFor([url], secret) })(url);

    expect([...response.headers]).toEqual([
      ['content-type', 'text/[redacted]'],
      // A session’s id must go back as it came, whatever it looks like.
      ['mcp-session-id', jwt],
      ['x-kept', 'yes'],
    ]);
    expect(await response.text()).toBe('ok');
  });

  it('loses the word that was cut, which may be the beginning of a token', async () => {
    const { fetch } = recordingFetch(
      () => new Response(`${'word '.repeat(408)}${secret} and more`, { status: 500 }),
    );

    const response = await createFetch({ fetch, credential: credentialFor([url], secret) })(url);

    expect((await response.text()).endsWith('word [redacted]')).toBe(true);
  });
});
