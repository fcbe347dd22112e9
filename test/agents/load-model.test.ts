import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/agents/load-model.js';
import { ConfigError } from '../../src/errors.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

interface Seen {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: { readonly model: string; readonly stream?: boolean };
}

/** An OpenAI-compatible server that answers "hello there", in pieces when a stream is asked for. */
async function startServer(): Promise<{ baseUrl: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await json(request)) as Seen['body'];
    seen.push({ url: request.url, authorization: request.headers.authorization, body });
    const base = { id: 'x', created: 1, model: body.model };
    if (body.stream !== true) {
      const message = { role: 'assistant', content: 'hello there' };
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          ...base,
          object: 'chat.completion',
          choices: [{ index: 0, message, finish_reason: 'stop' }],
        }),
      );
      return;
    }
    response.setHeader('content-type', 'text/event-stream');
    for (const content of ['hello', ' there']) {
      const chunk = {
        ...base,
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta: { role: 'assistant', content } }],
      };
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    }
    response.end('data: [DONE]\n\n');
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}/v1`, seen };
}

describe('loadModel', () => {
  it('gives the offline model without a key', () => {
    expect(loadModel('offline')._llmType()).toBe('offline');
  });

  it('gives an OpenAI model without a key, a network or a base URL', () => {
    expect(loadModel('openai:gpt-5-mini')._llmType()).toBe('openai');
  });

  it.each(['gpt-5-mini', 'gpt-5.5-pro', 'local/codex'])(
    'reaches %s at any base URL over chat completions, with a placeholder key',
    async (name) => {
      const { baseUrl, seen } = await startServer();

      const message = await loadModel(`openai:${name}`, { baseUrl }).invoke('hi');

      expect(message.text).toBe('hello there');
      expect(seen).toMatchObject([
        { url: '/v1/chat/completions', authorization: 'Bearer no-key', body: { model: name } },
      ]);
    },
  );

  it('sends the key that it was given', async () => {
    const { baseUrl, seen } = await startServer();

    await loadModel('openai:m', { baseUrl, apiKey: 'sk-1' }).invoke('hi');

    expect(seen[0]?.authorization).toBe('Bearer sk-1');
  });

  it('streams', async () => {
    const { baseUrl, seen } = await startServer();

    const words: string[] = [];
    for await (const chunk of await loadModel('openai:m', { baseUrl }).stream('hi')) words.push(chunk.text);

    expect(words.filter((word) => word !== '')).toEqual(['hello', ' there']);
    expect(seen[0]?.body.stream).toBe(true);
  });

  it.each(['', 'openai', 'openai:', 'openai: gpt', 'anthropic:claude', 'Offline', 'offline '])(
    'refuses %j, naming MODEL and the two forms',
    (spec) => {
      expect(() => loadModel(spec)).toThrow(ConfigError);
      expect(() => loadModel(spec)).toThrow(/^MODEL: .*"offline".*"openai:<name>"/);
    },
  );
});
