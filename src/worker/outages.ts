/** What the worker cannot do without and cannot reach: it takes no job until that is back. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logger.js';

/** Knows what is away. */
export interface Outages {
  /** Pauses the worker until the runs reach again all they need. */
  report(what: string): void;
  /** Notes that something is away which comes back by itself, or is back. */
  note(what: string, state: 'away' | 'back'): void;
  /** What is away now. */
  away(): readonly string[];
  close(): void;
}

/** What {@link createOutages} needs. */
export interface OutagesOptions {
  readonly logger: Logger;
  /** Looks what is away; undefined when everything answers. */
  readonly findAway: () => Promise<string | undefined>;
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** Waits; default by the clock. Rejects when the signal aborts. */
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

/** How often to look whether it is back. */
const lookMs = 500;

/** Creates the outages of a worker that reaches everything. */
export function createOutages(options: OutagesOptions): Outages {
  const { logger, findAway, pause, resume, wait = waitByTheClock } = options;
  const since = new Map<string, number>();
  const closing = new AbortController();

  const begin = (what: string): boolean => {
    if (since.has(what) || closing.signal.aborted) return false;
    since.set(what, performance.now());
    logger.warn('worker.paused', { away: what });
    return true;
  };
  const end = (what: string): void => {
    const begun = since.get(what);
    if (begun === undefined) return;
    since.delete(what);
    logger.info('worker.resumed', { back: what, durationMs: Math.round(performance.now() - begun) });
  };
  const waitUntilBack = async (what: string): Promise<void> => {
    await pause();
    while ((await findAway()) !== undefined) await wait(lookMs, closing.signal);
    end(what);
    await resume();
  };

  return {
    report(what) {
      if (!begin(what)) return;
      waitUntilBack(what).catch((error: unknown) => {
        if (!closing.signal.aborted) logger.error('worker.resume.failed', { error });
      });
    },
    note(what, state) {
      if (state === 'away') begin(what);
      else end(what);
    },
    away: () => [...since.keys()],
    close: () => {
      closing.abort();
    },
  };
}

function waitByTheClock(ms: number, signal: AbortSignal): Promise<unknown> {
  return sleep(ms, undefined, { signal });
}
