import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgentApi } from '../support/agent-api.js';
import type { MiddlewareDoor } from '../support/middleware-door.js';
import { openMiddlewareDoor } from '../support/middleware-door.js';
import { createTableIssuer } from '../support/table-issuer.js';
import type { AgentDoor, HttpDoor, LoggedRefusal, PlatformDoor, WireAnswer } from '../support/token-doors.js';
import { openAgentDoor, openPlatformDoor } from '../support/token-doors.js';
import { badTokens } from '../support/token-table.js';

const issuer = createTableIssuer();
let agentServer: AgentDoor;
let platform: PlatformDoor;
let middleware: MiddlewareDoor;

beforeAll(async () => {
  [agentServer, platform, middleware] = await Promise.all([
    openAgentDoor(issuer),
    openPlatformDoor(issuer),
    openMiddlewareDoor(issuer),
  ]);
});
afterAll(async () => {
  await Promise.all([agentServer.server.remove(), platform.platform.close(), middleware.close()]);
});

/** The parts of every token that a door was shown, long enough not to be found by chance. */
const shown = new Set<string>();

function show(token: string): string {
  for (const part of token.split(/[^\w-]+/)) if (part.length >= 16) shown.add(part);
  return token;
}

function findShown(text: string): readonly string[] {
  return [...shown].filter((part) => text.includes(part));
}

/** Ways to send credentials that are not exactly one `Authorization: Bearer <token>`, and whether any were sent. */
const badHeaders: readonly (readonly [
  title: string,
  lines: (token: string) => readonly string[],
  sent: boolean,
])[] = [
  ['nothing', () => [], false],
  ['another scheme', () => ['Authorization: Basic YWxpY2U6c2VjcmV0'], false],
  ['a scheme that begins like Bearer', (token) => [`Authorization: BearerToken ${token}`], false],
  ['a token without a scheme', (token) => [`Authorization: ${token}`], false],
  ['another header', (token) => [`X-Authorization: Bearer ${token}`, `X-Auth-Token: ${token}`], false],
  ['the header of a proxy', (token) => [`Proxy-Authorization: Bearer ${token}`], false],
  ['a cookie', (token) => [`Cookie: access_token=${token}`], false],
  ['Bearer alone', () => ['Authorization: Bearer'], true],
  ['two spaces', (token) => [`Authorization: Bearer  ${token}`], true],
  ['a tab for the space', (token) => [`Authorization: Bearer\t${token}`], true],
  ['two tokens', (token) => [`Authorization: Bearer ${token} ${token}`], true],
  ['two tokens and a comma', (token) => [`Authorization: Bearer ${token}, Bearer ${token}`], true],
  ['a word behind the token', (token) => [`Authorization: Bearer ${token} please`], true],
  ['a parameter behind the token', (token) => [`Authorization: Bearer ${token},realm="x"`], true],
  ['quotes', (token) => [`Authorization: Bearer "${token}"`], true],
  ['a name before the token', (token) => [`Authorization: Bearer token=${token}`], true],
  ['two headers', (token) => [`Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`], true],
];

const doors = [
  ['the agent server', () => agentServer],
  ['the platform', () => platform],
] as const;

describe.each(doors)('%s', (_door, door) => {
  it.each(badTokens.filter(({ inHeader }) => inHeader === undefined))(
    'refuses as $reason: $title',
    async ({ reason, make }) => {
      const answer = await present(door(), make(issuer));

      expectRefusal(answer, reason);
      expect(findShown(JSON.stringify(answer))).toEqual([]);
      expectLogged(door(), { status: 401, reason });
    },
  );

  it.each(badTokens.filter(({ inHeader }) => typeof inHeader === 'number'))(
    'never comes to see: $title',
    async ({ make, inHeader }) => {
      expect((await present(door(), make(issuer))).status).toBe(inHeader);
    },
  );

  it.each(badHeaders)('refuses a good token sent by %s', async (_title, lines, sent) => {
    const answer = await door().ask(lines(show(issuer.token())));

    expectRefusal(answer, sent ? 'malformed' : undefined);
    expect(findShown(JSON.stringify(answer))).toEqual([]);
    expectLogged(door(), { status: 401, reason: sent ? 'malformed' : door().missing });
  });

  it('looks for a token neither in the address nor in the body', async () => {
    const token = show(issuer.token());
    const places = [
      { query: `?access_token=${token}` },
      { query: `?token=${token}&authorization=Bearer%20${token}` },
      { body: { access_token: token, authorization: `Bearer ${token}` } },
      { body: { params: { _meta: { authorization: `Bearer ${token}` } } } },
    ];

    for (const place of places) {
      expectRefusal(await door().ask([], place), undefined);
      expectLogged(door(), { status: 401, reason: door().missing });
    }
  });

  it('takes the scheme in any letters', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await door().ask([`Authorization: ${scheme} ${issuer.token()}`])).status).toBe(200);
    }
  });
});

describe('the platform', () => {
  it.each([undefined, '', 'openid', 'Platform', 'platform:read', 'myplatform'])(
    'answers 403 and names the scope for a good token of scope %j',
    async (scope) => {
      const { status, headers, text } = await present(platform, issuer.token({ claims: { scope } }));

      expect(status).toBe(403);
      expect(headers['www-authenticate']).toMatch(
        /^Bearer realm="graph-fleet", error="insufficient_scope", error_description="[^"]+", scope="platform", resource_metadata="[^"]+"$/,
      );
      expect(JSON.parse(text)).toMatchObject({ error: 'insufficient_scope' });
      expectLogged(platform, { status: 403, reason: 'insufficient_scope' });
    },
  );
});

describe('_user_token at the agent server', () => {
  it.each(badTokens)('is refused before a run exists as $reason: $title', async ({ make, reason }) => {
    const alice = createAgentApi(agentServer.server.url(), issuer.token());

    const answer = await alice.send('POST', '/runs/wait', {
      assistant_id: 'aws_rds_instance_creator',
      input: { messages: [{ role: 'user', content: 'hello' }] },
      config: { configurable: { _user_token: show(make(issuer)) } },
    });

    expectRefusal(toWireAnswer(answer), reason);
    expect(findShown(answer.text)).toEqual([]);
    expectLogged(agentServer, { status: 401, reason });
  });
});

describe('the middleware', () => {
  it.each(badTokens)('rejects the run as $reason: $title', async ({ make, reason }) => {
    const error = await refused(show(make(issuer)));

    expect(error).toMatchObject({ code: 'ERR_TOKEN_INVALID', reason, retryable: false });
    expect(findShown(inspect(error, { depth: 10, showHidden: true }))).toEqual([]);
  });

  it.each([undefined, null, ''])('rejects a run whose token is %j as one without', async (token) => {
    expect(await refused(token)).toMatchObject({ code: 'ERR_TOKEN_MISSING' });
  });

  it.each([0, true, {}, [], { reveal: () => issuer.token() }, Buffer.from('token')])(
    'rejects a run whose token is no text: %j',
    async (token) => {
      expect(await refused(token)).toMatchObject({ code: 'ERR_TOKEN_INVALID', reason: 'malformed' });
    },
  );

  async function refused(token: unknown): Promise<unknown> {
    const thread = middleware.open(() => token);
    const error: unknown = await thread.say('hello').catch((reason: unknown) => reason);
    expect(await thread.messages()).toEqual([]);
    return error;
  }
});

describe('after every bad token', () => {
  it('nothing was stored and nothing was called', async () => {
    const alice = createAgentApi(agentServer.server.url(), issuer.token({ claims: { sub: 'newcomer' } }));

    expect((await alice.send('POST', '/threads/search', {})).json).toEqual([]);
    expect((await platform.platform.audit()).map(({ subject }) => subject)).toEqual([
      'alice',
      'alice',
      'alice',
    ]);
    expect([middleware.server.requests, middleware.model.shown]).toEqual([[], []]);
  });

  it('the operator’s log holds each refusal with its reason, and no part of any token', async () => {
    await agentServer.stop();

    for (const door of [agentServer, platform]) {
      const logged = door.refusals();
      expect(logged).toEqual(expectedOf(door));
      expect(logged.length).toBeGreaterThan(badTokens.length);
      expect(findShown(door.output())).toEqual([]);
    }
    expect(findShown(middleware.output())).toEqual([]);
    expect(shown.size).toBeGreaterThan(badTokens.length);
  });
});

const expectedLogs = new Map<HttpDoor, LoggedRefusal[]>();

function expectedOf(door: HttpDoor): LoggedRefusal[] {
  const expected = expectedLogs.get(door) ?? [];
  expectedLogs.set(door, expected);
  return expected;
}

function expectLogged(door: HttpDoor, refusal: LoggedRefusal): void {
  expectedOf(door).push(refusal);
}

const present = (door: HttpDoor, token: string): Promise<WireAnswer> =>
  door.ask([`Authorization: Bearer ${show(token)}`]);

/** A challenge with the error code when credentials were sent, without one when none were. @see RFC 6750 section 3.1 */
function expectRefusal({ status, headers, text }: WireAnswer, reason: string | undefined): void {
  expect(status).toBe(401);
  const challenge = headers['www-authenticate'];
  expect(challenge).toMatch(/^Bearer realm="graph-fleet"/);
  if (reason === undefined) {
    expect(challenge).not.toContain('error');
    expect(text).toContain('Sign in: this run carries no user token.');
    return;
  }
  // Of the closed reasons a caller learns one, which a new token mends.
  const words = reason === 'expired' ? 'the token has expired.' : 'the token was refused.';
  expect(challenge).toContain(`error="invalid_token", error_description="Sign in again: ${words}"`);
  expect(text).toContain(`Sign in again: ${words}`);
  if (reason !== 'expired') expect(`${challenge ?? ''} ${text}`).not.toMatch(new RegExp(`\\b${reason}\\b`));
}

function toWireAnswer(answer: { status: number; headers: Headers; text: string }): WireAnswer {
  return { ...answer, headers: Object.fromEntries(answer.headers) };
}
