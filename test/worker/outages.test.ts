import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/logger.js';
import { createOutages } from '../../src/worker/outages.js';

function watched(answers: (string | undefined)[]) {
  const lines: Record<string, unknown>[] = [];
  const steps: string[] = [];
  const resumed = withResolvers();
  const logger = createLogger({ format: 'json', write: (line) => void lines.push(JSON.parse(line)) });
  const outages = createOutages({
    logger,
    findAway: async () => answers.shift(),
    pause: async () => void steps.push('pause'),
    resume: async () => {
      steps.push('resume');
      resumed.resolve();
    },
    wait: (ms, signal) => {
      steps.push(`wait ${ms}`);
      signal.throwIfAborted();
      return answers.length > 0 ? Promise.resolve() : new Promise((_, reject) => (signal.onabort = reject));
    },
  });
  return {
    outages,
    steps,
    resumed: resumed.promise,
    events: () => lines.map(({ event, away, back }) => [event, away ?? back]),
  };
}

describe('createOutages', () => {
  it('pauses until what is away answers again, and says each once', async () => {
    const { outages, steps, resumed, events } = watched(['postgresql', 'postgresql', undefined]);
    outages.report('postgresql');
    outages.report('postgresql');
    const during = outages.away();
    await resumed;

    expect([during, outages.away()]).toEqual([['postgresql'], []]);
    expect(steps).toEqual(['pause', 'wait 500', 'wait 500', 'resume']);
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
    await new Promise(setImmediate);
    outages.close();
    outages.report('redis');
    await new Promise(setImmediate);

    expect(steps).toEqual(['pause', 'wait 500']);
    expect(outages.away()).toEqual(['postgresql']);
  });
});

function withResolvers(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}
