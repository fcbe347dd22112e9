/** The connections of a client: one for commands, and what opens those that read; no failure shows what was sent. */
import { Redis } from 'ioredis';
import { ConfigError, RedisUnavailableError } from '../errors.js';

/** A word of a Redis command. */
export type RedisWord = string | number;

/** Options that a connection for reading has in the place of the given one’s. */
export interface ReadingOptions {
  readonly maxRetriesPerRequest: null;
  readonly commandTimeout: undefined;
  readonly retryStrategy: (times: number) => number;
}

/** What is used of an ioredis connection; one of another copy of the package will do. */
export interface RedisConnection {
  readonly options: { readonly keyPrefix?: string | undefined };
  call(command: string, args: RedisWord[]): Promise<unknown>;
  multi(commands: RedisWord[][]): { exec(): Promise<[error: Error | null, result: unknown][] | null> };
  duplicate(options: ReadingOptions): RedisConnection;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** @param reconnect it comes back at once, and sends again what was not answered. */
  disconnect(reconnect?: boolean): void;
}

/** Redis as the parts of a client use it. */
export interface RedisAccess {
  /** Sends one command. @throws {@link RedisUnavailableError} */
  send(command: string, ...words: readonly RedisWord[]): Promise<unknown>;
  /** Sends commands that happen all or not at all. @throws {@link RedisUnavailableError} */
  sendAll(commands: readonly (readonly RedisWord[])[]): Promise<void>;
  /** Opens a connection for blocking reads, which comes back by itself for as long as it is not closed. */
  openReading(): RedisConnection;
  /** Closes the connection for commands when it was opened here. */
  close(): void;
}

/**
 * Opens the connection for commands, or takes the given one.
 *
 * @throws {@link ConfigError} for a text that is no Redis URL, which it never shows, and for a connection with a key prefix.
 */
export function openRedis(redis: string | RedisConnection): RedisAccess {
  const isOwn = typeof redis === 'string';
  const commands = isOwn ? openUrl(redis) : requirePlainKeys(redis);
  const send = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await repeatOnLoss(ask);
    } catch (error) {
      if (error instanceof TypeError) throw error;
      // Without a cause: the errors of ioredis hold the command, and with it what a person said.
      throw new RedisUnavailableError(toReason(error));
    }
  };
  return {
    send: (command, ...words) => send(() => commands.call(command, [...words])),
    sendAll: (batch) => send(() => runAll(commands, batch)),
    openReading: () => quiet(commands.duplicate(readingOptions)),
    close: () => {
      if (isOwn) commands.disconnect();
    },
  };
}

/** Names a failure by a word that holds nothing of what was sent. */
export function toReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // A refusal of Redis begins with a word in capitals; the rest may quote the command.
  const refusal = /^[A-Z]{2,}\b/.exec(error.message)?.[0];
  if (refusal !== undefined) return refusal;
  return isConnectionLoss(error) || error.name === 'MaxRetriesPerRequestError' ? 'no connection' : error.name;
}

const readingOptions: ReadingOptions = {
  maxRetriesPerRequest: null,
  commandTimeout: undefined,
  retryStrategy: (times) => Math.min(times * 50, 1_000),
};

function openUrl(url: string): RedisConnection {
  if (!URL.canParse(url) || !['redis:', 'rediss:'].includes(new URL(url).protocol))
    throw new ConfigError('redis', 'must be a URL that begins with redis:// or rediss://; correct it.');
  return quiet(new Redis(url, { connectionName: 'graph-fleet-client' }));
}

/** The workers know the keys as `docs/worker.md` spells them. */
function requirePlainKeys(redis: RedisConnection): RedisConnection {
  if ((redis.options.keyPrefix ?? '') === '') return redis;
  throw new ConfigError(
    'redis',
    'must be a connection without `keyPrefix`; give one of its own to the client.',
  );
}

/** Without a listener ioredis prints every failure of a connection; here the command that meets it tells it. */
function quiet(redis: RedisConnection): RedisConnection {
  redis.on('error', () => undefined);
  return redis;
}

/** What was on its way when the connection broke is sent once more, on the next one: all that is sent may come twice. */
async function repeatOnLoss<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!isConnectionLoss(error)) throw error;
    return ask();
  }
}

/** How ioredis names what went down with its connection and may have been done or not. */
function isConnectionLoss(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.message === 'Connection is closed.');
}

async function runAll(redis: RedisConnection, batch: readonly (readonly RedisWord[])[]): Promise<void> {
  const answers = await redis.multi(batch.map((words) => [...words])).exec();
  const failed = answers?.find(([error]) => error !== null)?.[0];
  if (failed) throw failed;
}
