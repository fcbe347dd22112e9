/** Streams of Redis as iterables; many of them share a connection. */
import { EventEmitter, once } from 'node:events';
import type { RedisAccess } from './redis-connection.js';
import type { ReadStream, StreamEntry, StreamReader } from './stream-reader.js';
import { createStreamReader } from './stream-reader.js';

/** From where a stream is read, and until when. */
export interface ReadOptions {
  /** The id of the last entry that is known already. */
  readonly after: string;
  readonly signal?: AbortSignal | undefined;
}

/** Reads streams. */
export interface StreamPool {
  /**
   * Reads a stream without an end, also one that does not exist yet.
   *
   * @throws the signal’s reason when it aborts; an `AbortError` when the pool is closed; {@link RedisUnavailableError} when
   * Redis refuses to be read. A connection that is lost is no error: the reading goes on when it is back.
   */
  read(key: string, options: ReadOptions): AsyncGenerator<StreamEntry, void, void>;
  close(): void;
}

/** Creates a pool without a connection; each opens when those before it have enough to read, and the last one stays open. */
export function createStreamPool(redis: RedisAccess): StreamPool {
  const readers = new Set<StreamReader>();
  const state = { isClosed: false };

  const join = (stream: ReadStream): StreamReader => {
    const reader = [...readers].find(({ hasRoom }) => hasRoom(stream.key)) ?? createStreamReader(redis);
    readers.add(reader);
    reader.add(stream);
    return reader;
  };
  const leave = (stream: ReadStream, reader: StreamReader): void => {
    reader.remove(stream);
    if (!reader.isIdle() || readers.size === 1) return;
    readers.delete(reader);
    reader.close(closedError());
  };
  async function* read(key: string, { after, signal }: ReadOptions): AsyncGenerator<StreamEntry, void, void> {
    if (state.isClosed) throw closedError();
    const stream: ReadStream = { key, after, entries: [], changes: new EventEmitter() };
    const reader = join(stream);
    try {
      for (;;) {
        signal?.throwIfAborted();
        const entry = reader.take(stream);
        if (entry !== undefined) yield entry;
        else if (stream.failure !== undefined) throw stream.failure;
        else await untilChange(stream, signal);
      }
    } finally {
      leave(stream, reader);
    }
  }
  return {
    read,
    close() {
      state.isClosed = true;
      for (const reader of readers) reader.close(closedError());
      readers.clear();
    },
  };
}

async function untilChange({ changes }: ReadStream, signal: AbortSignal | undefined): Promise<void> {
  try {
    await once(changes, 'change', { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function closedError(): Error {
  return new DOMException('The worker client was closed.', 'AbortError');
}
