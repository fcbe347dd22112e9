import { describe, expect, it } from 'vitest';
import type { RunningJob } from '../../src/worker/running-jobs.js';
import { createRunningJobs } from '../../src/worker/running-jobs.js';

/** Works until the job is cut, then gives the reason. */
const untilCut = (job: RunningJob): Promise<unknown> =>
  new Promise((resolve) => {
    job.signal.addEventListener('abort', () => {
      resolve(job.cutReason());
    });
  });

describe('createRunningJobs', () => {
  it('cuts one job by its id, with the first reason given', async () => {
    const jobs = createRunningJobs();
    const cut = jobs.during('one', untilCut);
    const other = jobs.during('two', untilCut);
    jobs.cut('one', 'cancelled');
    jobs.cut('one', 'stopping');

    expect(await cut).toBe('cancelled');
    expect(jobs.ids()).toEqual(['two']);
    jobs.cutAll('stopping');
    expect(await other).toBe('stopping');
  });

  it('ends an earlier work on the same job before it begins another', async () => {
    const jobs = createRunningJobs();
    const ends: unknown[] = [];
    const first = jobs.during('one', async (job) => void ends.push(await untilCut(job)));
    await jobs.during('one', async () => void ends.push('second'));
    await first;

    expect(ends).toEqual(['lost', 'second']);
    expect(jobs.ids()).toEqual([]);
  });

  it('lets jobs drain that run, and those that come later', async () => {
    const jobs = createRunningJobs();
    const drained: string[] = [];
    const work = async (job: RunningJob): Promise<void> => {
      await new Promise<void>((resolve) => {
        job.onDrain(() => {
          drained.push(job.jobId);
          resolve();
        });
      });
    };
    const running = jobs.during('one', work);
    jobs.drain();
    await Promise.all([running, jobs.during('two', work)]);

    expect(drained).toEqual(['one', 'two']);
  });

  it('forgets a job whose work failed', async () => {
    const jobs = createRunningJobs();
    const failure = new Error('no');

    await expect(jobs.during('one', () => Promise.reject(failure))).rejects.toBe(failure);
    expect(jobs.ids()).toEqual([]);
  });
});
