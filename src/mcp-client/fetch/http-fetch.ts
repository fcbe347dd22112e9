/** The HTTP requests of MCP clients, made with Node’s own HTTP client: a turn makes one, and `fetch` takes longer. */
import { setMaxListeners } from 'node:events';
import type { AgentOptions, ClientRequest, IncomingMessage } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import type { Readable } from 'node:stream';
import { runOutside } from '../../outside-runs.js';
import { acceptedEncodings, decodeContent } from './decoded-content.js';

/** A `fetch` with connections of its own. */
export interface HttpFetch {
  /**
   * Makes one request, whose body is text or nothing. It follows no redirect, whatever `redirect` says: one is an error.
   *
   * @throws the reason of `signal` when that aborts, and TypeError with the cause when no answer comes, as `fetch` does.
   * @see https://fetch.spec.whatwg.org/#fetch-method
   */
  readonly fetch: (url: URL | string, init?: RequestInit) => Promise<Response>;
  /** Closes every connection, also where an answer is awaited; safe to call twice. */
  close(): void;
}

/** What {@link createHttpFetch} may be told. */
export interface HttpFetchOptions {
  /** How long a connection stays open between two requests, in milliseconds; default 4000, less than most servers wait. */
  readonly idleMs?: number | undefined;
}

/** Creates a `fetch` without connections. */
export function createHttpFetch({ idleMs = 4000 }: HttpFetchOptions = {}): HttpFetch {
  const options: AgentOptions = { keepAlive: true, timeout: idleMs };
  const agents = {
    http: connectOutside(new http.Agent(options)),
    https: connectOutside(new https.Agent(options)),
  };
  return {
    async fetch(input, { method = 'GET', headers, body, signal } = {}) {
      signal?.throwIfAborted();
      const url = input instanceof URL ? input : new URL(input);
      if (url.username !== '' || url.password !== '')
        throw new TypeError('A URL of a request holds no credentials.');
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

/** A connection that many runs use carries none of them. */
function connectOutside<Agent extends http.Agent>(agent: Agent): Agent {
  // Node calls it to connect; @types/node 20 does not know it.
  const own = agent as unknown as { createConnection: (...args: readonly unknown[]) => unknown };
  const connect = own.createConnection.bind(agent);
  own.createConnection = (...args) => runOutside(() => connect(...args));
  return agent;
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
    // One signal may stop many requests, each of which lets go of it.
    if (signal !== undefined) setMaxListeners(0, signal);
    signal?.addEventListener('abort', stop, { once: true });
    let isAnswered = false;
    request.once('response', (answer) => {
      isAnswered = true;
      resolve(answer);
    });
    // What breaks later is told to whoever reads the body.
    request.on('error', fail);
    request.once('close', () => {
      signal?.removeEventListener('abort', stop);
      if (isAnswered) return;
      // A server that wants another protocol is cut off without an error.
      fail(Object.assign(new Error('The connection ended without an answer.'), { code: 'ECONNRESET' }));
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
  try {
    if (redirects.has(status)) throw new Error('The server redirects.');
    const headers = new Headers();
    for (let index = 0; index + 1 < rawHeaders.length; index += 2)
      headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
    if (!bodiless.has(status)) {
      const content = decodeContent(answer, headers.get('content-encoding'));
      return new Response(toBody(content, answer, exchange), { status, statusText, headers });
    }
    answer.resume();
    return new Response(null, { status, statusText, headers });
  } catch (cause) {
    // A status that is none, or a text that may not stand beside it.
    answer.destroy();
    throw toFailure(exchange, cause);
  }
}

function toBody(content: Readable, answer: IncomingMessage, exchange: Exchange): ReadableStream<Uint8Array> {
  let isUntouched = content === answer;
  let isCancelled = false;
  return new ReadableStream(
    {
      start(controller) {
        const fail = (cause?: unknown): void => {
          controller.error(toFailure(exchange, cause));
        };
        content.on('data', (chunk: Uint8Array) => {
          if (isCancelled) return;
          content.pause();
          controller.enqueue(chunk);
        });
        content.once('end', () => {
          if (isCancelled) return;
          // What was cut off may end as what is over does.
          if (exchange.signal?.aborted === true) fail();
          else controller.close();
        });
        content.once('error', fail);
        content.pause();
      },
      pull() {
        isUntouched = false;
        content.resume();
      },
      cancel() {
        isCancelled = true;
        // One that has come whole leaves its connection for the next request; nothing is decoded for nobody.
        if (answer.complete && isUntouched) answer.resume();
        else content.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
