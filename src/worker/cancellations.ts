/** Which jobs shall stop: what runs here is cut, what waits for its turn is ended. */
import type { Redis } from 'ioredis';
import { keys } from '../contracts/worker-jobs.js';
import type { Logger } from '../logger.js';
import type { JobAttempts } from './job-attempts.js';
import { endWith } from './job-ends.js';
import type { HeldJob } from './job-record.js';
import { readHeldJob } from './job-record.js';
import type { PingOptions } from './redis-silence.js';
import { pingOften } from './redis-silence.js';
import type { RunningJobs } from './running-jobs.js';

/** Hears of cancellations. */
export interface Cancellations {
  isWanted(jobId: string): Promise<boolean>;
  close(): void;
}

/** What {@link watchCancellations} needs. */
export interface CancellationsOptions {
  readonly redis: Redis;
  /** A connection of its own: one that listens to a channel can do nothing else. */
  readonly listener: Redis;
  readonly running: RunningJobs;
  readonly attempts: JobAttempts;
  readonly logger: Logger;
  /** Called when a job was ended here while it waited. */
  readonly onEnded: (job: HeldJob) => Promise<void>;
  /** How often the listener is asked whether it is there, and how long it may be silent. */
  readonly pings?: Pick<PingOptions, 'everyMs' | 'silenceMs'> | undefined;
}

/** Begins to listen. */
export async function watchCancellations(options: CancellationsOptions): Promise<Cancellations> {
  const { redis, listener, running, logger } = options;
  const isWanted = async (jobId: string): Promise<boolean> => (await redis.exists(keys.cancel(jobId))) === 1;

  const hear = (_channel: string, jobId: string): void => {
    running.cut(jobId, 'cancelled');
    endIfQueued(options, jobId).catch((error: unknown) => {
      logger.warn('job.cancel.failed', { jobId, error });
    });
  };
  const lookUp = async (): Promise<void> => {
    for (const jobId of running.ids()) if (await isWanted(jobId)) running.cut(jobId, 'cancelled');
  };
  // The client subscribes again by itself; what was told meanwhile stands in the keys.
  const catchUp = (): void => {
    lookUp().catch((error: unknown) => {
      logger.warn('job.cancel.failed', { error });
    });
  };

  listener.on('message', hear);
  await listener.subscribe(keys.cancelled);
  listener.on('ready', catchUp);
  const endPings = pingOften(listener, { name: 'cancellations', logger, ...options.pings });
  return {
    isWanted,
    close: () => {
      endPings();
      listener.off('ready', catchUp);
      listener.disconnect();
    },
  };
}

/** Every worker hears of it, and one of them ends the job. */
async function endIfQueued({ redis, attempts, onEnded }: CancellationsOptions, jobId: string): Promise<void> {
  const job = await readHeldJob(redis, jobId);
  if (job?.state !== 'queued') return;
  if (await attempts.endQueued(job, endWith('cancelled', 'cancelled'))) await onEnded(job);
}
