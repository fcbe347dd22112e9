import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Authentication } from '../../src/server/authenticated-user.js';
import { createGuard } from '../../src/server/guard.js';

const loopbackFetchKey = Symbol.for('langgraph_api:fetch');

/** The LangGraph server as the guard asks it: every thread is the caller’s. */
beforeAll(() => {
  Object.assign(globalThis, { [loopbackFetchKey]: async () => new Response('{}') });
});
afterAll(() => {
  Reflect.deleteProperty(globalThis, loopbackFetchKey);
});

describe('createGuard', () => {
  it('remembers the persons of the protocol-v2 threads that were used last, and of no more', async () => {
    const app = new Hono<{ Variables: { auth: Authentication } }>()
      .use(async (context, next) => {
        context.set('auth', { user: { identity: context.req.header('x-person') ?? '' }, scopes: [] });
        await next();
      })
      .route('/', createGuard({ maxIdentities: 2 }))
      .post('/threads/:thread_id/commands', (context) => context.json({}));
    const ask = async (person: string, id: string): Promise<number> => {
      const headers = { 'x-person': person };
      return (await app.request(`/threads/${id}/commands`, { method: 'POST', headers })).status;
    };

    for (const id of ['one', 'two', 'one', 'three']) expect(await ask('alice', id)).toBe(200);

    expect([await ask('bob', 'one'), await ask('bob', 'three'), await ask('bob', 'two')]).toEqual([
      404, 404, 200,
    ]);
  });
});
