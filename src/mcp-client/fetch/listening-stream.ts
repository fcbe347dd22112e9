/** The stream on which a server of the 2025 era may speak first: kept open, and opened again only so often. */
import { setTimeout as pause } from 'node:timers/promises';
import { AnswerLostError } from './answer-failure.js';
import { readChunks } from './bounded-chunks.js';
import { createEventBody } from './event-body.js';
import type { Exchange } from './exchange.js';
import { openExchange } from './exchange.js';
import type { FetchLimits } from './fetch-limits.js';
import { judgeMessage, parseJson } from './judge-message.js';
import type { ServerEvent } from './server-events.js';
import { readServerEvents, toServerEvent } from './server-events.js';
import { toMediaType } from './watched-answer.js';

/** How often the stream of one session has ended, over all clients of it. */
export interface ListeningLife {
  endings: number;
}

/** What {@link createListening} is made of. */
export interface ListeningOptions {
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  readonly limits: FetchLimits;
  /** What earlier clients of the session have met; nothing when left out. */
  readonly life?: ListeningLife | undefined;
  /** Told when the server refuses the stream with another status than 405, which is a legal way to have none. */
  readonly onRefused: (status: number) => void;
}

type Init = RequestInit | undefined;

/** What a server answers that has no such stream, and will have none tomorrow. */
const hasNone: ReadonlySet<number> = new Set([404, 405, 501]);

/** One stream, over the connections it takes. */
interface Listening {
  readonly exchange: Exchange;
  readonly limits: FetchLimits;
  /** Opens the stream, after an event where one is named. */
  readonly ask: (lastEventId: string | undefined) => Promise<Response>;
  /** Counts an ending; false when it was the last. */
  readonly mayGoOn: () => boolean;
}

/**
 * Creates the function that answers a client’s GET. Over the life of the session a stream that the server ends is opened
 * again so and so often; then, and where the server has none, the answer is 405, without a request. A client that
 * closes ends its stream, and the next one of the session opens it again.
 *
 * @see MCP 2025-11-25, "Listening for Messages from the Server"
 */
export function createListening(
  options: ListeningOptions,
): (url: string | URL, init: Init) => Promise<Response> {
  const { fetch, limits, onRefused, life = { endings: 0 } } = options;
  const mayGoOn = (): boolean => (life.endings += 1) < limits.maxListenEndings;

  return async (url, init) => {
    if (life.endings >= limits.maxListenEndings) return new Response(null, { status: 405 });
    const exchange = openExchange(init?.signal);
    const ask = async (lastEventId: string | undefined): Promise<Response> => {
      const headers = new Headers(init?.headers);
      if (lastEventId !== undefined) headers.set('last-event-id', lastEventId);
      const forgetLimit = exchange.limit(limits.connectMs);
      const response = await fetch(url, { ...init, headers, signal: exchange.signal });
      forgetLimit();
      return response;
    };
    const response = await ask(undefined).catch((error: unknown) => {
      if (init?.signal?.aborted !== true) mayGoOn();
      exchange.finish();
      throw error;
    });
    if (response.ok && toMediaType(response) === 'text/event-stream')
      return new Response(toBody(response, { exchange, limits, ask, mayGoOn }), response);
    life.endings = hasNone.has(response.status) ? limits.maxListenEndings : life.endings + 1;
    if (response.status !== 405) onRefused(response.status);
    void response.body?.cancel().catch(() => undefined);
    exchange.abort(new AnswerLostError('unreadable'));
    return response.ok ? new Response(null, { status: 405 }) : response;
  };
}

function toBody(response: Response, listening: Listening): ReadableStream<Uint8Array> {
  const { exchange } = listening;
  return createEventBody({
    run: (emit) => listen(response, listening, emit).finally(exchange.finish),
    onCancel: (reason) => {
      exchange.abort(reason);
    },
  });
}

/** How far a stream was read. */
interface Position {
  lastEventId: string | undefined;
  retryMs: number;
}

async function listen(first: Response, listening: Listening, emit: (event: string) => void): Promise<void> {
  const { exchange, limits, ask, mayGoOn } = listening;
  const position: Position = { lastEventId: undefined, retryMs: limits.retryMs };
  let response = first;
  while (response.ok && response.body !== null) {
    // It lives as long as its session, so that its size says nothing; one event of it is bounded.
    const chunks = readChunks(response.body, exchange, { maxBytes: Infinity });
    // A stream that breaks has ended too.
    await passOn(readServerEvents(chunks, limits.maxBytes), position, emit).catch(() => undefined);
    if (exchange.signal.aborted || !mayGoOn()) return;
    const waitMs = Math.max(position.retryMs, limits.leastListenMs);
    await pause(waitMs, undefined, { signal: exchange.signal });
    response = await ask(position.lastEventId);
  }
}

async function passOn(
  events: AsyncIterable<ServerEvent>,
  position: Position,
  emit: (event: string) => void,
): Promise<void> {
  for await (const event of events) {
    if ('retryMs' in event) {
      position.retryMs = event.retryMs;
      continue;
    }
    if (event.id !== undefined && event.id !== '') position.lastEventId = event.id;
    // An answer does not come here: each has a stream of its own.
    if (judgeMessage(parseJson(event.data), '') === 'other') emit(toServerEvent(event.data));
  }
}
