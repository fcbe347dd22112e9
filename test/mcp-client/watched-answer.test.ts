import { afterEach, describe, expect, it, vi } from 'vitest';
import { openExchange } from '../../src/mcp-client/fetch/exchange.js';
import { fixedLimits } from '../../src/mcp-client/fetch/fetch-limits.js';
import { watchAnswer } from '../../src/mcp-client/fetch/watched-answer.js';

const answer = { jsonrpc: '2.0', id: 1, result: { content: [] } };
const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progress: 1 } };
const limits = {
  ...fixedLimits,
  connectMs: 1000,
  headerMs: 1000,
  idleMs: 1000,
  totalMs: 1000,
  maxBytes: 10_000,
};

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A stream whose events the test sends. */
function openStream() {
  const sent: { write: (text: string) => void; end: () => void } = {
    write: () => undefined,
    end: () => undefined,
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      sent.write = (text) => {
        controller.enqueue(new TextEncoder().encode(text));
      };
      sent.end = () => {
        controller.close();
      };
    },
  });
  const response = new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  const exchange = openExchange(undefined);
  const watched = watchAnswer({
    ...{ id: 1, exchange, response, limits },
    reopen: () => Promise.reject(new TypeError('Nothing is resumed here.')),
  });
  return { ...sent, exchange, watched };
}

const event = (message: unknown): string => `data: ${JSON.stringify(message)}\n\n`;

describe('an answer on an event stream', () => {
  it('is handed on as JSON when nothing comes before it', async () => {
    const stream = openStream();
    stream.write(event(answer));

    const response = await stream.watched;

    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual(answer);
    expect(JSON.parse(await response.text())).toEqual(answer);
    stream.end();
  });

  it('is handed on as JSON where the methods of a Response are read-only', async () => {
    class ServersResponse extends Response {}
    Object.defineProperty(ServersResponse.prototype, 'json', { value: () => undefined });
    vi.stubGlobal('Response', ServersResponse);
    const stream = openStream();
    stream.write(event(answer));

    expect(await (await stream.watched).json()).toEqual(answer);
    stream.end();
  });

  it('comes behind what the server says before it, which is handed on at once', async () => {
    const stream = openStream();
    stream.write(event(progress));
    const response = await stream.watched;
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();

    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect((await reader?.read())?.value).toBe(event(progress));
    stream.write(event(answer));
    expect((await reader?.read())?.value).toBe(event(answer));
    stream.end();
    expect((await reader?.read())?.done).toBe(true);
  });

  it('is an error of ours when the stream ends without one', async () => {
    const stream = openStream();
    stream.end();

    const text = await (await stream.watched).text();

    expect(text).toContain('"message":"No answer came: lost."');
  });

  it('is nothing when the caller gave it up', async () => {
    const stream = openStream();
    stream.exchange.abort(new DOMException('Cancelled.', 'AbortError'));

    expect(await (await stream.watched).text()).toBe('');
  });
});
