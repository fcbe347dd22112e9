import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/logger.js';
import { drainJobs } from '../../src/worker/drain.js';
import type { RunningJobs } from '../../src/worker/running-jobs.js';

function fleet(queueCloses: Promise<void>) {
  const steps: string[] = [];
  // What a drain uses of each part.
  const running = {
    drain: () => void steps.push('drain'),
    cutAll: (reason) => void steps.push(`cut: ${reason}`),
    ids: () => ['job-1'],
  } as Partial<RunningJobs> as RunningJobs;
  const nothing = (): Promise<void> => Promise.resolve();
  const queue = {
    add: nothing,
    start: () => undefined,
    pause: nothing,
    resume: nothing,
    close: () => queueCloses,
  };
  const options = { intake: { close: nothing }, queue, running, logger: silentLogger, limitMs: 1000 };
  return { steps, options };
}

describe('drainJobs', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('lets every job end its step', async () => {
    const { steps, options } = fleet(Promise.resolve());
    await drainJobs(options);

    expect(steps).toEqual(['drain']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('cuts the jobs that take longer than the limit', async () => {
    let close = (): void => undefined;
    const { steps, options } = fleet(new Promise((resolve) => (close = resolve)));
    const draining = drainJobs(options);
    await vi.advanceTimersByTimeAsync(1000);
    close();
    await draining;

    expect(steps).toEqual(['drain', 'cut: stopping']);
  });

  it('does not wait for ever for a job that does not listen', async () => {
    const { options } = fleet(new Promise(() => undefined));
    const draining = expect(drainJobs(options)).rejects.toThrow('Some jobs do not end');
    await vi.advanceTimersByTimeAsync(6000);
    await draining;
  });
});
