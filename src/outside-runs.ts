/** Does what outlives a run outside of it. */
import { AsyncResource } from 'node:async_hooks';

// It carries what is around when the process starts, which is no run.
const outside = new AsyncResource('OutsideRuns');

/**
 * Does work with nothing of the run that asks for it. Node carries with each promise and timer what the run carries that
 * makes it: its messages and its token. What is kept for longer than the run would keep them too.
 */
export function runOutside<Result>(work: () => Result): Result {
  return outside.runInAsyncScope(work);
}
