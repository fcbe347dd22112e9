/** Rejections that nobody looks at when they happen: they end neither the process nor the other runs in it. */
import type { Logger } from '../logger.js';

/** How long somebody may take to look at one, in milliseconds. */
const lookMs = 5_000;

/**
 * Keeps the process alive, and logs what nobody looked at in time. LangGraph leaves the writes of a step alone until the
 * step has ended: when PostgreSQL goes away they reject long before, and the run itself fails by them.
 */
export function outliveRejections(logger: Logger): void {
  const unseen = new Map<Promise<unknown>, NodeJS.Timeout>();
  process.on('unhandledRejection', (error, promise) => {
    const timer = setTimeout(() => {
      unseen.delete(promise);
      logger.error('worker.rejection', { error });
    }, lookMs);
    unseen.set(promise, timer.unref());
  });
  // Node prints a warning for each when nobody listens.
  process.on('rejectionHandled', (promise) => {
    clearTimeout(unseen.get(promise));
    unseen.delete(promise);
  });
}
