/** Reads streams of Redis as they grow: many streams over one connection, each from any point, none lost or given twice. */
import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { keys } from '../contracts/worker-jobs.js';
import { RedisUnavailableError } from '../errors.js';
import type { RedisAccess, RedisConnection, RedisWord } from './redis-connection.js';
import { toReason } from './redis-connection.js';

/** An entry of a stream: its id, and the value of its first field. */
export interface StreamEntry {
  readonly id: string;
  readonly text: string;
}

/** One stream that is read. */
export interface ReadStream {
  readonly key: string;
  /** What was read and not yet taken; while they are many, the stream is not read on. */
  readonly entries: StreamEntry[];
  /** Tells `change` when entries came or reading failed. */
  readonly changes: EventEmitter;
  /** The id of the last entry read. */
  after: string;
  failure?: Error;
}

/** One connection that reads streams. */
export interface StreamReader {
  /** Whether a stream of this key can be read here too. */
  hasRoom(key: string): boolean;
  isIdle(): boolean;
  add(stream: ReadStream): void;
  /** Takes the next entry out of those that were read. */
  take(stream: ReadStream): StreamEntry | undefined;
  remove(stream: ReadStream): void;
  /** Ends the connection and lets whoever still reads fail with a reason. */
  close(reason: Error): void;
}

/** Redis looks at each of them at every read. */
const maxStreams = 64;
const maxWaiting = 1_000;
const entriesPerRead = 200;
const blockMs = 5_000;
/** A connection that is silent for longer than a read blocks is dead, though nothing may ever say so. */
const silenceMs = 15_000;
const wakeSeconds = 60;
const retryMs = 200;
/** Redis is starting or changes its role; it says so itself, and that it passes. */
const passing = /^(?:LOADING|MASTERDOWN|TRYAGAIN|BUSY|UNBLOCKED)\b/;

const readEntry = z.tuple([z.string(), z.tuple([z.string(), z.string()], z.string())]);
const readKey = z.tuple([z.string(), z.array(readEntry)]);
const reply = z.array(readKey).nullable();

type ReadEntry = z.output<typeof readEntry>;
type ReadKey = z.output<typeof readKey>;

/** Opens a reader; it reads for as long as it has a stream to read, and comes back after each loss of its connection. */
export function createStreamReader(redis: RedisAccess): StreamReader {
  const connection = redis.openReading();
  const streams = new Set<ReadStream>();
  const wakeKey = keys.wake(randomBytes(12).toString('base64url'));
  const state = { isReading: false, isClosed: false, wakeAfter: '0-0' };

  const failAll = (failure: Error): void => {
    for (const stream of streams) fail(stream, failure);
    streams.clear();
  };
  const readOnce = async (): Promise<void> => {
    const wanted = [...streams].filter(({ entries }) => entries.length < maxWaiting);
    const places = [{ key: wakeKey, after: state.wakeAfter }, ...wanted];
    const words = ['COUNT', entriesPerRead, 'BLOCK', blockMs, 'STREAMS'];
    const at = [...places.map(({ key }) => key), ...places.map(({ after }) => after)];
    for (const [key, entries] of await readWithin(connection, [...words, ...at])) {
      const stream = wanted.find((each) => each.key === key);
      if (stream !== undefined) deliver(stream, entries);
      else state.wakeAfter = entries.at(-1)?.[0] ?? state.wakeAfter;
    }
  };
  const onFailure = async (error: unknown): Promise<void> => {
    if (state.isClosed) return;
    if (error instanceof Error && passing.test(error.message)) await delay(retryMs);
    else failAll(new RedisUnavailableError(toReason(error)));
  };
  const readOn = async (): Promise<void> => {
    state.isReading = true;
    while (streams.size > 0 && !state.isClosed) await readOnce().catch(onFailure);
    state.isReading = false;
  };
  const wake = (): void => {
    // A read that blocks already does not know of the change; should this word be lost, the read ends by itself.
    const word = ['xadd', wakeKey, 'MAXLEN', 1, '*', 'wake', 1];
    redis.sendAll([word, ['expire', wakeKey, wakeSeconds]]).catch(() => undefined);
  };
  return {
    hasRoom: (key) => streams.size < maxStreams && ![...streams].some((stream) => stream.key === key),
    isIdle: () => streams.size === 0,
    add(stream) {
      streams.add(stream);
      if (state.isReading) wake();
      else void readOn();
    },
    take(stream) {
      const entry = stream.entries.shift();
      if (entry !== undefined && stream.entries.length === maxWaiting / 2) wake();
      return entry;
    },
    remove: (stream) => void streams.delete(stream),
    close(reason) {
      state.isClosed = true;
      connection.disconnect();
      failAll(reason);
    },
  };
}

async function readWithin(connection: RedisConnection, words: RedisWord[]): Promise<readonly ReadKey[]> {
  // Not the `socketTimeout` of ioredis: its timer outlives the connection and holds the process for as long.
  const timer = setInterval(() => {
    connection.disconnect(true);
  }, silenceMs);
  try {
    return reply.parse(await connection.call('XREAD', words)) ?? [];
  } finally {
    clearInterval(timer);
  }
}

function deliver(stream: ReadStream, entries: readonly ReadEntry[]): void {
  for (const [id, [, text]] of entries) {
    stream.after = id;
    stream.entries.push({ id, text });
  }
  stream.changes.emit('change');
}

function fail(stream: ReadStream, failure: Error): void {
  stream.failure = failure;
  stream.changes.emit('change');
}
