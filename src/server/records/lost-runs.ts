/** Closes the runs whose server is gone, so that their threads go on. */
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import type { RunKwargs } from '@langchain/langgraph-api/storage';
import { DatabaseUnavailableError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import type { RecordChange, RecordDatabase, Records } from './record-database.js';
import type { RunRow, ThreadRow } from './record-tables.js';
import { besideOthers } from './run-endings.js';
import { unfinished } from './run-rows.js';
import { fromStored, toStored } from './stored-json.js';
import type { ReadThreadOutcome, ThreadOutcome } from './thread-outcome.js';
import { isWaiting } from './thread-outcome.js';

/** What {@link createCloseLostRuns} needs. */
export interface LostRunsOptions {
  readonly database: RecordDatabase;
  readonly readOutcome: ReadThreadOutcome;
  readonly checkpointer: Pick<BaseCheckpointSaver, 'deleteThread'>;
  readonly logger: Logger;
}

/** What a person is told about such a run. */
export const lostRunMessage = 'The server of this run has stopped; send your message again.';

/**
 * Creates what closes every unfinished run whose server has no row any more. The token of such a run is gone with the
 * memory it was in, so it cannot go on by itself. Its thread can: from its newest checkpoint, with the next run. Two servers
 * that do it at once close each run once.
 */
export function createCloseLostRuns(options: LostRunsOptions): () => Promise<void> {
  const { database, logger } = options;
  return async () => {
    const lost = await database.read((records) => findLost(records).execute());
    const byThread = new Map(lost.map((run) => [run.thread_id, run]));
    for (const [threadId, run] of byThread) {
      for (const { run_id, server_id } of await closeThread(options, run))
        logger.warn('run.closed', { runId: run_id, threadId, serverId: server_id });
    }
  };
}

async function closeThread(
  { database, readOutcome, checkpointer, logger }: LostRunsOptions,
  run: RunRow,
): Promise<readonly RunRow[]> {
  const { thread_id: threadId } = run;
  const kwargs = fromStored<RunKwargs>(run.kwargs);
  if (kwargs.temporary === true) {
    // A run that was asked for without a thread leaves none behind.
    await checkpointer.deleteThread(threadId);
    await database.change((change) =>
      change.deleteFrom('agent_threads').where('thread_id', '=', threadId).execute(),
    );
    return [run];
  }
  const outcome = await readOutcome(threadId, kwargs.config?.configurable?.['graph_id']).catch(
    (error: unknown) => {
      // What cannot be read now may be read soon; what cannot be read at all must not keep this thread, or a server, waiting.
      if (error instanceof DatabaseUnavailableError) throw error;
      logger.error('thread.unreadable', { threadId, error });
      return undefined;
    },
  );
  return database.change(async (change) => {
    const thread = await database.lockThread(change, threadId);
    // Looked for again, with the thread held: another server may have closed them.
    const runs = await findLost(change).where('thread_id', '=', threadId).execute();
    if (thread !== undefined && runs.length > 0) await closeRuns(change, { thread, runs, outcome });
    return runs;
  });
}

function findLost(records: Records | RecordChange) {
  return records
    .selectFrom('agent_runs')
    .selectAll()
    .where('status', 'in', unfinished)
    .where('server_id', 'not in', records.selectFrom('agent_servers').select('server_id'));
}

interface LostRuns {
  readonly thread: ThreadRow;
  readonly runs: readonly RunRow[];
  readonly outcome: ThreadOutcome | undefined;
}

async function closeRuns(change: RecordChange, { thread, runs, outcome }: LostRuns): Promise<void> {
  const updated_at = new Date().toISOString();
  const ids = runs.map(({ run_id }) => run_id);
  await change
    .updateTable('agent_runs')
    .set({ status: 'error', error: lostRunMessage, cancel_action: null, updated_at })
    .where('run_id', 'in', ids)
    .execute();
  const hadBegun = runs.some(({ status }) => status === 'running');
  const ended = hadBegun ? 'error' : 'idle';
  const status = isWaiting(outcome?.interrupts) ? 'interrupted' : ended;
  await change
    .updateTable('agent_threads')
    .set({
      status: await besideOthers(change, thread, status),
      error: hadBegun ? lostRunMessage : null,
      state_values: outcome === undefined ? thread.state_values : toStored(outcome.values),
      interrupts: outcome === undefined ? thread.interrupts : toStored(outcome.interrupts),
      updated_at,
    })
    .where('thread_id', '=', thread.thread_id)
    .execute();
}
