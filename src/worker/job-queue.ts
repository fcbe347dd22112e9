/** The queue: BullMQ, which hands each job to one worker at a time and to another one when that worker dies. */
import type { Job } from 'bullmq';
import { DelayedError, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from '../logger.js';
import { createScript } from './redis-script.js';
import { queueName } from './worker-keys.js';

/** What is done with a job that was taken: nothing more, or it is taken again after some time. */
export interface Taken {
  /** In milliseconds; undefined when the job needs no other taking. */
  readonly againMs?: number | undefined;
}

/** What {@link createJobQueue} needs. */
export interface JobQueueOptions {
  readonly redis: Redis;
  readonly logger: Logger;
  /** Jobs at the same time; at least 1. */
  readonly concurrency: number;
  /** How long a worker may be silent before its jobs go to others, in milliseconds. */
  readonly leaseMs: number;
  /** Works on a job. It rejects only when Redis itself refuses. */
  readonly work: (jobId: string) => Promise<Taken>;
  /** Called when this worker does not hold a job any more that it works on. */
  readonly onLost: (jobId: string) => void;
}

/** The queue, as one worker uses it. */
export interface JobQueue {
  /** Adds a job unless it stands in the queue. @param place lower ones are taken sooner; at least 1. */
  add(jobId: string, place: number): Promise<void>;
  /** Begins to take jobs. */
  start(): void;
  /** Takes no more jobs; those that were taken go on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes no more jobs and waits for those that were taken. */
  close(): Promise<void>;
}

/** What BullMQ stores of a job. */
interface QueuedJob {
  readonly jobId: string;
}

/** BullMQ takes no numbers as ids. */
const queueIdOf = (jobId: string): string => `job-${jobId}`;

/** How often a job may be found abandoned: the tries are counted in its own record. */
const anyNumber = 1_000_000_000;

/** How long to wait after Redis refused before a job is taken again. */
const afterRefusalMs = 1_000;

// KEYS lock, active, abandoned; ARGV token, milliseconds, id: takes a lock again that ran out while Redis was away, unless another worker has it.
const relockScript = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if not redis.call('LPOS', KEYS[2], ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SREM', KEYS[3], ARGV[3])
return 1`;

/** Creates the queue and a worker that takes nothing yet. */
export function createJobQueue(options: JobQueueOptions): JobQueue {
  const { redis, logger, concurrency, leaseMs } = options;
  const locks = new Map<string, string>();
  const queue = new Queue<QueuedJob>(queueName, { connection: redis });
  const worker = new Worker<QueuedJob>(
    queueName,
    (job, lock = '') => process(options, locks, { job, lock }),
    {
      connection: redis,
      autorun: false,
      concurrency,
      lockDuration: leaseMs,
      stalledInterval: Math.max(leaseMs / 3, 1_000),
      maxStalledCount: anyNumber,
      // Beside its own waiting for the connection: the default would be 15 seconds more.
      runRetryDelay: 1_000,
    },
  );
  const keepOrLose = createRelock(options, queue, locks);
  worker.on('lockRenewalFailed', (ids) => {
    for (const jobId of [...locks.keys()].filter((held) => ids.includes(queueIdOf(held)))) keepOrLose(jobId);
  });
  worker.on('stalled', (id) => {
    logger.warn('queue.job.abandoned', { jobId: id.slice(queueIdOf('').length) });
  });
  const logError = (error: Error): void => {
    logger.debug('queue.error', { error });
  };
  queue.on('error', logError);
  worker.on('error', logError);

  return {
    async add(jobId, place) {
      const kept = { removeOnComplete: true, removeOnFail: true };
      await queue.add('job', { jobId }, { jobId: queueIdOf(jobId), priority: place, ...kept });
    },
    start: () => {
      worker.run().catch((error: unknown) => {
        logger.error('queue.stopped', { error });
      });
    },
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
    close: async () => {
      await worker.close();
      await queue.close();
    },
  };
}

/** The locks of the jobs that are worked on, by job. */
type Locks = Map<string, string>;

interface LockedJob {
  readonly job: Job<QueuedJob>;
  readonly lock: string;
}

async function process(
  { work, logger }: JobQueueOptions,
  locks: Locks,
  { job, lock }: LockedJob,
): Promise<void> {
  const { jobId } = job.data;
  locks.set(jobId, lock);
  const { againMs } = await work(jobId).catch((error: unknown): Taken => {
    logger.error('job.not-worked-on', { jobId, error });
    return { againMs: afterRefusalMs };
  });
  // Of two workings on one job in this process, the later one holds the lock.
  if (locks.get(jobId) === lock) locks.delete(jobId);
  if (againMs === undefined) return;
  // Without the lock the queue has given the job to another worker already.
  await job.moveToDelayed(Date.now() + againMs, lock).catch((error: unknown) => {
    logger.debug('queue.job.gone', { jobId, error });
  });
  throw new DelayedError();
}

/** Makes the function that takes a job’s lock again when it ran out, or tells that the job is lost. */
function createRelock({ redis, leaseMs, onLost }: JobQueueOptions, queue: Queue, locks: Locks) {
  const relock = createScript(redis, relockScript);
  const isKept = async (jobId: string): Promise<boolean> => {
    const id = queueIdOf(jobId);
    const keyed = [queue.toKey(`${id}:lock`), queue.toKey('active'), queue.toKey('stalled')];
    return (await relock({ keys: keyed, words: [locks.get(jobId) ?? '', leaseMs, id] })) === 1;
  };
  return (jobId: string): void => {
    isKept(jobId).then(
      (kept) => {
        if (!kept && locks.has(jobId)) onLost(jobId);
      },
      () => {
        onLost(jobId);
      },
    );
  };
}
