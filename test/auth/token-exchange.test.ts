import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { ExchangeRule } from '../../src/auth/token-exchange.js';
import { exchangeToken } from '../../src/auth/token-exchange.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';
import type { ExchangeAnswerer, TokenService } from '../support/token-service.js';
import { sendJson, startTokenService, tokenAnswer } from '../support/token-service.js';

const serverUrl = 'https://mcp.example.com/mcp';
const users = createTokenIssuer(['agent']);
const subject = toBearerToken(users.token('alice'));
const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';

let service: TokenService;

beforeEach(async () => {
  service = await startTokenService(users, 'agent');
});

afterEach(() => service.close());

function exchange(changes: Partial<ExchangeRule> = {}, timeoutMs = 5_000) {
  const rule = {
    tokenUrl: service.url,
    audience: serverUrl,
    url: serverUrl,
    clientId: 'fleet',
    ...changes,
  };
  return exchangeToken(rule, subject, { fetch: globalThis.fetch, timeoutMs });
}

describe('the request of an exchange', () => {
  it('asks in a form for an access token that is meant for the server', async () => {
    await exchange({ scope: 'read write' });

    expect(service.requests).toEqual([
      {
        authorization: undefined,
        contentType: 'application/x-www-form-urlencoded',
        subject: 'alice',
        form: {
          grant_type: grantType,
          subject_token: subject.reveal(),
          subject_token_type: accessToken,
          requested_token_type: accessToken,
          audience: serverUrl,
          resource: serverUrl,
          scope: 'read write',
          client_id: 'fleet',
        },
      },
    ]);
  });

  it('names no resource beside an audience of another name', async () => {
    await exchange({ audience: 'orders' });

    expect(service.requests[0]?.form).toMatchObject({ audience: 'orders' });
    expect(service.requests[0]?.form).not.toHaveProperty('resource');
  });

  it('carries a client’s secret in Basic, each half form-encoded, and not in the form', async () => {
    await exchange({ clientId: 'fleet:1', clientSecret: 'a b+c%ü' });

    const [request] = service.requests;
    const credentials = Buffer.from(request?.authorization?.slice('Basic '.length) ?? '', 'base64');
    expect(credentials.toString('utf8')).toBe('fleet%3A1:a+b%2Bc%25%C3%BC');
    expect(request?.form).not.toHaveProperty('client_id');
    expect(JSON.stringify(request?.form)).not.toContain('secret');
  });

  it('follows no redirect', async () => {
    const elsewhere = await startTokenService(users, 'agent');
    service.answer = (response) => response.writeHead(307, { location: elsewhere.url }).end();

    expect(await exchange()).toMatchObject({ kind: 'unavailable' });
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });
});

describe('an answer with a token', () => {
  it('gives the token and how long it lives', async () => {
    const answer = await exchange();

    expect(answer).toMatchObject({ kind: 'token', lifeSeconds: 300 });
    expect(answer.kind === 'token' && answer.token.reveal()).toBe(service.given[0]);
    expect(inspect(answer)).not.toContain(service.given[0]);
  });

  it.each([
    ['names no life: five minutes', { expires_in: undefined }, 300],
    ['writes its life as a text', { expires_in: '60' }, 60],
    ['writes the type in small letters', { token_type: 'bearer' }, 300],
    ['says that the token is a JWT', { issued_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, 300],
    ['has members of its own', { scope: 'read', extra: {} }, 300],
  ])('is read when it %s', async (_title, changes, lifeSeconds) => {
    service.answer = sendJson(tokenAnswer('opaque-token', changes));

    expect(await exchange()).toMatchObject({ kind: 'token', lifeSeconds });
  });

  it.each<[string, ExchangeAnswerer]>([
    ['no JSON', (response) => response.end('<html>')],
    ['a list', sendJson([tokenAnswer('t')])],
    ['no token', sendJson(tokenAnswer('t', { access_token: undefined }))],
    ['a token that is no b64token', sendJson(tokenAnswer('a b'))],
    ['a token with a line end', sendJson(tokenAnswer('a\nb'))],
    ['a token above 8 192 characters', sendJson(tokenAnswer('a'.repeat(8_193)))],
    ['a token that is no access token', sendJson(tokenAnswer('t', { token_type: 'N_A' }))],
    ['a token that is bound to a key', sendJson(tokenAnswer('t', { token_type: 'DPoP' }))],
    ['no type of the issued token', sendJson(tokenAnswer('t', { issued_token_type: undefined }))],
    ['an ID token', sendJson(tokenAnswer('t', { issued_token_type: accessToken.replace('access', 'id') }))],
    ['a life below zero', sendJson(tokenAnswer('t', { expires_in: -1 }))],
    [
      'the user’s own token',
      (response, { form }) => sendJson(tokenAnswer(form['subject_token'] ?? ''))(response),
    ],
    ['more than 64 KiB', sendJson(tokenAnswer('t', { extra: 'x'.repeat(65_536) }))],
  ])('is not read when it holds %s', async (_title, answer) => {
    service.answer = answer;

    expect(await exchange()).toEqual({ kind: 'misconfigured', fault: 'unreadable_answer' });
  });
});

describe('a refusal', () => {
  it.each([
    ['invalid_grant', 400, { kind: 'refused' }],
    ['invalid_target', 400, { kind: 'misconfigured', fault: 'invalid_target' }],
    ['invalid_request', 400, { kind: 'misconfigured', fault: 'invalid_request' }],
    ['invalid_client', 401, { kind: 'misconfigured', fault: 'invalid_client' }],
    ['unauthorized_client', 400, { kind: 'misconfigured', fault: 'unauthorized_client' }],
    ['unsupported_grant_type', 400, { kind: 'misconfigured', fault: 'unsupported_grant_type' }],
    ['invalid_scope', 400, { kind: 'misconfigured', fault: 'invalid_scope' }],
    ['words of its own', 400, { kind: 'misconfigured', fault: 'unreadable_answer' }],
    ['invalid_grant', 503, { kind: 'unavailable', mayRetry: true }],
    ['invalid_grant', 429, { kind: 'unavailable', mayRetry: false }],
  ])('by the error %s with status %i is known', async (error, status, expected) => {
    service.answer = sendJson({ error, error_description: 'words of the service' }, status);

    expect(await exchange()).toEqual(expected);
  });

  it('is no answer when nobody listens', async () => {
    await service.close();

    expect(await exchange()).toEqual({ kind: 'unavailable', mayRetry: true });
  });

  it('is no answer when none comes in time', async () => {
    service.answer = () => undefined;

    expect(await exchange({}, 100)).toEqual({ kind: 'unavailable', mayRetry: true });
  });
});
