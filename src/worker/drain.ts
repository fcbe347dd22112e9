/** How a worker stops: what runs ends its step, the rest is handed over. */
import type { Logger } from '../logger.js';
import type { Intake } from './intake.js';
import type { JobQueue } from './job-queue.js';
import type { RunningJobs } from './running-jobs.js';

/** What {@link drainJobs} needs. */
export interface DrainOptions {
  readonly intake: Intake;
  readonly queue: JobQueue;
  readonly running: RunningJobs;
  readonly logger: Logger;
  /** How long the steps that run may take, in milliseconds; then they are cut and handed over all the same. */
  readonly limitMs: number;
}

/** How long jobs may take that were cut: a tool may not listen. */
const cutMs = 5_000;

/**
 * Resolves when every job has ended or was handed over.
 *
 * @throws when some did not although they were cut: another worker takes them once their lease has ended.
 */
export async function drainJobs({ intake, queue, running, logger, limitMs }: DrainOptions): Promise<void> {
  const timers: NodeJS.Timeout[] = [];
  const tooLate = new Promise<never>((_resolve, reject) => {
    const cut = (): void => {
      logger.warn('worker.jobs.cut', { jobs: running.ids().length, waitedMs: limitMs });
      running.cutAll('stopping');
      timers.push(setTimeout(() => reject(new Error('Some jobs do not end.')), cutMs));
    };
    timers.push(setTimeout(cut, limitMs));
  });
  running.drain();
  try {
    await Promise.race([tooLate, Promise.all([intake.close(), queue.close()])]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}
