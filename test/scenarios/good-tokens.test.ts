import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAgentApi } from '../support/agent-api.js';
import { lastToolAnswer } from '../support/test-agent.js';
import type { MiddlewareDoor } from '../support/middleware-door.js';
import { openMiddlewareDoor } from '../support/middleware-door.js';
import type { KeyName, TableIssuer } from '../support/table-issuer.js';
import { createTableIssuer, doorAudience } from '../support/table-issuer.js';
import type { AgentDoor, PlatformDoor } from '../support/token-doors.js';
import { openAgentDoor, openPlatformDoor } from '../support/token-doors.js';

const issuer = createTableIssuer();

type Members = Readonly<Record<string, unknown>>;

type Make = (issuer: TableIssuer) => string;

/** A good token and the subject it names. */
type GoodToken = readonly [title: string, make: Make, subject: string];

const header =
  (members: Members) =>
  ({ token }: TableIssuer): string =>
    token({ header: members });
const claims =
  (members: Members) =>
  ({ token }: TableIssuer): string =>
    token({ claims: members });
const signedBy =
  (signer: KeyName, members: Members = {}) =>
  ({ token, keys }: TableIssuer): string => {
    const { alg, kid } = keys[signer];
    return token({ header: { alg, kid, ...members }, signer: keys[signer] });
  };
const named = (title: string, sub: string): GoodToken => [title, claims({ sub }), sub];

const ofAlice: readonly (readonly [title: string, make: Make])[] = [
  ...(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'] as const).map(
    (alg) => [`alg ${alg}`, signedBy(alg)] as const,
  ),
  ['a key that declares no alg', signedBy('undeclared')],
  ['the first key of two that share a kid', signedBy('twin')],
  ['the second key of two that share a kid', signedBy('elderTwin')],
  ...['at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', 'jwt', 'application/jwt', undefined].map(
    (typ) => [`typ ${String(typ)}`, header({ typ })] as const,
  ),
  ['thumbprints of a certificate', header({ x5t: 'abc', 'x5t#S256': 'def' })],
  ['aud as a text', claims({ aud: doorAudience })],
  ['aud as an array of others and ours', claims({ aud: ['https://other.example', doorAudience] })],
  ['aud with ours twice', claims({ aud: [doorAudience, doorAudience] })],
  [
    'no nbf, jti, org and client_id',
    claims({ nbf: undefined, jti: undefined, org: undefined, client_id: undefined }),
  ],
  ['nbf of now', ({ token, now }) => token({ claims: { nbf: now() } })],
  ['a life of a whole day', ({ token, now }) => token({ claims: { iat: now(), exp: now() + 86_400 } })],
  ['scopes beside ours, and spaces between them', claims({ scope: 'openid  platform audit' })],
  [
    'claims that nobody knows',
    claims({ roles: ['a'], nested: { iss: 'x', aud: [] }, none: null, deep: [[[]]] }),
  ],
  ['white space in its JSON', ({ tokenOfText }) => tokenOfText({ header: spread, claims: spread })],
  [
    'escapes in its JSON',
    ({ tokenOfText }) => tokenOfText({ claims: (json) => json.replace('alice', '\\u0061lice') }),
  ],
  ['8 192 characters', ofLength(8_192)],
];

const goodTokens: readonly GoodToken[] = [
  ...ofAlice.map(([title, make]) => [title, make, 'alice'] as const),
  named('letters outside ASCII in sub', 'Zoë Ångström'),
  named('other scripts in sub', '山田太郎 – عليّ'),
  named('characters of two halves in sub', '\u{1f600}\u{10348}'),
  named('a sub of 255 characters', 's'.repeat(255)),
  named('separators in sub', 'auth0|5f7c8ec7:a/b@example.com'),
  named('quotes and brackets in sub', `o'hara"},{"sub":"bob`),
  named('the name of a property of every object in sub', '__proto__'),
];

function spread(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2);
}

/** The header makes the length one that base64url can have: no part is as long as 1 and a multiple of 4. */
function ofLength(length: number) {
  return ({ token }: TableIssuer): string => {
    for (let filler = 5_600; ; filler += 1) {
      const text = token({ header: { x5t: 'ab' }, claims: { jti: 'j', filler: 'a'.repeat(filler) } });
      if (text.length === length) return text;
      if (text.length > length) throw new Error(`No filler gives ${String(length)} characters.`);
    }
  };
}

describe('a good token', () => {
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

  it.each(goodTokens)('with %s is let in at every door as the person it names', async (_title, make, sub) => {
    const thread = await createAgentApi(agentServer.server.url(), make(issuer)).send('POST', '/threads', {});
    expect([thread.status, thread.json.metadata?.owner]).toEqual([200, `${issuer.issuer}|${sub}`]);

    const call = await platform.ask([`Authorization: Bearer ${make(issuer)}`]);
    expect([call.status, (await platform.platform.audit()).at(-1)?.subject]).toEqual([200, sub]);

    const { messages } = await middleware.say(make(issuer));
    expect([lastToolAnswer(messages), middleware.server.calls.at(-1)?.subject]).toEqual([{ you: sub }, sub]);
  });
});

/** Times in seconds from now, each with the one beside it that is refused. Tolerance is 30 seconds. */
const edges: readonly (readonly [claim: string, taken: Members, refused: Members, reason: string])[] = [
  ['exp', { iat: -600, exp: -29 }, { iat: -600, exp: -30 }, 'expired'],
  ['nbf', { nbf: 30 }, { nbf: 31 }, 'not-yet-valid'],
  ['iat', { iat: 30 }, { iat: 31 }, 'not-yet-valid'],
  ['the life from iat to exp', { iat: -10, exp: 86_390 }, { iat: -10, exp: 86_391 }, 'lifetime'],
];

describe('at the edge of the tolerance', () => {
  let nowMs = 0;
  const clock = (): number => nowMs;
  const clocked = createTableIssuer(clock);
  let platform: PlatformDoor;
  let middleware: MiddlewareDoor;

  beforeAll(async () => {
    [platform, middleware] = await Promise.all([
      openPlatformDoor(clocked, { clock }),
      openMiddlewareDoor(clocked, { clock }),
    ]);
  });
  beforeEach(() => {
    nowMs = Math.floor(Date.now() / 1_000) * 1_000;
  });
  afterAll(async () => {
    await Promise.all([platform.platform.close(), middleware.close()]);
  });

  const at = (times: Members): string =>
    clocked.token({
      claims: Object.fromEntries(
        Object.entries(times).map(([claim, seconds]) => [claim, clocked.now() + Number(seconds)]),
      ),
    });

  it.each(edges)(
    '%s is taken, and one second further refused, by the platform',
    async (_claim, taken, refused, reason) => {
      const present = (times: Members) => platform.ask([`Authorization: Bearer ${at(times)}`]);

      expect((await present(taken)).status).toBe(200);
      expect((await present(refused)).status).toBe(401);
      expect(platform.refusals().at(-1)).toEqual({ status: 401, reason });
    },
  );

  it.each(edges.slice(1))(
    '%s is taken, and one second further refused, by the middleware',
    async (_claim, taken, refused, reason) => {
      const { messages } = await middleware.say(at(taken));

      expect(lastToolAnswer(messages)).toEqual({ you: 'alice' });
      await expect(middleware.say(at(refused))).rejects.toMatchObject({ code: 'ERR_TOKEN_INVALID', reason });
    },
  );

  it('a run begins with ten seconds to live and not with nine, whatever the tolerance', async () => {
    const calls = middleware.server.calls.length;

    await expect(middleware.say(at({ exp: 9 }))).rejects.toMatchObject({
      code: 'ERR_TOKEN_INVALID',
      reason: 'expired',
    });
    expect(middleware.server.calls).toHaveLength(calls);
    await middleware.say(at({ exp: 10 }));
    expect(middleware.server.calls).toHaveLength(calls + 1);
  });

  it('the same token is refused once the clock has moved past its end', async () => {
    const token = at({ exp: 60 });
    const ask = async () => (await platform.ask([`Authorization: Bearer ${token}`])).status;

    nowMs += 89_000;
    expect(await ask()).toBe(200);
    nowMs += 1_000;
    expect(await ask()).toBe(401);
  });
});
