/** Reads server-sent events, and writes them. @see WHATWG HTML, "Server-sent events" */
import { createParser } from 'eventsource-parser';
import type { EventSourceMessage } from 'eventsource-parser';
import { AnswerLostError } from './answer-failure.js';
import { createTextReader } from './bounded-chunks.js';

/** One event, or the server’s word on when to come again. */
export type ServerEvent = EventSourceMessage | { readonly retryMs: number };

/**
 * Gives the events of a stream as they come; comments are left out.
 *
 * @throws whatever `chunks` throws, and {@link AnswerLostError}: `unreadable` for what is not UTF-8, `too-large` for an
 * event that is longer than `maxEventSize` characters before its end.
 */
export async function* readServerEvents(
  chunks: AsyncIterable<Uint8Array>,
  maxEventSize?: number,
): AsyncGenerator<ServerEvent, void> {
  const complete: ServerEvent[] = [];
  const faults = new Set<string>();
  const parser = createParser({
    onEvent: (event) => void complete.push(event),
    onRetry: (retryMs) => void complete.push({ retryMs }),
    onError: ({ type }) => void faults.add(type),
    ...(maxEventSize !== undefined && { maxBufferSize: maxEventSize }),
  });
  const decode = createTextReader();
  for await (const chunk of chunks) {
    parser.feed(decode(chunk));
    yield* complete.splice(0);
    if (faults.has('max-buffer-size-exceeded')) throw new AnswerLostError('too-large');
  }
}

/** Writes one event that carries `data` and nothing else. */
export function toServerEvent(data: string): string {
  return `${data
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('')}\n`;
}
