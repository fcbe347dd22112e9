/** What becomes of a run when the database of its checkpoints is away: it waits for a while, and then ends with our words. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { tryGetContext } from 'hono/context-storage';
import { DatabaseUnavailableError, isFleetError } from '../errors.js';
import type { Logger } from '../logger.js';

/** How {@link makePatient} waits. */
export interface PatienceOptions {
  readonly logger: Logger;
  /** The longest that a run waits for the database, in milliseconds; 0 where waiting does not help. Default 30 000. */
  readonly patienceMs?: number | undefined;
  /** How long to wait between two tries, in milliseconds; default 500. */
  readonly pauseMs?: number | undefined;
}

type Attempt = <Result>(work: () => Promise<Result>, patience: 'run' | 'none') => Promise<Result>;

/**
 * Makes a checkpointer wait for its database where a run needs it: each of its writes may be made twice, and stands once.
 * What a route reads fails at once, so that nobody’s request waits. What it fails with at last is ours: LangGraph tells
 * clients the text of an error, and that of a database names hosts and tables.
 */
export function makePatient(checkpointer: BaseCheckpointSaver, options: PatienceOptions): void {
  const attempt = createAttempt(options);
  const { getTuple, put, putWrites, deleteThread, list } = checkpointer;
  Object.assign(checkpointer, {
    getTuple: (...words: Parameters<typeof getTuple>) =>
      attempt(() => getTuple.apply(checkpointer, words), isInRun() ? 'run' : 'none'),
    put: (...words: Parameters<typeof put>) => attempt(() => put.apply(checkpointer, words), 'run'),
    putWrites: (...words: Parameters<typeof putWrites>) =>
      attempt(() => putWrites.apply(checkpointer, words), 'run'),
    deleteThread: (...words: Parameters<typeof deleteThread>) =>
      attempt(() => deleteThread.apply(checkpointer, words), 'none'),
    async *list(...words: Parameters<typeof list>) {
      try {
        yield* list.apply(checkpointer, words);
      } catch (error) {
        throw toDatabaseError(error);
      }
    },
  });
}

function createAttempt({ logger, patienceMs = 30_000, pauseMs = 500 }: PatienceOptions): Attempt {
  let isAway = false;
  return async (work, patience) => {
    const until = performance.now() + (patience === 'run' ? patienceMs : 0);
    for (;;) {
      try {
        const result = await work();
        if (isAway) logger.info('checkpoints.database.back');
        isAway = false;
        return result;
      } catch (error) {
        const failure = toDatabaseError(error);
        if (!isFleetError(failure) || performance.now() + pauseMs > until) throw failure;
        if (!isAway) logger.warn('checkpoints.database.away', { error });
        isAway = true;
        await sleep(pauseMs);
      }
    }
  };
}

/** A mistake of a program stays what it is. */
function toDatabaseError(error: unknown): unknown {
  return error instanceof TypeError || error instanceof RangeError || isFleetError(error)
    ? error
    : new DatabaseUnavailableError({ cause: error });
}

/** Whether no request asks: a run, from its beginning on, is worked on outside of the request that asked for it. */
function isInRun(): boolean {
  return tryGetContext() === undefined;
}
