/** The runs that this server accepted and has not ended: only here are their token and their events. */
import type { Run, RunStatus } from '@langchain/langgraph-api/storage';
import { createBoundedMap } from '../../bounded-map.js';
import type { RunLog } from './run-log.js';
import { createRunLog } from './run-log.js';

/** A run of this server. */
export interface LiveRun {
  /** With the caller’s user object in its config, which no record can hold. */
  readonly run: Run;
  readonly log: RunLog;
  readonly abort: AbortController;
  stage: 'pending' | 'starting' | 'running';
  /** Not to be tried before this time, in milliseconds: another server’s run stands before it. */
  retryAt: number;
  /** How it ended, until that stands in the records. */
  outcome: RunStatus | undefined;
}

/** The runs of this server. */
export interface LiveRuns {
  add(run: Run): void;
  get(runId: string): LiveRun | undefined;
  /** Those that wait, in the order in which they may begin, and those that execute. */
  all(): readonly LiveRun[];
  /** The one that executes on a thread. */
  executing(threadId: string): LiveRun | undefined;
  /** The events of a run that is live, or ended not long ago; undefined too when it is on another thread than this one. */
  log(runId: string, threadId?: string): RunLog | undefined;
  /** Ends a run’s events; they are kept for a while. */
  end(live: LiveRun): void;
}

/** What is left of a run: not its config, in which its caller’s user object stands. */
interface EndedRun {
  readonly threadId: string;
  readonly log: RunLog;
}

/** How long the events of a run are kept after its end, in milliseconds. */
const keptMs = 300_000;
/** The most ended runs whose events are kept. */
const mostEnded = 500;

/** Creates an empty set. @param options.clock the time in milliseconds. */
export function createLiveRuns(options: { readonly clock?: () => number } = {}): LiveRuns {
  const live = new Map<string, LiveRun>();
  const ended = createBoundedMap<EndedRun>({ maxSize: mostEnded, idleMs: keptMs, clock: options.clock });
  return {
    add(run) {
      const log = createRunLog({ keeps: run.kwargs.resumable === true ? 'read' : 'unread' });
      const abort = new AbortController();
      live.set(run.run_id, {
        ...{ run, log, abort, stage: 'pending', retryAt: 0, outcome: undefined },
      });
    },
    get: (runId) => live.get(runId),
    all: () => [...live.values()].sort(byTurn),
    executing: (threadId) =>
      [...live.values()].find(({ run, stage }) => run.thread_id === threadId && stage === 'running'),
    log(runId, threadId) {
      const one = live.get(runId);
      const kept = one === undefined ? ended.get(runId) : { threadId: one.run.thread_id, log: one.log };
      return threadId === undefined || kept?.threadId === threadId ? kept?.log : undefined;
    },
    end(one) {
      const { run_id } = one.run;
      if (!live.delete(run_id)) return;
      ended.set(run_id, { threadId: one.run.thread_id, log: one.log });
      one.log.end();
    },
  };
}

function byTurn(one: LiveRun, other: LiveRun): number {
  const [first, second] = [one.run, other.run];
  return first.created_at.getTime() - second.created_at.getTime() || (first.run_id < second.run_id ? -1 : 1);
}
