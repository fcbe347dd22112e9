/** What Redis keeps of jobs beside their events. */
import { z } from 'zod';
import type { DeadLetter, JobRecord } from '../contracts/worker-jobs.js';
import { deadLetter, jobRecord, keys } from '../contracts/worker-jobs.js';
import { InvalidArgumentError } from '../errors.js';
import type { RedisAccess } from './redis-connection.js';
import { readBackwards } from './stream-page.js';

const maxLetters = 1_000;
const values = z.array(z.string().nullable());

/** Reads what is known of a job; undefined when it is not known. */
export async function readJobRecord(redis: RedisAccess, jobId: string): Promise<JobRecord | undefined> {
  // Field by field, because the workers keep more in the hash than is told.
  const fields = Object.keys(jobRecord.shape);
  const found = values.parse(await redis.send('HMGET', keys.job(jobId), ...fields));
  const entries = fields.map((field, at) => [field, found[at] ?? undefined] as const);
  return jobRecord.safeParse(Object.fromEntries(entries)).data;
}

/** Tells whether a worker has met a job. */
export async function isKnownJob(redis: RedisAccess, jobId: string): Promise<boolean> {
  return Number(await redis.send('EXISTS', keys.job(jobId), keys.events(jobId))) > 0;
}

/** Reads the newest dead letters. @throws {@link InvalidArgumentError} for a limit outside 1 to 1000. */
export async function readDeadLetters(redis: RedisAccess, limit: number): Promise<readonly DeadLetter[]> {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLetters) {
    const message = `must be a whole number from 1 to ${maxLetters}; choose one.`;
    throw new InvalidArgumentError([{ path: 'limit', message }]);
  }
  const entries = await readBackwards(redis, keys.dead, limit);
  return entries.map(({ text }) => deadLetter.parse(JSON.parse(text)));
}
