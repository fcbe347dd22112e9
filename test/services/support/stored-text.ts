/** Everything that Redis and PostgreSQL keep, as text that can be searched. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findPostgresBinaries } from './find-services.js';

/** A dump of a database, with its binary columns as the text that they hold. */
export function dumpPostgres(url: string): string {
  const command = join(findPostgresBinaries() ?? '', 'pg_dump');
  const dump = execFileSync(command, ['--dbname', url], { maxBuffer: 2 ** 30 }).toString('utf8');
  return dump.replaceAll(/\\\\x([0-9a-f]{2,})/g, (_all, hex: string) =>
    Buffer.from(hex, 'hex').toString('latin1'),
  );
}

/** Every key of a database with what it holds. */
export async function dumpRedis(url: string): Promise<string> {
  const redis = new Redis(url);
  const parts: string[] = [];
  try {
    for await (const names of redis.scanStream({ count: 1000 })) {
      // A stream of names.
      for (const key of names as string[]) parts.push(key, JSON.stringify(await read(redis, key)));
    }
  } finally {
    redis.disconnect();
  }
  return parts.join('\n');
}

async function read(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  if (type === 'string') return redis.get(key);
  if (type === 'hash') return redis.hgetall(key);
  if (type === 'list') return redis.lrange(key, 0, -1);
  if (type === 'set') return redis.smembers(key);
  if (type === 'zset') return redis.zrange(key, 0, -1);
  if (type === 'stream') return redis.xrange(key, '-', '+');
  throw new TypeError(`${key} is a ${type}, which is not read here.`);
}
