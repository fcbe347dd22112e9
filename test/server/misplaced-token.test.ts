import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createMisplacedToken } from '../../src/server/misplaced-token.js';

const app = new Hono()
  .route('/', createMisplacedToken())
  .all('*', (context) => context.json({ passed: true }));

async function send(body: string, method = 'POST'): Promise<{ status: number; error: string | undefined }> {
  const response = await app.request('/threads/t/runs', { method, ...(method === 'GET' ? {} : { body }) });
  const { error } = (await response.json()) as { error?: string };
  return { status: response.status, error };
}

describe('createMisplacedToken', () => {
  it.each([
    ['input._user_token', { input: { messages: [], _user_token: 'secret-words' } }],
    ['command.update._user_token', { command: { update: { _user_token: 'secret-words' } } }],
    ['values.0._user_token', { values: [{ _user_token: 'secret-words' }] }],
    ['metadata._user_token', { metadata: { _user_token: 'secret-words' } }],
    ['config._user_token', { config: { _user_token: 'secret-words' } }],
  ])('refuses %s, and shows nothing of it', async (place, body) => {
    const { status, error } = await send(JSON.stringify(body));

    expect(status).toBe(422);
    expect(error).toContain(`${place} would be stored`);
    expect(error).not.toContain('secret-words');
  });

  it('finds a name that is spelled with escapes', async () => {
    expect((await send(String.raw`{"input":{"_user\u005ftoken":"x"}}`)).status).toBe(422);
  });

  it.each([
    JSON.stringify({ config: { configurable: { _user_token: 'x' } } }),
    JSON.stringify({ context: { _user_token: 'x' } }),
    JSON.stringify([{ config: { configurable: { _user_token: 'x' } } }]),
    JSON.stringify({ input: { messages: [{ content: 'my _user_token is mine' }] } }),
    'no JSON',
    '',
  ])('lets %j through', async (body) => {
    expect((await send(body)).status).toBe(200);
  });

  it('reads no body of a GET', async () => {
    expect((await send('', 'GET')).status).toBe(200);
  });
});
