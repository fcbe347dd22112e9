/** A clock that stands still until the test moves it. */
import type { Clock } from '../../src/platform/clock.js';

export interface ManualClock extends Clock {
  /** Moves the time and ends the waits that are over. */
  advance(ms: number): void;
  /** Resolves once somebody waits. */
  waited(): Promise<void>;
}

export function createManualClock(start = Date.parse('2026-01-02T03:04:05.000Z')): ManualClock {
  let now = start;
  let waits: { until: number; end: () => void }[] = [];
  let watchers: (() => void)[] = [];
  return {
    now: () => now,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        waits.push({ until: now + ms, end: resolve });
        signal.addEventListener('abort', () => resolve());
        for (const watcher of watchers.splice(0)) watcher();
      }),
    advance: (ms) => {
      now += ms;
      const over = waits.filter(({ until }) => until <= now);
      waits = waits.filter(({ until }) => until > now);
      for (const { end } of over) end();
    },
    waited: () =>
      waits.length > 0
        ? Promise.resolve()
        : new Promise((resolve) => void (watchers = [...watchers, resolve])),
  };
}
