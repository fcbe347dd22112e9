/** Follows the event stream of one request to its answer, over as many connections as the server needs. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AnswerFailure, RequestId } from './answer-failure.js';
import { AnswerLostError } from './answer-failure.js';
import { readChunks } from './bounded-chunks.js';
import type { Exchange } from './exchange.js';
import type { FetchLimits } from './fetch-limits.js';
import { judgeMessage, parseJson } from './judge-message.js';
import type { ServerEvent } from './server-events.js';
import { readServerEvents } from './server-events.js';

/** The stream of one request. */
export interface AnswerStream {
  readonly id: RequestId;
  readonly exchange: Exchange;
  readonly response: Response;
  readonly limits: FetchLimits;
  /** Asks for what came after an event. @see MCP 2025-11-25, "Resumability and Redelivery" */
  readonly reopen: (lastEventId: string) => Promise<Response>;
}

/** A message that concerns the request. */
export interface ReceivedMessage {
  /** As it came. */
  readonly data: string;
  /** The JSON of `data`. */
  readonly message: unknown;
  /** Whether it is the answer, or comes before it. */
  readonly judgement: 'answer' | 'other';
}

/** How far a stream was read. */
interface Position {
  lastEventId: string | undefined;
  retryMs: number;
}

/**
 * Passes every message of the stream to `emit` until the answer has come, and that too.
 * A stream that carried an event id and ends before its answer is opened again, as long as that brings something new.
 *
 * @returns undefined once the answer was passed on, else why there is none; `cancelled` when the caller gave it up.
 */
export async function followAnswer(
  stream: AnswerStream,
  emit: (message: ReceivedMessage) => void,
): Promise<AnswerFailure | 'cancelled' | undefined> {
  const { exchange, limits } = stream;
  const position: Position = { lastEventId: undefined, retryMs: limits.retryMs };
  let response: Response | undefined = stream.response;
  let barren = 0;
  while (response !== undefined) {
    const before = position.lastEventId;
    const ending = await readToAnswer(response, { stream, position, emit });
    if (ending !== 'lost') return ending;
    if (position.lastEventId === undefined) break;
    barren = position.lastEventId === before ? barren + 1 : 0;
    response = await resume(stream, position, barren);
  }
  const ending = exchange.signal.aborted ? toEnding(exchange, undefined) : 'lost';
  exchange.finish();
  return ending;
}

interface Reading {
  readonly stream: AnswerStream;
  readonly position: Position;
  readonly emit: (message: ReceivedMessage) => void;
}

async function readToAnswer(
  { body }: Response,
  { stream, position, emit }: Reading,
): Promise<AnswerFailure | 'cancelled' | undefined> {
  const { exchange, limits, id } = stream;
  if (body === null) return 'lost';
  const events = readServerEvents(readChunks(body, exchange, limits));
  try {
    for (let next = await events.next(); next.done !== true; next = await events.next()) {
      const data = note(next.value, position);
      if (data === undefined) continue;
      const message = parseJson(data);
      const judgement = judgeMessage(message, id);
      if (judgement === 'broken-answer') throw new AnswerLostError('malformed');
      if (judgement === 'foreign') continue;
      emit({ data, message, judgement });
      if (judgement === 'other') continue;
      void readOut(events, exchange, limits.lingerMs);
      return undefined;
    }
    return 'lost';
  } catch (error) {
    return toEnding(exchange, error);
  }
}

/** Notes where the stream stands; gives the data of a message, undefined for everything else. */
function note(event: ServerEvent, position: Position): string | undefined {
  if ('retryMs' in event) {
    position.retryMs = event.retryMs;
    return undefined;
  }
  if (event.id !== undefined && event.id !== '') position.lastEventId = event.id;
  return event.event === undefined || event.event === 'message' ? event.data : undefined;
}

/** Reads what comes after the answer, so that the connection can be used again; a server that never ends is cut off. */
async function readOut(
  events: AsyncIterator<ServerEvent>,
  exchange: Exchange,
  lingerMs: number,
): Promise<void> {
  exchange.limit(lingerMs);
  try {
    while ((await events.next()).done !== true);
    exchange.finish();
  } catch (error) {
    // The answer is passed on already; whatever breaks now concerns nobody.
    exchange.abort(error);
  }
}

function toEnding(exchange: Exchange, error: unknown): AnswerFailure | 'cancelled' {
  const reason: unknown = exchange.signal.aborted ? exchange.signal.reason : error;
  if (reason instanceof AnswerLostError) {
    exchange.abort(reason);
    return reason.failure;
  }
  return exchange.signal.aborted ? 'cancelled' : 'lost';
}

/** Opens the stream again; undefined when the server will not, or did not for as often as is tried. */
async function resume(
  { exchange, limits, reopen }: AnswerStream,
  { lastEventId, retryMs }: Position,
  barren: number,
): Promise<Response | undefined> {
  for (let tries = barren; tries < limits.maxBarrenResumes; tries += 1) {
    try {
      await pause(Math.max(retryMs, limits.leastResumeMs), undefined, { signal: exchange.signal });
      const response = await reopen(lastEventId ?? '');
      if (response.ok) return response;
      if (response.status < 500) return undefined;
    } catch {
      if (exchange.signal.aborted) return undefined;
      // No connection now; the next try may find one.
    }
  }
  return undefined;
}
