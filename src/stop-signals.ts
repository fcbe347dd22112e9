/** The signals that ask a process to stop. */

/** A signal comes again within this time, in milliseconds, when it went to a whole group and was passed on besides. */
const passedOnMs = 2000;

/**
 * Calls `stop` at the first SIGTERM, SIGINT or SIGHUP. One that comes later, from somebody who does not want to wait, ends
 * the process at once, with what it does at its exit: a process that a signal ends leaves its children behind.
 */
export function onStopSignals(stop: (signal: NodeJS.Signals) => void): void {
  let askedAt: number | undefined;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (askedAt !== undefined) {
        if (performance.now() - askedAt > passedOnMs) process.exit(1);
        return;
      }
      askedAt = performance.now();
      stop(signal);
    });
  }
}
