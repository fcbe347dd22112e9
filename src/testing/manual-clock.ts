/** A clock that stands still until the test moves it. */

/** Gives the time and waits, at a test’s pace. */
export interface ManualClock {
  /** The time in milliseconds since the epoch. */
  now(): number;
  /** Resolves when the clock has been moved that far, or when the signal fires. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Moves the time and ends the waits that are over. */
  advance(ms: number): void;
  /** Resolves once somebody waits. */
  waited(): Promise<void>;
}

/** Creates a clock. @param start its first time, in milliseconds since the epoch. */
export function createManualClock(start = Date.parse('2026-01-02T03:04:05.000Z')): ManualClock {
  let now = start;
  let waits: { readonly until: number; readonly end: () => void }[] = [];
  let watchers: (() => void)[] = [];
  return {
    now: () => now,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) resolve();
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
