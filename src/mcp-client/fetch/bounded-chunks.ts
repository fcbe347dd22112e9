/** Reads the body of an answer no longer and no further than allowed. */
import { AnswerLostError } from './answer-failure.js';
import type { Exchange } from './exchange.js';

/** How much may come, and how long nothing. */
export interface ChunkBounds {
  /** The longest silence between two pieces, in milliseconds; any when left out. */
  readonly idleMs?: number | undefined;
  /** The most bytes. */
  readonly maxBytes: number;
}

/**
 * Gives the pieces of a body as they come. The body is cancelled when the exchange aborts, or when no more of it is
 * wanted: the global `fetch`, which may be handed in, forgets to once its request was collected as garbage, and the
 * connection stays open (undici 6.24.1: its listener on the signal goes with the request).
 *
 * @throws {@link AnswerLostError} `silent` or `too-large`, and then the exchange is aborted; otherwise whatever broke it.
 */
export async function* readChunks(
  body: ReadableStream<Uint8Array>,
  exchange: Exchange,
  bounds: ChunkBounds,
): AsyncGenerator<Uint8Array, void> {
  const reader = body.getReader();
  const cancel = (): void => {
    // It may have broken by itself.
    reader.cancel(exchange.signal.reason).catch(() => undefined);
  };
  exchange.signal.addEventListener('abort', cancel, { once: true });
  if (exchange.signal.aborted) cancel();
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await readSoon(reader, exchange, bounds.idleMs);
      // What was cancelled ends as what is over does.
      exchange.signal.throwIfAborted();
      if (done) return;
      size += value.byteLength;
      if (size > bounds.maxBytes) throw tooLarge(exchange);
      yield value;
    }
  } finally {
    exchange.signal.removeEventListener('abort', cancel);
    cancel();
  }
}

function tooLarge(exchange: Exchange): AnswerLostError {
  const error = new AnswerLostError('too-large');
  exchange.abort(error);
  return error;
}

function readSoon(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  exchange: Exchange,
  idleMs: number | undefined,
): ReturnType<typeof reader.read> {
  if (idleMs === undefined) return reader.read();
  return reader.read().finally(exchange.limit(idleMs));
}

/**
 * Reads a whole body as UTF-8, without a byte order mark.
 *
 * @throws as {@link readChunks} does, and {@link AnswerLostError} `unreadable` for what is not UTF-8.
 */
export async function readText(
  body: ReadableStream<Uint8Array> | null,
  exchange: Exchange,
  bounds: ChunkBounds,
): Promise<string> {
  const decode = createTextReader();
  let text = '';
  if (body === null) return text;
  for await (const chunk of readChunks(body, exchange, bounds)) text += decode(chunk);
  return text + decode();
}

/** Creates a function that decodes one text piece by piece; called with nothing it says that the text is over. */
export function createTextReader(): (chunk?: Uint8Array) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (chunk) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (cause) {
      throw new AnswerLostError('unreadable', { cause });
    }
  };
}
