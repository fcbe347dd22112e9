import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { ExchangedTokens, WantedExchange } from '../../src/auth/exchanged-tokens.js';
import type { ExchangeAnswer } from '../../src/auth/token-exchange.js';
import type { HttpMcpServerConfig, McpServerAuth } from '../../src/config/mcp-servers.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { createServerAuthorization } from '../../src/mcp-client/server-authorization.js';
import { callerFor } from '../support/test-platform.js';

const url = 'https://mcp.example.com/mcp';
const exchange = {
  mode: 'exchange',
  tokenUrl: 'https://id.example.com/t',
  audience: url,
  clientId: 'c',
} as const;

interface Setup {
  readonly audiences?: readonly string[];
  /** What the token service makes of a token. */
  readonly exchanged?: (token: string) => ExchangeAnswer;
}

function authorizationOf(auth: McpServerAuth, { audiences = [url], exchanged = giveToken }: Setup = {}) {
  const base = { name: 'orders', type: 'http', url, required: true } as const;
  const server: HttpMcpServerConfig = { ...base, auth, connectTimeoutMs: 700, callTimeoutMs: 1000 };
  const { principal } = callerFor('alice', { audiences });
  const credential = createCredential(toBearerToken('token-1'), principal);
  const wanted: WantedExchange[] = [];
  const dropped: string[] = [];
  const tokens: ExchangedTokens = {
    get: (exchangeWanted) => {
      wanted.push(exchangeWanted);
      return Promise.resolve(exchanged(exchangeWanted.subject.token.reveal()));
    },
    drop: (token) => void dropped.push(token.reveal()),
  };
  const authorize = createServerAuthorization({ server, credential, exchanged: tokens });
  return { authorize, credential, wanted, dropped, principal };
}

function giveToken(token: string): ExchangeAnswer {
  return { kind: 'token', token: toBearerToken(`exchanged-for-${token}`), lifeSeconds: 60 };
}

describe('a server of mode forward', () => {
  const forward = { mode: 'forward', audience: url } as const;

  it('gets the token of the moment', async () => {
    const { authorize, credential } = authorizationOf(forward);

    const first = await authorize();
    credential.renew(toBearerToken('token-2'), credential.principal());

    expect(first.headers).toEqual({ authorization: 'Bearer token-1' });
    expect((await authorize()).headers).toEqual({ authorization: 'Bearer token-2' });
  });

  it.each([[[]], [['https://mcp.example.com']], [['https://mcp.example.com/mcp/']]])(
    'does not get a token with the audiences %o',
    async (audiences) => {
      const { authorize } = authorizationOf(forward, { audiences });

      await expect(authorize()).rejects.toMatchObject({
        failure: {
          outcome: 'unauthenticated',
          message: 'Your token is not meant for the server "orders"; sign in for its audience.',
        },
      });
    },
  );

  it('may get another token after a refusal only when there is one', async () => {
    const { authorize, credential } = authorizationOf(forward);

    expect((await authorize()).refuse()).toBe(false);
    credential.renew(toBearerToken('token-2'), credential.principal());
    const { refuse } = await authorize();
    credential.renew(toBearerToken('token-3'), credential.principal());

    expect(refuse()).toBe(true);
  });
});

describe('a server of mode headers or none', () => {
  it('gets its fixed headers, and none, without a look at the token', async () => {
    const headers = { 'x-api-key': 'k' };

    expect(await authorizationOf({ mode: 'headers', headers }).authorize()).toMatchObject({ headers });
    expect(await authorizationOf({ mode: 'none' }).authorize()).toMatchObject({ headers: {}, secrets: [] });
  });

  it('has as secrets each value, what follows its scheme, and both halves of Basic', async () => {
    const basic = Buffer.from('operator:open sesame').toString('base64');
    const headers = { authorization: `Basic ${basic}`, 'x-auth': 'Bearer key-of-operator' };

    const { secrets } = await authorizationOf({ mode: 'headers', headers }).authorize();

    for (const secret of [basic, 'operator:open sesame', 'open sesame', 'key-of-operator'])
      expect(secrets).toContain(secret);
  });
});

describe('a fixed header that is no secret', () => {
  it('is not taken out of what the server says', async () => {
    const headers = { 'x-region': 'eu-central-1', 'x-environment': 'production' };

    expect(await authorizationOf({ mode: 'headers', headers }).authorize()).toMatchObject({
      headers,
      secrets: [],
    });
  });
});

describe('a server of mode exchange', () => {
  it('gets the exchanged token alone', async () => {
    const { authorize, wanted, principal } = authorizationOf(
      { ...exchange, scope: 'read' },
      { audiences: [] },
    );

    const { headers, secrets } = await authorize();

    expect(headers).toEqual({ authorization: 'Bearer exchanged-for-token-1' });
    expect(secrets).toEqual(['exchanged-for-token-1', 'token-1']);
    expect(wanted).toMatchObject([
      { rule: { ...exchange, scope: 'read', url }, subject: { principal }, timeoutMs: 700 },
    ]);
  });

  it('drops a token that was refused', async () => {
    const { authorize, dropped } = authorizationOf(exchange);

    expect((await authorize()).refuse()).toBe(true);

    expect(dropped).toEqual(['exchanged-for-token-1']);
  });

  it('tries the person’s other token when the service refuses the first', async () => {
    const { authorize, credential } = authorizationOf(exchange, {
      exchanged: (token) => (token === 'token-2' ? { kind: 'refused' } : giveToken(token)),
    });
    credential.renew(toBearerToken('token-2'), credential.principal());

    expect((await authorize()).headers).toEqual({ authorization: 'Bearer exchanged-for-token-1' });
  });

  it('asks for a sign-in when the service refuses every token', async () => {
    const { authorize, wanted } = authorizationOf(exchange, { exchanged: () => ({ kind: 'refused' }) });

    await expect(authorize()).rejects.toMatchObject({
      failure: { outcome: 'unauthenticated', signIn: 'refused' },
    });
    expect(wanted).toHaveLength(1);
  });
});
