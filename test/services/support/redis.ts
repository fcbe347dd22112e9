/** A Redis server for tests: the one TEST_REDIS_URL names, or one of our own from Debian's packages. */
import { Redis } from 'ioredis';
import { findMissingServices, findRedisServer } from './find-services.js';
import { findFreePort, makeHome, startOwnServer, type OwnServer } from './own-server.js';

export interface RedisServer {
  /** Takes a database of the server in which no key stands and returns its URL; channels are shared by all of them. */
  createDatabase(): Promise<string>;
  /** Empties the databases that were taken, and ends a server of our own. */
  close(): Promise<void>;
}

/** Starts a server, or takes the one that was told. */
export async function startRedis(): Promise<RedisServer> {
  const given = process.env['TEST_REDIS_URL'] ?? '';
  return given === '' ? startOwnRedis() : useGiven(given);
}

/** Starts a server that the test may take away and bring back: it keeps every write and evicts nothing. */
export async function startOwnRedis(): Promise<RedisServer & OwnServer> {
  const command = findRedisServer();
  if (command === undefined) throw new Error(findMissingServices({ ...process.env, TEST_REDIS_URL: '' }));
  const home = makeHome('redis');
  const port = await findFreePort();
  const server = await startOwnServer({
    name: 'Redis',
    command,
    words: [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', home.folder],
      ...['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction', '--databases', '64'],
    ],
    readyWords: 'Ready to accept connections',
    stopSignal: 'SIGTERM',
    home,
  });
  let next = 0;
  return {
    ...server,
    createDatabase: async () => toDatabaseUrl(`redis://127.0.0.1:${String(port)}`, next++),
  };
}

function useGiven(url: string): RedisServer {
  const taken: string[] = [];
  return {
    createDatabase: async () => {
      const free = await findEmpty(url, taken);
      taken.push(free);
      return free;
    },
    close: async () => {
      for (const each of taken) await onRedis(each, (redis) => redis.flushdb());
    },
  };
}

async function findEmpty(url: string, taken: readonly string[]): Promise<string> {
  const count = await onRedis(url, async (redis) =>
    Number(((await redis.config('GET', 'databases')) as string[])[1]),
  );
  for (let index = 0; index < count; index += 1) {
    const candidate = toDatabaseUrl(url, index);
    if (taken.includes(candidate)) continue;
    if ((await onRedis(candidate, (redis) => redis.dbsize())) === 0) return candidate;
  }
  throw new Error(
    'TEST_REDIS_URL: every database of this server holds keys; empty one, or name another server.',
  );
}

async function onRedis<Result>(url: string, ask: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis(url);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

function toDatabaseUrl(url: string, index: number): string {
  const made = new URL(url);
  made.pathname = `/${String(index)}`;
  return made.href;
}
