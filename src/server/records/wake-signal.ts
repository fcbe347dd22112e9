/** Lets many wait for something to change. */

/** A change that is waited for. */
export interface WakeSignal {
  /** Resolves at the next `wake`, when the signal aborts, and at the latest after `limitMs`. */
  wait(options?: {
    readonly signal?: AbortSignal | undefined;
    readonly limitMs?: number | undefined;
  }): Promise<void>;
  wake(): void;
}

/** Timers of Node count to this many milliseconds. */
const longestTimerMs = 2_147_483_647;

/** Creates a signal that nobody waits for. */
export function createWakeSignal(): WakeSignal {
  const sleepers = new Set<() => void>();
  return {
    wake: () => {
      for (const rise of [...sleepers]) rise();
    },
    wait: ({ signal, limitMs = Infinity } = {}) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        let timer: NodeJS.Timeout | undefined;
        const rise = (): void => {
          sleepers.delete(rise);
          clearTimeout(timer);
          signal?.removeEventListener('abort', rise);
          resolve();
        };
        sleepers.add(rise);
        signal?.addEventListener('abort', rise, { once: true });
        if (limitMs !== Infinity) timer = setTimeout(rise, Math.min(Math.max(0, limitMs), longestTimerMs));
      }),
  };
}
