import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { toAuthenticatedUser } from '../../src/server/authenticated-user.js';
import type { PersonLimitOptions } from '../../src/server/person-limit.js';
import { createPersonLimit } from '../../src/server/person-limit.js';
import { createRunTokens } from '../../src/server/run-tokens.js';
import { createManualClock } from '../../src/testing/manual-clock.js';

/** Behind authentication that takes `issuer/subject` for a person, and nothing for nobody. */
function createApp(options: PersonLimitOptions) {
  const app = new Hono<{ Variables: { auth: unknown } }>()
    .use(async (context, next) => {
      const [issuer = '', subject] = (context.req.header('x-person') ?? '').split('/');
      context.set('auth', { user: subject === undefined ? { identity: '' } : person(issuer, subject) });
      await next();
    })
    .route('/', createPersonLimit(options))
    .all('*', (context) => context.text('served'));
  return async (name: string, { env = { incoming: {} }, path = '/threads' } = {}): Promise<Response> =>
    app.request(path, { headers: { 'x-person': name } }, env);
}

function person(issuer: string, subject: string) {
  const principal = {
    ...{ issuer, subject, organization: undefined, scopes: [], audiences: [] },
    ...{ expiresAt: 4_000_000_000, tokenId: undefined },
  };
  return toAuthenticatedUser(principal, toBearerToken('a'), createRunTokens());
}

describe('createPersonLimit', () => {
  it('answers a flood 429 and says how long to wait, and serves again after that', async () => {
    const clock = createManualClock();
    const ask = createApp({ perSecond: 0.5, burst: 2, clock });

    const statuses = [await ask('id/alice'), await ask('id/alice'), await ask('id/alice')];
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(statuses[2]?.headers.get('retry-after')).toBe('2');
    clock.advance(2000);
    expect((await ask('id/alice')).status).toBe(200);
  });

  it('counts each person for themselves, by issuer and subject', async () => {
    const ask = createApp({ perSecond: 1, burst: 1, clock: createManualClock() });

    await ask('id/alice');

    expect((await ask('id/alice')).status).toBe(429);
    expect((await ask('id/bob')).status).toBe(200);
    expect((await ask('other/alice')).status).toBe(200);
  });

  it('counts neither liveness nor what the process asks itself', async () => {
    const ask = createApp({ perSecond: 1, burst: 1, clock: createManualClock() });
    const inside = { env: {} as { incoming: object } };

    for (let count = 0; count < 3; count += 1) {
      expect((await ask('', { path: '/healthz' })).status).toBe(200);
      expect((await ask('id/alice', inside)).status).toBe(200);
    }
    expect((await ask('id/alice')).status).toBe(200);
  });
});
