/** One job of a thread at a time: whose turn it is stands in the queue, and the others wait until it has ended. */
import type { Redis } from 'ioredis';
import type { FairShare } from './fair-share.js';
import { workerKeys } from './worker-keys.js';

/** Gives turns. */
export interface ThreadTurns {
  /** Puts the job whose turn it is on a thread into the queue, if one waits; to do it again changes nothing. */
  offerNext(threadId: string): Promise<void>;
}

/** What {@link createThreadTurns} needs. */
export interface ThreadTurnsOptions {
  readonly redis: Redis;
  readonly share: FairShare;
  /** Puts a job into the queue, unless it stands there. */
  readonly enqueue: (jobId: string, place: number) => Promise<void>;
}

/** Creates the turns. */
export function createThreadTurns({ redis, share, enqueue }: ThreadTurnsOptions): ThreadTurns {
  return {
    async offerNext(threadId) {
      const [first] = await redis.zrange(workerKeys.thread(threadId), 0, 0);
      const next = (await redis.get(workerKeys.turn(threadId))) ?? first;
      if (next === undefined) return;
      const place = await share.place(next);
      if (place !== undefined) await enqueue(next, place);
    },
  };
}
