/** What the workers know of a job: the hash that backends read a part of, as an object. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { jobRecord, keys } from '../contracts/worker-jobs.js';

const list = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.array(z.unknown()));

const heldJob = jobRecord.extend({
  /** The job that began the turn, whose id the person’s message has; of such a job its own. */
  root: z.string(),
  agent: z.string(),
  threadId: z.string(),
  org: z.string(),
  env: z.string().optional(),
  /** What the person said; left out once it is not needed any more. */
  text: z.string().default(''),
  /** The end of the key at which the sealed token lies. */
  tokenRef: z.string().default(''),
  /** Attempts that have not been known to end well. */
  tries: z.coerce.number().int().default(0),
  /** The person’s decisions, of a resume job that brings some. */
  decisions: list.optional(),
  /** The interrupts that the job which this one goes on with ended with. */
  asked: list.pipe(z.array(z.string())).optional(),
  /** Set once the decisions were handed to the agent. */
  answered: z.literal('1').optional(),
  /** Set once an agent server may have a run of the job. */
  serverRun: z.literal('1').optional(),
  /** The interrupts that the job itself ended with. */
  asks: list.pipe(z.array(z.string())).optional(),
  /** Why the job waits, when it is not for the person’s decision. */
  lacks: z.string().optional(),
});

/** A job as the workers hold it. */
export type HeldJob = z.output<typeof heldJob> & { readonly jobId: string };

/** Reads a job; undefined when nothing is known of it, or not what a worker needs. */
export async function readHeldJob(redis: Redis, jobId: string): Promise<HeldJob | undefined> {
  const { data } = heldJob.safeParse(await redis.hgetall(keys.job(jobId)));
  return data && { ...data, jobId };
}
