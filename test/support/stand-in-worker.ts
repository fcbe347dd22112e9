/** The workers’ side of Redis, played by a test: takes what a backend enqueued and tells what it is told to tell. */
import { Redis } from 'ioredis';
import type { BearerToken } from '../../src/auth/bearer-token.js';
import { openSealedToken, toSealKey } from '../../src/auth/sealed-token.js';
import type { Job, JobEvent } from '../../src/contracts/worker-jobs.js';
import { job, keys } from '../../src/contracts/worker-jobs.js';

export interface TakenJob {
  readonly job: Job;
  readonly token: BearerToken;
}

export interface StandInWorker {
  readonly redis: Redis;
  /** Takes the next job, as soon as there is one, and its token. */
  take(): Promise<TakenJob>;
  /** Appends events to what a job tells; gives their ids. */
  tell(jobId: string, ...events: readonly JobEvent[]): Promise<readonly string[]>;
  close(): void;
}

export const said = (text: string): JobEvent => ({ type: 'text', messageId: 'message-1', text });
export const started: JobEvent = { type: 'started', attempt: 1, worker: 'worker-1' };
export const done: JobEvent = { type: 'ended', result: 'done', message: 'All is done.' };
export const waiting: JobEvent = { type: 'ended', result: 'waiting', message: 'It waits for the person.' };
export const signInWanted: JobEvent = {
  type: 'sign-in-wanted',
  reason: 'token-lost',
  message: 'Sign in again.',
};
export const approvalWanted: JobEvent = { type: 'approval-wanted', interruptId: 'interrupt-1', request: {} };

export function createStandInWorker(url: string, sealKey: string): StandInWorker {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const intake = redis.duplicate();
  for (const each of [redis, intake]) each.on('error', () => undefined);
  const key = toSealKey(sealKey);
  let last = '0-0';
  return {
    redis,
    async take() {
      const reply = await intake.xread('COUNT', 1, 'BLOCK', 0, 'STREAMS', keys.intake, last);
      const [id = '', fields = []] = reply?.[0]?.[1][0] ?? [];
      last = id;
      const taken = job.parse(JSON.parse(fields[1] ?? ''));
      const sealed = (await redis.getdel(keys.token(taken.tokenRef))) ?? '';
      return { job: taken, token: openSealedToken(key, taken.jobId, sealed) };
    },
    async tell(jobId, ...events) {
      const batch = redis.multi();
      for (const event of events) batch.xadd(keys.events(jobId), '*', 'event', JSON.stringify(event));
      const answers = await batch.exec();
      return (answers ?? []).map(([, id]) => String(id));
    },
    close() {
      redis.disconnect();
      intake.disconnect();
    },
  };
}
