/** Keeps a process that does not live from being started over and over. */
import { OutcomeError } from '../outcomes.js';
import { unavailableMessage } from './call-failure.js';

/** A process that lived so long was a good one. */
const goodLifeMs = 60_000;
/** The wait before the third start in a row; each later one is twice as long, up to the longest. */
const firstWaitMs = 1000;
const longestWaitMs = 60_000;
/** Keys remembered; the one whose process ended longest ago is forgotten first. */
const maxKeys = 1000;

/** Decides whether a process may be started again. */
export interface RespawnBackoff {
  /** @throws {@link OutcomeError} `unavailable` while the process under this key must wait. */
  require(key: string, server: string): void;
  /** Notes that a process ended which nobody had stopped, or was never ready; `livedMs` after it was started. */
  ended(key: string, livedMs: number): void;
}

/**
 * Creates an empty memory: the first end of a process is followed by a new start at once.
 *
 * @param clock the time in milliseconds.
 */
export function createRespawnBackoff(clock: () => number = Date.now): RespawnBackoff {
  const ends = new Map<string, { readonly inARow: number; readonly startsAt: number }>();
  return {
    require(key, server) {
      if ((ends.get(key)?.startsAt ?? 0) <= clock()) return;
      throw new OutcomeError({ outcome: 'unavailable', message: unavailableMessage(server) });
    },
    ended(key, livedMs) {
      const inARow = livedMs >= goodLifeMs ? 1 : (ends.get(key)?.inARow ?? 0) + 1;
      const waitMs = inARow === 1 ? 0 : Math.min(firstWaitMs * 2 ** (inARow - 2), longestWaitMs);
      // A Map keeps insertion order: the first entry is the one that ended longest ago.
      ends.delete(key);
      ends.set(key, { inARow, startsAt: clock() + waitMs });
      const [oldest] = ends.keys();
      if (ends.size > maxKeys && oldest !== undefined) ends.delete(oldest);
    },
  };
}
