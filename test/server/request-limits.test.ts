import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createRequestLimits, depthOf } from '../../src/server/request-limits.js';

const app = new Hono()
  .route('/', createRequestLimits())
  .post('/threads', async (context) => context.json(await context.req.json()));
const post = (body: string) => app.request('/threads', { method: 'POST', body });

describe('createRequestLimits', () => {
  it('hands a body on as it came', async () => {
    const answer = await post('{"a":[1,{"b":"[[["}]}');

    expect(await answer.json()).toEqual({ a: [1, { b: '[[[' }] });
  });

  it('refuses a body of more than a mebibyte', async () => {
    expect((await post(JSON.stringify('x'.repeat(1_048_576)))).status).toBe(413);
  });

  it('refuses a body that is nested too deep, naming the bound', async () => {
    const answer = await post(`${'['.repeat(65)}${']'.repeat(65)}`);

    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('64 levels');
  });

  it('lets a body through that is nested as deep as allowed', async () => {
    expect((await post(`${'['.repeat(64)}${']'.repeat(64)}`)).status).toBe(200);
  });
});

describe('depthOf', () => {
  it.each([
    ['', 0],
    ['1', 0],
    ['{"a":[]}', 2],
    [String.raw`{"a":"\\"}`, 1],
    [String.raw`{"a":"\"[[["}`, 1],
    ['[[]', 2],
  ])('counts the brackets outside of texts in %s', (text, depth) => {
    expect(depthOf(text)).toBe(depth);
  });
});
