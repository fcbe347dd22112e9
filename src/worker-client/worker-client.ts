/**
 * The door `graph-fleet/worker-client`: how a backend gives the workers jobs, follows what they tell, answers approvals and
 * cancels. `docs/worker.md` says the same for backends in other languages.
 */
import type { BearerToken } from '../auth/bearer-token.js';
import { toBearerToken } from '../auth/bearer-token.js';
import { sealToken, toSealKey } from '../auth/sealed-token.js';
import { toTokenLife } from '../auth/token-life.js';
import type { DeadLetter, Job, JobRecord } from '../contracts/worker-jobs.js';
import { keptSeconds, keys } from '../contracts/worker-jobs.js';
import { cancelJob } from './cancel-job.js';
import type { FollowedEvent, FollowOptions } from './follow-job.js';
import { followJob } from './follow-job.js';
import type { JobAnswer, JobRenewal, NewJob } from './job-requests.js';
import { requireJobId, toResumeJob, toRunJob } from './job-requests.js';
import { readDeadLetters, readJobRecord } from './read-records.js';
import type { RedisConnection } from './redis-connection.js';
import { openRedis } from './redis-connection.js';
import { createStreamPool } from './stream-pool.js';

export type { DeadLetter, JobEvent, JobRecord, JobResult } from '../contracts/worker-jobs.js';
export type { FollowedEvent, FollowOptions, WantedToken } from './follow-job.js';
export type { JobAnswer, JobDecision, JobRenewal, NewJob } from './job-requests.js';
export type { RedisConnection } from './redis-connection.js';

/** What a client needs. */
export interface WorkerClientOptions {
  /** The Redis of the workers: a URL, or an ioredis connection of yours, which stays open when the client is closed. */
  readonly redis: string | RedisConnection;
  /** The `TOKEN_SEAL_KEY` of the workers: 32 bytes in base64. */
  readonly sealKey: string;
  /** The time in milliseconds; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

/**
 * A backend’s side of the workers. Every method rejects with {@link RedisUnavailableError} when Redis cannot be used;
 * `follow` waits instead. No error holds a token or what a person said, and nothing is logged.
 */
export interface WorkerClient {
  /**
   * Gives the workers a message that an agent shall answer; the same `jobId` again is the same job.
   *
   * @throws {@link InvalidArgumentError} naming each field that is out of bounds.
   * @throws {@link TokenMissingError} or {@link TokenInvalidError} for a text that cannot be a token.
   */
  enqueue(job: NewJob): Promise<{ readonly jobId: string }>;
  /** Answers the approval that a job waits for, by a resume job, whose events tell the rest. @throws as `enqueue` does */
  answer(answer: JobAnswer): Promise<{ readonly jobId: string }>;
  /** Gives a new token to a job that waits for one, by a resume job, whose events tell the rest. @throws as `enqueue` does */
  renew(renewal: JobRenewal): Promise<{ readonly jobId: string }>;
  /**
   * Stops a job wherever it is, and the jobs that renewed its token by `follow`; one that has ended stays as it is. A job
   * that answers an approval is cancelled by its own id.
   */
  cancel(jobId: string): Promise<void>;
  /**
   * Gives what a job tells, live and from any point, until it has ended: `ended` comes once, last. A lost connection loses
   * and repeats nothing. A job that is not known yet is waited for.
   *
   * @throws the signal’s reason when it aborts; an `AbortError` when the client is closed.
   */
  follow(jobId: string, options?: FollowOptions): AsyncIterable<FollowedEvent>;
  /** Tells what is known of a job; undefined when no worker has met it, or it ended more than seven days ago. */
  job(jobId: string): Promise<JobRecord | undefined>;
  /** Lists the jobs that were given up, the newest first; at most `limit`, 100 when left out. */
  deadLetters(options?: { readonly limit?: number }): Promise<readonly DeadLetter[]>;
  /** Closes what the client opened; safe to call twice. */
  close(): Promise<void>;
}

/**
 * Creates a client.
 *
 * @throws {@link ConfigError} when the URL or the key is not one; the message shows neither.
 * @example
 * const client = createWorkerClient({ redis: 'redis://127.0.0.1:6379', sealKey });
 * const { jobId } = await client.enqueue({ agent: 'aws_rds_instance_creator', threadId, input, org, token });
 * for await (const { event } of client.follow(jobId)) if (event.type === 'text') show(event.text);
 */
export function createWorkerClient({ redis, sealKey, clock = Date.now }: WorkerClientOptions): WorkerClient {
  const key = toSealKey(sealKey, 'sealKey');
  const access = openRedis(redis);
  const pool = createStreamPool(access);

  const put = async (job: Job, token: BearerToken): Promise<{ readonly jobId: string }> => {
    const { jobId, tokenRef } = job;
    const life = toTokenLife(token, { now: clock(), longest: keptSeconds.token });
    await access.sendAll([
      ['set', keys.token(tokenRef), sealToken(key, jobId, token), 'EX', life],
      ['xadd', keys.intake, '*', 'job', JSON.stringify(job)],
    ]);
    return { jobId };
  };
  const renew: WorkerClient['renew'] = async (renewal) =>
    put(toResumeJob({ ...renewal, decisions: undefined }), toBearerToken(renewal.token));
  return {
    enqueue: async (job) => put(toRunJob(job), toBearerToken(job.token)),
    answer: async (answer) => put(toResumeJob(answer), toBearerToken(answer.token)),
    renew,
    cancel: async (jobId) => cancelJob(access, requireJobId(jobId)),
    follow: (jobId, options = {}) => followJob(requireJobId(jobId), options, { redis: access, pool, renew }),
    job: async (jobId) => readJobRecord(access, requireJobId(jobId)),
    deadLetters: async ({ limit = 100 } = {}) => readDeadLetters(access, limit),
    close: async () => {
      pool.close();
      access.close();
    },
  };
}
