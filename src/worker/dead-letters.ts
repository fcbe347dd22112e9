/** The dead-letter list: what was given up, with the reason. */
import type { Redis } from 'ioredis';
import type { DeadLetter } from '../contracts/worker-jobs.js';
import { keys } from '../contracts/worker-jobs.js';
import type { HeldJob } from './job-record.js';

/** Letters beyond this many go, the oldest first. */
const maxLetters = 10_000;

/** The letter of a job. */
export function toLetter(job: HeldJob, reason: string, tries: number): DeadLetter {
  const { jobId, agent, threadId, org } = job;
  return { jobId, agent, threadId, org, reason, tries, at: new Date().toISOString() };
}

/** Keeps a letter of an entry of the intake that is no job. */
export async function writeLetter(redis: Redis, letter: DeadLetter): Promise<void> {
  await redis.xadd(keys.dead, 'MAXLEN', '~', maxLetters, '*', 'letter', JSON.stringify(letter));
}
