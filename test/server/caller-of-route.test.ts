import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { toAuthenticatedUser } from '../../src/server/authenticated-user.js';
import { isFromThisProcess, readCaller } from '../../src/server/caller-of-route.js';
import { createRunTokens } from '../../src/server/run-tokens.js';
import { callerFor } from '../support/test-platform.js';

const alice = toAuthenticatedUser(callerFor('alice').principal, toBearerToken('a'), createRunTokens());

/** What a route sees of a request that came with `env`, behind authentication that left `auth`. */
async function see(env: object | undefined, auth?: object): Promise<{ inside: boolean; caller: unknown }> {
  let seen = { inside: false, caller: undefined as unknown };
  const app = new Hono<{ Variables: { auth: object | undefined } }>().all('*', (context) => {
    context.set('auth', auth);
    seen = { inside: isFromThisProcess(context), caller: readCaller(context) };
    return context.body(null);
  });
  await app.request('/', {}, env);
  return seen;
}

describe('isFromThisProcess', () => {
  it('tells requests without a socket from those with one', async () => {
    expect((await see(undefined)).inside).toBe(true);
    expect((await see({})).inside).toBe(true);
    expect((await see({ incoming: {} })).inside).toBe(false);
  });
});

describe('readCaller', () => {
  it('gives the user that this server made, and nobody else', async () => {
    expect((await see({}, { user: alice })).caller).toBe(alice);
    expect((await see({}, { user: { identity: 'x' } })).caller).toBeUndefined();
    expect((await see({})).caller).toBeUndefined();
  });
});
