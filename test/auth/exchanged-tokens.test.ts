import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { ExchangedTokensOptions } from '../../src/auth/exchanged-tokens.js';
import { createExchangedTokens } from '../../src/auth/exchanged-tokens.js';
import type { Principal } from '../../src/auth/principal.js';
import type { ExchangeRule } from '../../src/auth/token-exchange.js';
import type { Person } from '../support/test-platform.js';
import { callerFor } from '../support/test-platform.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';
import type { TokenService } from '../support/token-service.js';
import { sendJson, startTokenService, tokenAnswer } from '../support/token-service.js';

const users = createTokenIssuer(['agent']);
const startMs = Date.now();

let service: TokenService;

beforeEach(async () => {
  service = await startTokenService(users, 'agent');
});

afterEach(() => service.close());

function createTokens(options: ExchangedTokensOptions = {}) {
  let now = startMs;
  const tokens = createExchangedTokens({ clock: () => now, ...options });
  const get = async (
    person: Person,
    rule: Partial<ExchangeRule> = {},
    { token = users.token(person), ...principal }: Partial<Principal> & { token?: string } = {},
  ) => {
    const url = 'https://mcp.example.com/mcp';
    const answer = await tokens.get({
      rule: { tokenUrl: service.url, audience: url, url, clientId: 'fleet', ...rule },
      subject: { token: toBearerToken(token), principal: callerFor(person, principal).principal },
      timeoutMs: 5_000,
    });
    return answer.kind === 'token' ? answer.token.reveal() : answer.kind;
  };
  return { tokens, get, advance: (seconds: number) => (now += seconds * 1000) };
}

describe('createExchangedTokens', () => {
  it('exchanges once for requests at the same time, and keeps the token', async () => {
    const { get } = createTokens();
    const token = users.token('alice');

    const got = await Promise.all(Array.from({ length: 10 }, () => get('alice', {}, { token })));
    got.push(await get('alice', {}, { token: users.token('alice') }));

    expect(new Set(got)).toEqual(new Set(service.given));
    expect(service.requests).toHaveLength(1);
  });

  it.each<[string, Person, Partial<ExchangeRule>, Partial<Principal>]>([
    ['person', 'bob', {}, {}],
    ['issuer', 'alice', {}, { issuer: 'http://localhost/other' }],
    ['organization', 'alice', {}, { organization: 'globex' }],
    ['scope of the user', 'alice', {}, { scopes: [] }],
    ['audience', 'alice', { audience: 'orders' }, {}],
    ['scope', 'alice', { scope: 'read' }, {}],
    ['client', 'alice', { clientId: 'other' }, {}],
  ])('exchanges anew for another %s', async (_what, person, rule, principal) => {
    const { get } = createTokens();
    const first = await get('alice');

    const second = await get(person, rule, principal);

    expect(second).not.toBe(first);
    expect(service.requests).toHaveLength(2);
  });

  it('takes scopes in any order for the same', async () => {
    const { get } = createTokens();

    await get('alice', { scope: 'read write' });
    await get('alice', { scope: 'write  read' });

    expect(service.requests).toHaveLength(1);
  });

  it.each([
    ['its own life', 300, {}],
    ['the life of the user’s token', 100, { expiresAt: Math.floor(startMs / 1000) + 100 }],
  ])('keeps a token until ten seconds before the end of %s', async (_whose, life, principal) => {
    const { get, advance } = createTokens();
    await get('alice', {}, principal);

    advance(life - 12);
    await get('alice', {}, principal);
    expect(service.requests).toHaveLength(1);
    advance(2);
    await get('alice', {}, principal);

    expect(service.requests).toHaveLength(2);
  });

  it('asks a service that fails once more', async () => {
    const { get } = createTokens();
    service.answer = (response) => {
      service.answer = undefined;
      sendJson({}, 503)(response);
    };

    expect(await get('alice')).toBe(service.given[0]);
  });

  it.each([
    ['stays down', 503, 'server_error', 'unavailable', 2],
    ['refuses the person', 400, 'invalid_grant', 'refused', 1],
    ['does not know the target', 400, 'invalid_target', 'misconfigured', 1],
    ['wants fewer requests', 429, 'slow_down', 'unavailable', 1],
  ])('keeps no failure: a service that %s', async (_title, status, error, kind, asked) => {
    const { get } = createTokens();
    service.answer = sendJson({ error }, status);

    expect(await get('alice')).toBe(kind);
    expect(service.requests).toHaveLength(asked);
    service.answer = undefined;

    expect(await get('alice')).toBe(service.given[0]);
  });

  it('does not let a refused token fail another token of the same person', async () => {
    const { get } = createTokens();

    const [refused, good] = await Promise.all([
      get('alice', {}, { token: createTokenIssuer(['agent']).token('alice') }),
      get('alice'),
    ]);

    expect([refused, good]).toEqual(['refused', service.given[0]]);
  });

  it('forgets the token that was refused, and no other', async () => {
    const { tokens, get } = createTokens();
    const ofAlice = await get('alice');
    const ofBob = await get('bob');

    tokens.drop(toBearerToken(ofAlice));

    expect(await get('bob')).toBe(ofBob);
    expect(await get('alice')).not.toBe(ofAlice);
  });

  it('keeps at most so many, the one unused longest goes', async () => {
    const { get } = createTokens({ maxTokens: 2 });
    await get('alice');
    await get('bob');
    await get('alice');
    await get('carol');

    await get('alice');
    expect(service.requests).toHaveLength(3);
    await get('bob');

    expect(service.requests).toHaveLength(4);
  });

  it('keeps an answer without a named life for less than five minutes', async () => {
    const { get, advance } = createTokens();
    service.answer = sendJson(tokenAnswer('opaque', { expires_in: undefined }));
    await get('alice');

    advance(291);
    await get('alice');

    expect(service.requests).toHaveLength(2);
  });
});
