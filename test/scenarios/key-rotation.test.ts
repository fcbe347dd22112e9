import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remoteKeys } from '../../src/auth/verification-keys.js';
import { createForgingKey } from '../../src/testing/forge-token.js';
import type { Answer } from '../../src/testing/key-server.js';
import { sendKeys, sendText, startKeyServer } from '../../src/testing/key-server.js';
import type { MiddlewareDoor } from '../support/middleware-door.js';
import { openMiddlewareDoor } from '../support/middleware-door.js';
import { lastToolAnswer } from '../support/test-agent.js';
import { createTableIssuer } from '../support/table-issuer.js';
import type { AgentDoor, PlatformDoor, WireAnswer } from '../support/token-doors.js';
import { askPlatform, openAgentDoor, openPlatformDoor } from '../support/token-doors.js';

type KeyServer = Awaited<ReturnType<typeof startKeyServer>>;

const issuer = createTableIssuer();
const first = issuer.keys.ES256;
const second = createForgingKey('ES256', 'second');
const ofFirst = (): string => issuer.token();
const ofSecond = (): string => issuer.token({ header: { kid: 'second' }, signer: second });
const ofUnknown = (serial: number): string => issuer.token({ header: { kid: `unknown-${String(serial)}` } });
const bearer = (token: string): readonly string[] => [`Authorization: Bearer ${token}`];

/** Answers a good token gets while its keys cannot be read: to come back, and not to sign in again. */
function expectUnavailable({ status, headers, text }: WireAnswer): void {
  expect(status).toBe(503);
  expect(headers['retry-after']).toBe('5');
  expect(headers['cache-control']).toBe('no-store');
  expect(headers).not.toHaveProperty('www-authenticate');
  expect(text).toContain('try again soon');
}

describe('F36 an agent server and its platform, whose keys are on a key server', () => {
  let keyServer: KeyServer;
  let agent: AgentDoor;

  beforeAll(async () => {
    keyServer = await startKeyServer(sendText('', 503));
    agent = await openAgentDoor(issuer, { AUTH_JWKS_URL: keyServer.url });
  });
  afterAll(async () => {
    await Promise.all([agent.server.remove(), keyServer.close()]);
  });

  const askBoth = (token: string) =>
    Promise.all([agent.ask(bearer(token)), askPlatform(agent.server.platformUrl(), bearer(token))]);
  const statuses = async (token: string) => (await askBoth(token)).map(({ status }) => status);

  /** Asks as an impatient client does, without a pause, until both say so; gives how often the key server was asked. */
  async function askUntil(status: number, token: () => string): Promise<number> {
    const before = keyServer.requests();
    while ((await statuses(token())).some((each) => each !== status));
    return keyServer.requests() - before;
  }

  it('start while it is down, and answer 503 and not 401', async () => {
    for (const answer of await askBoth(ofFirst())) expectUnavailable(answer);
    for (const answer of await askBoth(ofFirst())) expectUnavailable(answer);

    // Once for each of the two.
    expect(keyServer.requests()).toBe(2);
  });

  it('answer 401 to what no key could mend, also then', async () => {
    expect(await statuses(issuer.token({ header: { alg: 'none' } }))).toEqual([401, 401]);
  });

  it('let the token in once it is up, without a restart', async () => {
    keyServer.answerWith(sendKeys(first));

    expect(await askUntil(200, ofFirst)).toBe(2);
  });

  it('ask it at most once for a flood of unknown keys', async () => {
    const before = keyServer.requests();
    const flood = await Promise.all(Array.from({ length: 50 }, (_, serial) => statuses(ofUnknown(serial))));

    expect(new Set(flood.flat())).toEqual(new Set([401]));
    expect(keyServer.requests() - before).toBeLessThanOrEqual(2);
  });

  it('take a new key within one cooldown, and the old one no more when it was withdrawn', async () => {
    keyServer.answerWith(sendKeys(second));
    expect(await statuses(ofFirst())).toEqual([200, 200]);

    expect(await askUntil(200, ofSecond)).toBeLessThanOrEqual(2);

    expect(await statuses(ofFirst())).toEqual([401, 401]);
  });

  it('go on with the keys they have while it is down', async () => {
    await keyServer.close();

    expect(await statuses(ofSecond())).toEqual([200, 200]);
  });

  it('tell the operator and not the caller', async () => {
    await agent.stop();

    expect(agent.refusals().filter(({ status }) => status === 503)).not.toEqual([]);
    expect(agent.output()).not.toContain(first.jwk['x']);
  });
});

const html = '<!doctype html><title>Sign in</title>';

/** What a key server answers that cannot be used. */
const unusable: readonly (readonly [title: string, answer: Answer])[] = [
  ['answers 500', sendText('{}', 500)],
  ['answers 404 with keys', (response) => response.writeHead(404).end(JSON.stringify({ keys: [first.jwk] }))],
  ['sends HTML', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html)],
  ['sends a key set without keys', sendText('{"keys":[]}')],
  ['sends a symmetric key alone', sendText('{"keys":[{"kty":"oct","kid":"ES256","k":"c2VjcmV0"}]}')],
  [
    'sends keys behind 64 KiB of spaces',
    sendText(' '.repeat(65_536) + JSON.stringify({ keys: [first.jwk] })),
  ],
  [
    'sends keys with 50 MB beside them',
    sendText(JSON.stringify({ keys: [first.jwk], filler: 'x'.repeat(50_000_000) })),
  ],
  ['never ends', (response) => response.writeHead(200).write(' ')],
  ['never answers', () => undefined],
  ['hangs up', (response) => response.destroy()],
  ['sends elsewhere', (response) => response.writeHead(302, { location: '/elsewhere' }).end()],
];

describe('F36 a key server that', () => {
  let keyServer: KeyServer;
  let platform: PlatformDoor;
  let middleware: MiddlewareDoor;
  let nowMs = 0;

  beforeAll(async () => {
    keyServer = await startKeyServer(sendText('', 500));
    const keys = () => remoteKeys(keyServer.url, { clock: () => nowMs, timeoutMs: 100 });
    [platform, middleware] = await Promise.all([
      openPlatformDoor(issuer, { keys: keys() }),
      openMiddlewareDoor(issuer, { keys: keys() }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([platform.platform.close(), middleware.close(), keyServer.close()]);
  });

  const pass = (seconds: number) => {
    nowMs += seconds * 1_000;
  };

  async function expectUnavailableAtBoth(): Promise<void> {
    const requests = [middleware.server.requests.length, middleware.model.shown.length];
    expectUnavailable(await platform.ask(bearer(ofFirst())));
    await expect(middleware.say(ofFirst())).rejects.toMatchObject({
      code: 'ERR_KEYS_UNAVAILABLE',
      retryable: true,
    });
    expect([middleware.server.requests.length, middleware.model.shown.length]).toEqual(requests);
  }

  async function expectTakenByBoth(): Promise<void> {
    expect((await platform.ask(bearer(ofFirst()))).status).toBe(200);
    expect(lastToolAnswer((await middleware.say(ofFirst())).messages)).toEqual({ you: 'alice' });
  }

  it.each(unusable)('%s makes a good token neither good nor bad', async (_title, answer) => {
    pass(5);
    keyServer.answerWith(answer);
    const before = keyServer.requests();

    await expectUnavailableAtBoth();
    await expectUnavailableAtBoth();

    expect(keyServer.requests() - before).toBe(2);
    expect(keyServer.paths).not.toContain('/elsewhere');
  });

  it('comes to its senses is believed at once after the cooldown', async () => {
    keyServer.answerWith(sendKeys(first));
    await expectUnavailableAtBoth();

    pass(5);
    await expectTakenByBoth();
  });

  it('fails later costs nobody a run for twenty minutes, and then says 503', async () => {
    keyServer.answerWith(sendText(html));

    pass(1_199);
    await expectTakenByBoth();
    pass(1);
    await expectUnavailableAtBoth();
  });

  it('repeats a kid and adds a symmetric key under it verifies with the public ones', async () => {
    pass(5);
    const symmetric = { jwk: { kty: 'oct', kid: 'ES256', alg: 'HS256', k: 'c2VjcmV0' } };
    keyServer.answerWith(sendKeys(symmetric, issuer.keys.stranger, first));

    await expectTakenByBoth();
  });
});
