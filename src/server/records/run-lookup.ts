/** Finds runs, and takes their records away. */
import type { RunsRepo } from '@langchain/langgraph-api/storage';
import type { Filters } from './authorize-event.js';
import { authorizeEvent, isVisible } from './authorize-event.js';
import { containsJson } from './contains-json.js';
import type { RecordDatabase, Records } from './record-database.js';
import type { RunRow } from './record-tables.js';
import { besideOthers, restingStatus } from './run-endings.js';
import { toRun, unfinished } from './run-rows.js';
import { fromStored } from './stored-json.js';

/** A run as a route names it. */
export interface NamedRun {
  readonly runId: string;
  readonly threadId: string | undefined;
}

interface Sought extends NamedRun {
  readonly filters: Filters;
}

/** Finds a run that the filters let the caller see, on the thread that is named. */
export async function findRun(
  database: RecordDatabase,
  { runId, threadId, filters }: Sought,
): Promise<RunRow | undefined> {
  const row = await database.read((records) =>
    withThreads(records).where('run_id', '=', runId).executeTakeFirst(),
  );
  if (row === undefined || (threadId !== undefined && row.thread_id !== threadId)) return undefined;
  return isVisible(fromStored(row.thread_metadata), filters) ? row : undefined;
}

/** The ids of a thread’s runs that wait or execute. */
export async function findUnfinishedRuns(
  database: RecordDatabase,
  threadId: string,
): Promise<readonly string[]> {
  const rows = await database.read((records) =>
    records
      .selectFrom('agent_runs')
      .select('run_id')
      .where('thread_id', '=', threadId)
      .where('status', 'in', unfinished)
      .execute(),
  );
  return rows.map(({ run_id }) => run_id);
}

/** Takes a run’s record away; a thread that was busy with it rests. */
export async function deleteRun(database: RecordDatabase, { run_id, thread_id }: RunRow): Promise<void> {
  await database.change(async (change) => {
    const thread = await database.lockThread(change, thread_id);
    await change.deleteFrom('agent_runs').where('run_id', '=', run_id).execute();
    if (thread?.status !== 'busy') return;
    const status = await besideOthers(change, thread, restingStatus(thread));
    await change.updateTable('agent_threads').set({ status }).where('thread_id', '=', thread_id).execute();
  });
}

/** Creates the list of a thread’s runs, oldest first. */
export function createRunSearch(database: RecordDatabase): RunsRepo['search'] {
  return async (threadId, { limit, offset, status, metadata }, caller) => {
    const value = { thread_id: threadId, metadata, status };
    const [filters] = await authorizeEvent(caller, 'threads:search', value);
    const rows = await database.read((records) =>
      withThreads(records).where('agent_runs.thread_id', '=', threadId).orderBy('run_id').execute(),
    );
    const first = offset ?? 0;
    return rows
      .filter((row) => isVisible(fromStored(row.thread_metadata), filters))
      .filter((row) => (status ?? row.status) === row.status)
      .map(toRun)
      .filter((run) => containsJson(run.metadata, metadata))
      .slice(first, first + (limit ?? 10));
  };
}

function withThreads(records: Records) {
  return records
    .selectFrom('agent_runs')
    .innerJoin('agent_threads', 'agent_threads.thread_id', 'agent_runs.thread_id')
    .selectAll('agent_runs')
    .select('agent_threads.metadata as thread_metadata');
}
