/** Ends runs before their time, wherever they execute. */
import type { RunRow, ThreadRow } from './record-tables.js';
import { HTTPException } from 'hono/http-exception';
import type { RunsRepo } from '@langchain/langgraph-api/storage';
import type { Filters } from './authorize-event.js';
import { authorizeEvent, isVisible } from './authorize-event.js';
import type { LiveRuns } from './live-runs.js';
import type { RecordChange, RecordDatabase } from './record-database.js';
import { besideOthers, restingStatus } from './run-endings.js';
import { findUnfinishedRuns } from './run-lookup.js';
import { fromStored } from './stored-json.js';
import type { WakeSignal } from './wake-signal.js';

/** What {@link createRunCancellation} needs. */
export interface RunCancellationOptions {
  readonly database: RecordDatabase;
  readonly live: LiveRuns;
  readonly serverId: string;
  readonly changed: WakeSignal;
  readonly pollMs: number;
}

/** Ways to end runs. */
export interface RunCancellation {
  readonly cancel: RunsRepo['cancel'];
  /** Ends one run of a thread, or all, for the server itself, and waits until they have ended, `limitMs` at the longest. */
  stop(
    threadId: string,
    options: { readonly runId?: string | undefined; readonly limitMs: number },
  ): Promise<void>;
}

type Action = 'interrupt' | 'rollback';

interface Wanted {
  readonly threadId: string | undefined;
  readonly runId: string;
  readonly action: Action;
  readonly filters: Filters;
}

/** Creates the ways. */
export function createRunCancellation(options: RunCancellationOptions): RunCancellation {
  const { database, live, changed, pollMs } = options;

  const cancelOne = async (wanted: Wanted): Promise<boolean> => {
    const found = await database.change((change) => cancelRecord(options, change, wanted));
    if (found === undefined) return false;
    const one = live.get(wanted.runId);
    // One that had not begun is over; one that is about to begin finds its record closed, or its signal aborted.
    if (one?.stage === 'pending') live.end(one);
    else one?.abort.abort(wanted.action);
    changed.wake();
    return true;
  };

  return {
    // LangGraph’s routes call it with four arguments.
    async cancel(...[threadId, runIds, { action = 'interrupt' }, caller]) {
      const metadata = { run_ids: runIds, status: 'pending' };
      const value = { thread_id: threadId, action, metadata };
      const [filters] = await authorizeEvent(caller, 'threads:update', value);
      const found = await Promise.all(runIds.map((runId) => cancelOne({ threadId, runId, action, filters })));
      if (found.includes(false)) throw new HTTPException(404, { message: 'Run not found' });
    },
    async stop(threadId, { runId, limitMs }) {
      const until = Date.now() + limitMs;
      const action = 'interrupt';
      const left = async (): Promise<readonly string[]> =>
        (await findUnfinishedRuns(database, threadId)).filter((id) => id === (runId ?? id));
      for (const id of await left()) await cancelOne({ threadId, runId: id, action, filters: undefined });
      while ((await left()).length > 0 && Date.now() < until)
        await changed.wait({ limitMs: Math.min(pollMs, until - Date.now()) });
    },
  };
}

async function cancelRecord(
  { database, serverId }: RunCancellationOptions,
  change: RecordChange,
  { threadId, runId, action, filters }: Wanted,
): Promise<RunRow | undefined> {
  const named = await readRun(change, runId);
  if (named === undefined || (threadId !== undefined && named.thread_id !== threadId)) return undefined;
  const thread = await database.lockThread(change, named.thread_id);
  if (thread === undefined || !isVisible(fromStored(thread.metadata), filters)) return undefined;
  // Read again: it may have begun or ended before the thread was held.
  const run = await readRun(change, runId);
  if (run?.status === 'pending') await closePending(change, { run, thread, action });
  if (run?.status === 'running' && run.server_id !== serverId)
    await change
      .updateTable('agent_runs')
      .set({ cancel_action: action })
      .where('run_id', '=', runId)
      .execute();
  return run;
}

async function readRun(change: RecordChange, runId: string): Promise<RunRow | undefined> {
  return change.selectFrom('agent_runs').selectAll().where('run_id', '=', runId).executeTakeFirst();
}

interface PendingRun {
  readonly run: RunRow;
  readonly thread: ThreadRow;
  readonly action: Action;
}

/** A run that never began is interrupted, or rolled back to nothing. */
async function closePending(change: RecordChange, { run, thread, action }: PendingRun): Promise<void> {
  const updated_at = new Date().toISOString();
  if (action === 'rollback') await change.deleteFrom('agent_runs').where('run_id', '=', run.run_id).execute();
  else
    await change
      .updateTable('agent_runs')
      .set({ status: 'interrupted', updated_at })
      .where('run_id', '=', run.run_id)
      .execute();
  await change
    .updateTable('agent_threads')
    .set({ status: await besideOthers(change, thread, restingStatus(thread)), updated_at })
    .where('thread_id', '=', thread.thread_id)
    .execute();
}
