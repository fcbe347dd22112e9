/** Follows a run: by its events where they are, else by its record until it has ended. */
import type { RunsRepo } from '@langchain/langgraph-api/storage';
import { authorizeEvent, isVisible } from './authorize-event.js';
import type { LiveRuns } from './live-runs.js';
import type { RecordDatabase } from './record-database.js';
import type { RunRow, ThreadRow } from './record-tables.js';
import type { NumberedRunEvent, RunEvent } from './run-log.js';
import { isUnfinished } from './run-rows.js';
import { fromStored } from './stored-json.js';
import { isWaiting } from './thread-outcome.js';
import type { WakeSignal } from './wake-signal.js';

/** What {@link createFollowRun} needs. */
export interface FollowRunOptions {
  readonly database: RecordDatabase;
  readonly live: LiveRuns;
  readonly changed: WakeSignal;
  readonly pollMs: number;
}

/** How a run is followed. */
export interface Following {
  readonly lastEventId: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly ignore404?: boolean | undefined;
}

/** Gives a run’s events until it has ended. */
export type FollowRun = (
  runId: string,
  threadId: string | undefined,
  following: Following,
) => AsyncGenerator<RunEvent & Partial<Pick<NumberedRunEvent, 'id'>>>;

type Caller = Parameters<RunsRepo['get']>[2];

/** Creates the follower; it asks nobody whether the run may be followed. */
export function createFollowRun(options: FollowRunOptions): FollowRun {
  const { live } = options;
  return async function* follow(runId, threadId, { lastEventId, signal, ignore404 }) {
    const log = live.log(runId, threadId);
    if (log !== undefined) {
      yield* log.read({ after: lastEventId, signal });
      return;
    }
    const run = await readRun(options, runId, threadId);
    if (run === undefined && ignore404 !== true) yield { event: 'error', data: 'Run not found' };
    else if (run !== undefined) yield* followRecord(options, run, signal);
  };
}

/** Asks whether the caller may follow a run of a thread. */
export async function mayFollow(
  database: RecordDatabase,
  threadId: string | undefined,
  caller: Caller,
): Promise<boolean> {
  const [filters] = await authorizeEvent(caller, 'threads:read', { thread_id: threadId });
  if (filters === undefined || threadId === undefined) return true;
  const thread = await readThread(database, threadId);
  return thread === undefined || isVisible(fromStored(thread.metadata), filters);
}

/** A run of another server: the end of its record, and what its thread came to. */
async function* followRecord(
  options: FollowRunOptions,
  first: RunRow,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent> {
  const { changed, pollMs, database } = options;
  let run: RunRow | undefined = first;
  while (run !== undefined && isUnfinished(run.status)) {
    await changed.wait({ signal, limitMs: pollMs });
    if (signal?.aborted === true) return;
    run = await readRun(options, first.run_id, first.thread_id);
  }
  if (run === undefined) return;
  if (run.error !== null) yield { event: 'error', data: { error: 'ServerStopped', message: run.error } };
  // Whoever asks for a run that was over gets nothing but the reason why, as from the server that executed it.
  else if (isUnfinished(first.status)) yield* toLastValues(await readThread(database, run.thread_id));
}

function* toLastValues(thread: ThreadRow | undefined): Generator<RunEvent> {
  if (thread === undefined || thread.state_values === null) return;
  yield { event: 'values', data: fromStored(thread.state_values) };
  const interrupts = fromStored<Record<string, unknown[]>>(thread.interrupts ?? '{}');
  if (isWaiting(interrupts))
    yield { event: 'values', data: { __interrupt__: Object.values(interrupts).flat() } };
}

async function readRun(
  { database }: FollowRunOptions,
  runId: string,
  threadId: string | undefined,
): Promise<RunRow | undefined> {
  const run = await database.read((records) =>
    records.selectFrom('agent_runs').selectAll().where('run_id', '=', runId).executeTakeFirst(),
  );
  return threadId === undefined || run?.thread_id === threadId ? run : undefined;
}

async function readThread(database: RecordDatabase, threadId: string): Promise<ThreadRow | undefined> {
  return database.read((records) =>
    records.selectFrom('agent_threads').selectAll().where('thread_id', '=', threadId).executeTakeFirst(),
  );
}
