/** The HTTP requests of MCP clients, made with Node’s own HTTP client: a turn makes one, and `fetch` takes twice as long. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import { acceptedEncodings, decodeContent } from './decoded-content.js';

/** How long a connection stays open between two requests, in milliseconds: less than the five seconds of most servers. */
const idleMs = 4000;

/** A `fetch` with connections of its own. */
export interface HttpFetch {
  /**
   * Makes one request, whose body is text or nothing. It follows no redirect, whatever `redirect` says: one is an error.
   *
   * @throws the reason of `signal` when that aborts, and TypeError with the cause when no answer comes, as `fetch` does.
   * @see https://fetch.spec.whatwg.org/#fetch-method
   */
  readonly fetch: (url: URL | string, init?: RequestInit) => Promise<Response>;
  /** Closes the connections on which no answer is awaited; safe to call twice. */
  close(): void;
}

/** Creates a `fetch` without connections. */
export function createHttpFetch(): HttpFetch {
  const options = { keepAlive: true, timeout: idleMs };
  const agents = { http: new http.Agent(options), https: new https.Agent(options) };
  return {
    async fetch(input, { method = 'GET', headers, body, signal } = {}) {
      signal?.throwIfAborted();
      const url = new URL(input);
      const text = toText(body);
      const sent = { method, headers: toSentHeaders(headers) };
      const request =
        url.protocol === 'https:'
          ? https.request(url, { ...sent, agent: agents.https })
          : http.request(url, { ...sent, agent: agents.http });
      const exchange = { request, signal: signal ?? undefined };
      const answered = awaitAnswer(exchange);
      request.end(text);
      return toResponse(await answered, exchange);
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

interface Exchange {
  readonly request: ClientRequest;
  readonly signal: AbortSignal | undefined;
}

function toSentHeaders(headers: RequestInit['headers']): Record<string, string> {
  return {
    'accept-encoding': acceptedEncodings,
    'user-agent': 'graph-fleet',
    ...Object.fromEntries(headers instanceof Headers ? headers : new Headers(headers)),
  };
}

function toText(body: RequestInit['body']): string | undefined {
  if (body === undefined || body === null || typeof body === 'string') return body ?? undefined;
  throw new TypeError('Only text is sent; the MCP client sends nothing else.');
}

function awaitAnswer({ request, signal }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(toFailure({ request, signal }, cause));
    };
    const stop = (): void => {
      request.destroy();
      // At once: the connection takes a moment to close.
      fail(undefined);
    };
    signal?.addEventListener('abort', stop, { once: true });
    request.once('response', resolve);
    // What breaks later is told to whoever reads the body.
    request.on('error', fail);
    request.once('close', () => {
      signal?.removeEventListener('abort', stop);
      // A server that wants another protocol is cut off without an error.
      fail(new Error('No answer came.'));
    });
  });
}

/** What `fetch` throws, so that nobody has to know which of the two it was. */
function toFailure({ signal }: Exchange, cause: unknown): Error {
  // What a signal aborts with is its caller’s affair; it comes back as it is.
  return signal?.aborted === true ? (signal.reason as Error) : new TypeError('fetch failed', { cause });
}

/** Statuses of which a Response may have no body. @see https://fetch.spec.whatwg.org/#null-body-status */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function toResponse(answer: IncomingMessage, exchange: Exchange): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = answer;
  if (redirects.has(status)) {
    answer.destroy();
    throw toFailure(exchange, new Error('The server redirects.'));
  }
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  if (bodiless.has(status)) answer.resume();
  const body = bodiless.has(status) ? null : toBody(answer, exchange);
  return new Response(body, { status, statusText, headers });
}

function toBody(answer: IncomingMessage, exchange: Exchange): ReadableStream<Uint8Array> {
  const content = decodeContent(answer);
  // A stream of Node without an encoding gives buffers.
  const chunks = content[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return new ReadableStream(
    {
      pull: (controller) =>
        chunks.next().then(
          ({ done, value }) => {
            if (done === true) controller.close();
            else controller.enqueue(value);
          },
          (cause: unknown) => {
            throw toFailure(exchange, cause);
          },
        ),
      cancel() {
        // One that has come whole leaves its connection for the next request.
        if (answer.complete) content.resume();
        else answer.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
