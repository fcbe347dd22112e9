/** How runs of this server end: the run and its thread are recorded together, so that nobody sees the one without the other. */
import type { RunsRepo, ThreadsRepo } from '@langchain/langgraph-api/storage';
import type { Logger } from '../../logger.js';
import type { LiveRun, LiveRuns } from './live-runs.js';
import type { RecordChange, RecordDatabase } from './record-database.js';
import type { ThreadRow } from './record-tables.js';
import { unfinished } from './run-rows.js';
import { fromStored, toStored } from './stored-json.js';
import type { ReadThreadOutcome } from './thread-outcome.js';
import { isWaiting } from './thread-outcome.js';
import type { WakeSignal } from './wake-signal.js';

/** What {@link createRunEndings} needs. */
export interface RunEndingsOptions {
  readonly database: RecordDatabase;
  readonly live: LiveRuns;
  readonly serverId: string;
  readonly changed: WakeSignal;
  readonly readOutcome: ReadThreadOutcome;
  readonly logger: Logger;
  readonly closing: AbortSignal;
  readonly pollMs: number;
}

/** What LangGraph’s workers tell at a run’s end. */
export interface RunEndings {
  readonly setRunStatus: RunsRepo['setStatus'];
  readonly setThreadStatus: ThreadsRepo['setStatus'];
  /** Takes a thread’s record and those of its runs away; what this server still executes there has no record to end. */
  readonly forgetThread: (threadId: string) => Promise<void>;
  /** Does the same at the end of a run that was asked for without a thread. */
  readonly endTemporary: (threadId: string) => Promise<void>;
}

type Ending = Parameters<ThreadsRepo['setStatus']>[1];

/**
 * Creates the endings. A worker whose report fails never works again, so what is one does not reject: while the
 * database is away it is tried again, and a thread that is gone has nothing to record.
 */
export function createRunEndings(options: RunEndingsOptions): RunEndings {
  const { live, changed, database } = options;
  const forgetThread = async (threadId: string): Promise<void> => {
    // Its runs go with it.
    await database.read((records) =>
      records.deleteFrom('agent_threads').where('thread_id', '=', threadId).execute(),
    );
    for (const one of live.all().filter(({ run }) => run.thread_id === threadId)) live.end(one);
    changed.wake();
  };
  return {
    forgetThread,
    endTemporary: (threadId) => untilRecorded(options, () => forgetThread(threadId)),
    // The worker’s next report is that of the thread, and records both.
    setRunStatus: async (runId, status) => {
      const one = live.get(runId);
      if (one !== undefined) one.outcome = status;
    },
    setThreadStatus: async (threadId, ending) => {
      const one = live.executing(threadId);
      if (one === undefined) return;
      await untilRecorded(options, () => recordEnd(options, one, ending));
      live.end(one);
      changed.wake();
    },
  };
}

async function untilRecorded(
  { closing, changed, logger, pollMs }: RunEndingsOptions,
  record: () => Promise<void>,
): Promise<void> {
  while (!closing.aborted) {
    try {
      await record();
      return;
    } catch (error) {
      logger.warn('run.end.unrecorded', { error });
      await changed.wait({ signal: closing, limitMs: pollMs });
    }
  }
}

async function recordEnd(
  { database, serverId, readOutcome }: RunEndingsOptions,
  { run, outcome }: LiveRun,
  { checkpoint, exception }: Ending,
): Promise<void> {
  const { thread_id: threadId, run_id: runId } = run;
  const graphId = run.kwargs.config?.configurable?.['graph_id'];
  // A run that was cancelled, or failed before its first step, tells no checkpoint: the thread still has its last one.
  const told = checkpoint ?? (await readOutcome(threadId, graphId).catch(() => undefined));
  await database.change(async (change) => {
    const thread = await database.lockThread(change, threadId);
    if (thread === undefined) return;
    const updated_at = new Date().toISOString();
    const { numUpdatedRows } = await change
      .updateTable('agent_runs')
      .set({ status: outcome ?? 'error', cancel_action: null, updated_at })
      .where('run_id', '=', runId)
      .where('server_id', '=', serverId)
      .where('status', '=', 'running')
      .executeTakeFirstOrThrow();
    // Another server has closed the run, and may have begun the next: this end is nobody’s business any more.
    if (numUpdatedRows === 0n) return;
    const interrupts =
      told === undefined ? undefined : 'tasks' in told ? ofTasks(told.tasks) : told.interrupts;
    const isOpen = checkpoint === undefined ? isWaiting(interrupts) : checkpoint.next.length > 0;
    const status = exception !== undefined ? 'error' : isOpen ? 'interrupted' : 'idle';
    await change
      .updateTable('agent_threads')
      .set({
        status: await besideOthers(change, thread, status),
        state_values: told === undefined ? thread.state_values : toStored(told.values),
        interrupts: interrupts === undefined ? thread.interrupts : toStored(interrupts),
        updated_at,
      })
      .where('thread_id', '=', threadId)
      .execute();
  });
}

type Tasks = NonNullable<Ending['checkpoint']>['tasks'];

function ofTasks(tasks: Tasks): Record<string, unknown> {
  return Object.fromEntries(tasks.map(({ id, interrupts }) => [id, interrupts]));
}

/** A thread is busy while a run executes on it; one that rests is busy while a run waits. */
export async function besideOthers(
  change: RecordChange,
  { thread_id }: Pick<ThreadRow, 'thread_id'>,
  status: ThreadRow['status'],
): Promise<ThreadRow['status']> {
  const runs = await change
    .selectFrom('agent_runs')
    .select('status')
    .where('thread_id', '=', thread_id)
    .where('status', 'in', unfinished)
    .execute();
  const isBusy = runs.some((run) => status === 'idle' || run.status === 'running');
  return isBusy ? 'busy' : status;
}

/** The status of a thread whose runs were taken from it: what it waits for is still open. */
export function restingStatus({ interrupts }: ThreadRow): ThreadRow['status'] {
  return interrupts !== null && isWaiting(fromStored(interrupts)) ? 'interrupted' : 'idle';
}
