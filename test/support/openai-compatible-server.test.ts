import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/agents/load-model.js';
import type { OpenAiCompatibleServer } from './openai-compatible-server.js';
import { startOpenAiCompatibleServer } from './openai-compatible-server.js';

const user = { role: 'user', content: 'Hello.' };
const call = (id: string, name = 'look') => ({ id, type: 'function', function: { name, arguments: '{}' } });
const calling = (...ids: readonly string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => call(id)),
});
const answering = (id: string) => ({ role: 'tool', content: 'Done.', tool_call_id: id });
const tool = (parameters: unknown, name = 'look') => ({ type: 'function', function: { name, parameters } });
const look = tool({ type: 'object', properties: { at: { type: 'array', items: { type: 'string' } } } });
const chat = (...messages: readonly unknown[]) => ({
  model: 'test-model',
  tools: [look],
  messages: [user, ...messages],
});

let server: OpenAiCompatibleServer;

beforeEach(async () => {
  const args = { at: ['naïve “quotes” \\ and 数据库', 'x'.repeat(200)] };
  server = await startOpenAiCompatibleServer(() => ({
    text: 'Zwei Blicke, ein „Satz“.',
    calls: [
      { name: 'look', args },
      { name: 'look', args: {} },
    ],
  }));
});
afterEach(() => server.close());

async function post(body: unknown, key = 'test-key'): Promise<{ status: number; message: string }> {
  const response = await fetch(`${server.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const { error } = (await response.json()) as { error?: { message: string } };
  return { status: response.status, message: error?.message ?? '' };
}

describe('startOpenAiCompatibleServer', () => {
  it('says in every answer that it is a test server', async () => {
    const { headers } = await fetch(server.baseUrl);

    expect(headers.get('x-test-server')).toBe('graph-fleet');
  });

  it.each([
    ['a plain question', chat()],
    ['calls that are all answered', chat(calling('a', 'b'), answering('b'), answering('a'), user)],
  ])('takes %s', async (_, body) => {
    expect(await post(body)).toEqual({ status: 200, message: '' });
  });

  it.each([
    ['a call without an answer', chat(calling('a')), 'did not have response messages: a'],
    [
      'a call whose answer comes too late',
      chat(calling('a'), user, answering('a')),
      'did not have response messages: a',
    ],
    [
      'one of two calls without an answer',
      chat(calling('a', 'b'), answering('a'), user),
      'response messages: b',
    ],
    ['an answer to nothing', chat(answering('a')), "messages with role 'tool' must be a response"],
    [
      'a second answer to one call',
      chat(calling('a'), answering('a'), answering('a')),
      "messages with role 'tool'",
    ],
    [
      'a call of a tool that is not offered',
      chat({ role: 'assistant', content: null, tool_calls: [call('a', 'jump')] }, answering('a')),
      "Tool 'jump' is not among 'tools'",
    ],
    [
      'an assistant that says nothing',
      chat({ role: 'assistant', content: null }),
      'needs content or tool_calls',
    ],
    ['an unknown member', { ...chat(), wish: 'yes' }, 'wish'],
    ['two tools of one name', { ...chat(), tools: [look, look] }, 'unique'],
    [
      'a tool name with a space',
      { ...chat(), tools: [tool({ type: 'object' }, 'a tool')] },
      "Invalid tool name 'a tool'",
    ],
    [
      'arguments that are no object',
      { ...chat(), tools: [tool({ type: 'string' })] },
      'Invalid schema for function',
    ],
    [
      'an unknown type',
      { ...chat(), tools: [tool({ type: 'object', properties: { a: { type: 'text' } } })] },
      '"text"',
    ],
    [
      'an array without items',
      { ...chat(), tools: [tool({ type: 'object', properties: { a: { type: 'array' } } })] },
      'array schema missing items',
    ],
    [
      'a pattern that is none',
      { ...chat(), tools: [tool({ type: 'object', properties: { a: { type: 'string', pattern: '(' } } })] },
      'pattern must be a regex',
    ],
    ['text that is no JSON', '{', 'could not parse'],
  ])('refuses %s with 400', async (_, body, message) => {
    expect(await post(body)).toEqual({ status: 400, message: expect.stringContaining(message) });
  });

  it('refuses a request without a key', async () => {
    expect(await post(chat(), '')).toMatchObject({ status: 400 });
  });

  it.each([false, true])('is understood by the client of OpenAI, streaming: %s', async (streaming) => {
    const model = loadModel('openai:test-model', { baseUrl: server.baseUrl });
    const bound = model.bindTools?.([look as never]) ?? model;

    const chunks = [];
    if (streaming) for await (const chunk of await bound.stream('Hello.')) chunks.push(chunk);
    else chunks.push(await bound.invoke('Hello.'));
    const said = chunks.reduce((sum, chunk) => sum.concat(chunk));

    expect(chunks.length > 20).toBe(streaming);
    expect(said.text).toBe('Zwei Blicke, ein „Satz“.');
    expect(said.tool_calls).toMatchObject([
      { name: 'look', args: { at: ['naïve “quotes” \\ and 数据库', 'x'.repeat(200)] } },
      { name: 'look', args: {} },
    ]);
    expect(JSON.parse(server.received[0]?.body ?? '{}').stream ?? false).toBe(streaming);
  });
});
