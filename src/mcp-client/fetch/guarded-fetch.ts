/** The `fetch` under an MCP client: every request ends, and every answer comes or is told to be lost. */
import type { RequestId } from './answer-failure.js';
import type { AnswerStream } from './answer-stream.js';
import type { Exchange } from './exchange.js';
import { openExchange } from './exchange.js';
import type { FetchLimits } from './fetch-limits.js';
import type { ListeningLife } from './listening-stream.js';
import { createListening } from './listening-stream.js';
import { connectingMethods, readOutgoing } from './outgoing-message.js';
import { sendNotice } from './send-notice.js';
import { awaitAnswer, watchAnswer } from './watched-answer.js';

/** What {@link createGuardedFetch} is made of. */
export interface GuardedFetchOptions {
  /** The `fetch` underneath, which must heed `signal`. */
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  readonly limits: FetchLimits;
  /** What is known of the session’s listening stream. */
  readonly listening?: ListeningLife | undefined;
  /** Told when the server refuses the listening stream with another status than 405. */
  readonly onListenRefused?: ((status: number) => void) | undefined;
}

type Init = RequestInit | undefined;

interface Call {
  readonly url: string | URL;
  readonly init: Init;
  readonly id: RequestId;
  readonly method: string;
}

/**
 * Creates the `fetch` of one MCP client. It repairs what the SDK’s transport leaves open (2.4.0):
 * a stream that ends before its answer, or goes silent, or grows without end, fails its request at once; a cancelled
 * request lets go of its stream; a reply that is of no use is not waited for; the listening stream is not reopened for ever.
 *
 * @see https://github.com/modelcontextprotocol/typescript-sdk/issues/2739, …/issues/1883, …/issues/2682
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetchOptions['fetch'] {
  const { fetch, limits, listening, onListenRefused = () => undefined } = options;
  const calls = new Map<RequestId, Exchange>();
  const listen = createListening({ fetch, limits, life: listening, onRefused: onListenRefused });

  const begin = async (call: Call, exchange: Exchange): Promise<AnswerStream> => {
    const { url, init, id, method } = call;
    const headerMs = connectingMethods.has(method) ? limits.connectMs : limits.headerMs;
    if (method !== 'subscriptions/listen') exchange.limit(limits.totalMs);
    const forgetLimit = exchange.limit(headerMs);
    const response = await fetch(url, { ...init, signal: exchange.signal });
    forgetLimit();
    const reopen = (lastEventId: string): Promise<Response> =>
      fetch(url, { method: 'GET', headers: toResumeHeaders(init, lastEventId), signal: exchange.signal });
    return { id, exchange, response, limits, reopen };
  };

  const sendCall = async (call: Call): Promise<Response> => {
    const exchange = openExchange(call.init?.signal, () => {
      if (calls.get(call.id) === exchange) calls.delete(call.id);
    });
    calls.set(call.id, exchange);
    try {
      const answer = await begin(call, exchange);
      if (!answer.response.ok) return finished(exchange, answer.response);
      return await (connectingMethods.has(call.method) ? awaitAnswer(answer) : watchAnswer(answer));
    } catch (error) {
      exchange.finish();
      throw error;
    }
  };

  return async function guardedFetch(url, init) {
    if (init?.method === 'GET') return listen(url, init);
    const outgoing = readOutgoing(init?.body);
    if (outgoing.kind === 'request') return sendCall({ url, init, ...outgoing });
    if (outgoing.cancels === undefined) return sendNotice((own) => fetch(url, own), init, limits);
    // The client may be closed before this has left: then the server would never know.
    const sent = sendNotice((own) => fetch(url, own), { ...init, signal: null }, limits);
    // In the 2025 era a call is cancelled by this notification, and the SDK leaves its stream open.
    calls.get(outgoing.cancels)?.abort(new DOMException('Cancelled.', 'AbortError'));
    return sent;
  };
}

function toResumeHeaders(init: Init, lastEventId: string): Headers {
  const headers = new Headers(init?.headers);
  headers.delete('content-type');
  headers.set('accept', 'text/event-stream');
  headers.set('last-event-id', lastEventId);
  return headers;
}

function finished(exchange: Exchange, response: Response): Response {
  exchange.finish();
  return response;
}
