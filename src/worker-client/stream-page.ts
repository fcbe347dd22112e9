/** The end of a stream of Redis, read once. */
import { z } from 'zod';
import type { RedisAccess } from './redis-connection.js';
import type { StreamEntry } from './stream-reader.js';

const page = z.array(z.tuple([z.string(), z.tuple([z.string(), z.string()], z.string())]));

/** Gives the last entries of a stream, the newest first; none when it does not exist. */
export async function readBackwards(
  redis: RedisAccess,
  key: string,
  count: number,
): Promise<readonly StreamEntry[]> {
  const entries = page.parse(await redis.send('XREVRANGE', key, '+', '-', 'COUNT', count));
  return entries.map(([id, [, text]]) => ({ id, text }));
}
