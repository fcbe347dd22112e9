/** Hands the runs of this server to its workers: one at a time for each thread, across all servers. */
import type { RunsRepo } from '@langchain/langgraph-api/storage';
import type { Logger } from '../../logger.js';
import type { LiveRun, LiveRuns } from './live-runs.js';
import type { RecordDatabase } from './record-database.js';
import type { WakeSignal } from './wake-signal.js';

/** What {@link createRunQueue} needs. */
export interface RunQueueOptions {
  readonly database: RecordDatabase;
  readonly live: LiveRuns;
  readonly serverId: string;
  /** Woken when a run is added, and when one ends. */
  readonly changed: WakeSignal;
  readonly logger: Logger;
  /** Ends the queue. */
  readonly closing: AbortSignal;
  /** How long a run waits for one of another server before it asks again, in milliseconds. */
  readonly pollMs: number;
}

/** What came of starting a run: `gone` when its record is gone or closed, `blocked` when another of its thread comes first. */
type Start = { readonly kind: 'gone' | 'blocked' } | { readonly kind: 'started'; readonly attempt: number };

interface Taken {
  readonly one: LiveRun;
  readonly attempt: number;
}

/**
 * Creates what LangGraph’s workers take runs from. One call gives runs until the server closes: a worker whose call ended
 * would sleep up to a second before the next.
 */
export function createRunQueue(options: RunQueueOptions): RunsRepo['next'] {
  const { live, changed, closing, pollMs } = options;

  const take = async (): Promise<Taken | undefined> => {
    for (let one = findNext(live); one !== undefined; one = findNext(live)) {
      one.stage = 'starting';
      const start = await tryStart(options, one);
      if (start.kind === 'started') {
        one.stage = 'running';
        return { one, attempt: start.attempt };
      }
      one.stage = 'pending';
      if (start.kind === 'gone') live.end(one);
      else one.retryAt = Date.now() + pollMs;
    }
    return undefined;
  };

  return async function* next() {
    while (!closing.aborted) {
      const taken = await take();
      if (taken === undefined) {
        await changed.wait({ signal: closing, limitMs: waitMs(live, pollMs) });
        continue;
      }
      const { one, attempt } = taken;
      try {
        yield { run: one.run, attempt, signal: one.abort.signal };
      } finally {
        // Here the worker has done everything; a run that is still live had no end to record.
        live.end(one);
        changed.wake();
      }
    }
  };
}

/** The run whose turn it is: the first of its thread that waits, on a thread where none of this server executes. */
function findNext(live: LiveRuns): LiveRun | undefined {
  const now = Date.now();
  const runs = live.all();
  const taken = new Set(runs.filter(({ stage }) => stage !== 'pending').map(({ run }) => run.thread_id));
  return runs.find((one) => {
    const { thread_id: threadId } = one.run;
    if (taken.has(threadId)) return false;
    taken.add(threadId);
    return dueAt(one) <= now;
  });
}

function dueAt({ run, retryAt }: LiveRun): number {
  return Math.max(run.created_at.getTime(), retryAt);
}

/**
 * How long until a waiting run is due, for ever when none waits for a time. At most `pollMs`: timers do not follow the clock
 * of the day, which may be set, or go on while the machine sleeps.
 */
function waitMs(live: LiveRuns, pollMs: number): number {
  const now = Date.now();
  const due = live
    .all()
    .filter(({ stage }) => stage === 'pending')
    .map((one) => dueAt(one) - now)
    // One that is due waits for another of its thread, whose end is told.
    .filter((inMs) => inMs > 0);
  return due.length === 0 ? Infinity : Math.min(pollMs, ...due);
}

async function tryStart({ database, serverId, logger }: RunQueueOptions, { run }: LiveRun): Promise<Start> {
  try {
    return await database.change(async (change) => {
      const { thread_id: threadId, run_id: runId } = run;
      if ((await database.lockThread(change, threadId)) === undefined) return { kind: 'gone' };
      const runs = await change
        .selectFrom('agent_runs')
        .select(['run_id', 'status', 'attempt', 'created_at'])
        .where('thread_id', '=', threadId)
        .where('status', 'in', ['pending', 'running'])
        .execute();
      const mine = runs.find(({ run_id, status }) => run_id === runId && status === 'pending');
      if (mine === undefined) return { kind: 'gone' };
      const isBefore = (other: typeof mine): boolean =>
        other.status === 'running' ||
        other.created_at < mine.created_at ||
        (other.created_at === mine.created_at && other.run_id < runId);
      if (runs.some(isBefore)) return { kind: 'blocked' };
      const attempt = mine.attempt + 1;
      const updated_at = new Date().toISOString();
      await change
        .updateTable('agent_runs')
        .set({ status: 'running', attempt, updated_at })
        .where('run_id', '=', runId)
        .where('server_id', '=', serverId)
        .execute();
      await change
        .updateTable('agent_threads')
        .set({ status: 'busy', updated_at })
        .where('thread_id', '=', threadId)
        .execute();
      return { kind: 'started', attempt };
    });
  } catch (error) {
    logger.warn('run.start.failed', { runId: run.run_id, error });
    return { kind: 'blocked' };
  }
}
