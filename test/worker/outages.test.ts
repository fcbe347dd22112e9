import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/logger.js';
import { createOutages } from '../../src/worker/outages.js';

function watched(answers: (string | undefined)[]) {
  const lines: Record<string, unknown>[] = [];
  const steps: string[] = [];
  const logger = createLogger({ format: 'json', write: (line) => void lines.push(JSON.parse(line)) });
  const outages = createOutages({
    logger,
    findAway: async () => answers.shift(),
    pause: async () => void steps.push('pause'),
    resume: async () => void steps.push('resume'),
  });
  return { outages, steps, events: () => lines.map(({ event, away, back }) => [event, away ?? back]) };
}

describe('createOutages', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('pauses until what is away answers again, and says each once', async () => {
    const { outages, steps, events } = watched(['postgresql', 'postgresql', undefined]);
    outages.report('postgresql');
    outages.report('postgresql');
    await vi.advanceTimersByTimeAsync(999);
    const during = [outages.away(), [...steps]];
    await vi.advanceTimersByTimeAsync(1);

    expect(during).toEqual([['postgresql'], ['pause']]);
    expect([outages.away(), steps]).toEqual([[], ['pause', 'resume']]);
    expect(events()).toEqual([
      ['worker.paused', 'postgresql'],
      ['worker.resumed', 'postgresql'],
    ]);
  });

  it('notes what comes back by itself, without a pause of its own', () => {
    const { outages, steps, events } = watched([]);
    for (const state of ['away', 'away', 'back', 'back'] as const) outages.note('redis', state);

    expect(steps).toEqual([]);
    expect(events()).toEqual([
      ['worker.paused', 'redis'],
      ['worker.resumed', 'redis'],
    ]);
  });

  it('waits for nothing once the worker stops', async () => {
    const { outages, steps } = watched(['postgresql']);
    outages.report('postgresql');
    await vi.advanceTimersByTimeAsync(0);
    outages.close();
    await vi.advanceTimersByTimeAsync(10_000);

    expect(steps).toEqual(['pause']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
