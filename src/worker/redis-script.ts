/** Lua scripts, which Redis runs as one step: what they check still holds when they write. */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** What a script is given. */
export interface ScriptInput {
  readonly keys: readonly string[];
  readonly words: readonly (string | number)[];
}

/** Runs one script. */
export type Script = (input: ScriptInput) => Promise<unknown>;

/** Makes a script that is sent by its digest, and whole when Redis does not have it: the first time, and after a restart. */
export function createScript(redis: Redis, source: string): Script {
  const digest = createHash('sha1').update(source).digest('hex');
  return async ({ keys, words }) => {
    const input = [...keys, ...words];
    try {
      return await redis.evalsha(digest, keys.length, ...input);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(source, keys.length, ...input);
    }
  };
}
