/** The connections to Redis, and whether that Redis is fit for a queue. */
import { Redis } from 'ioredis';
import { ConfigError } from '../errors.js';
import type { Logger } from '../logger.js';
import { pingOften } from './redis-silence.js';

/** The connections of a worker. */
export interface RedisConnections {
  /** For commands, which wait while Redis is away. */
  readonly commands: Redis;
  /** Calls back when the connection for commands breaks, and when it is there again. */
  watch(watch: RedisWatch): void;
  /** Makes another connection, for commands that wait or listen. */
  another(): Redis;
  close(): void;
}

/** What is told of the connection for commands. */
export interface RedisWatch {
  readonly onAway: () => void;
  readonly onBack: () => void;
}

const connectTimeoutMs = 5_000;
const maxRetryMs = 1_000;
/** After how long without a word the system asks whether the other side is there, in milliseconds. */
const keepAliveMs = 10_000;

/**
 * Connects, and looks at what the queue relies on.
 *
 * @throws {@link ConfigError} naming REDIS_URL when Redis does not answer, refuses, or is older than 6.2.
 */
export async function openRedis(url: string, logger: Logger): Promise<RedisConnections> {
  const commands = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    keepAlive: keepAliveMs,
    // BullMQ demands it: a command waits for the connection as long as that takes.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(times * 100, maxRetryMs),
  });
  let lastError: unknown;
  // Without a listener the client prints to the console; why it could not connect is told here alone.
  commands.on('error', (error) => {
    lastError = error;
    logger.debug('redis.error', { error });
  });
  try {
    await commands.connect();
    await requireFit(commands, logger);
  } catch (cause) {
    commands.disconnect();
    if (cause instanceof ConfigError) throw cause;
    throw toRedisRefusal(lastError ?? cause);
  }
  const endPings = pingOften(commands, { name: 'commands', logger });
  const others: Redis[] = [];
  let isClosing = false;
  return {
    commands,
    watch: ({ onAway, onBack }) => {
      commands.on('close', () => {
        if (!isClosing) onAway();
      });
      commands.on('ready', onBack);
    },
    another: () => {
      const made = commands.duplicate({ lazyConnect: false });
      made.on('error', (error) => {
        logger.debug('redis.error', { error });
      });
      others.push(made);
      return made;
    },
    close: () => {
      isClosing = true;
      endPings();
      for (const connection of [...others, commands]) connection.disconnect();
    },
  };
}

/** Makes an error that names the setting from what Redis, or its absence, said. */
export function toRedisRefusal(cause: unknown): ConfigError {
  const said = cause instanceof Error ? cause.message : '';
  return new ConfigError('REDIS_URL', reasonOf(said), { cause });
}

function reasonOf(said: string): string {
  if (/WRONGPASS|NOAUTH/.test(said)) return 'Redis refuses the user or password; correct the URL.';
  if (said.startsWith('NOPERM'))
    return 'Redis does not let this user do what a worker does; give it all rights on graph-fleet:* and bull:*.';
  if (said.includes('DB index')) return 'Redis has no database of this number; correct the URL.';
  return 'Redis does not answer there; start it or correct the URL.';
}

async function requireFit(redis: Redis, logger: Logger): Promise<void> {
  // The client goes on in the first database when the one of the URL is not there.
  await redis.select(redis.options.db ?? 0);
  const info = await redis.info();
  const read = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const [major = 0, minor = 0] = read('redis_version').split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    throw new ConfigError('REDIS_URL', 'Redis there is older than 6.2; use 6.2 or newer.');
  }
  // Jobs and their events would be lost by a restart, or when memory runs short.
  if (read('aof_enabled') === '0') logger.warn('redis.not-durable', { advice: 'set appendonly yes' });
  if (!['', 'noeviction'].includes(read('maxmemory_policy')))
    logger.warn('redis.evicts', { advice: 'set maxmemory-policy noeviction' });
}
