/** The runs of the LangGraph server, kept in the records. */
import { HTTPException } from 'hono/http-exception';
import type { RunsRepo, ThreadsRepo } from '@langchain/langgraph-api/storage';
import type { Assistants } from './assistants.js';
import { authorizeEvent } from './authorize-event.js';
import type { FollowRun, Following } from './follow-run.js';
import { mayFollow } from './follow-run.js';
import type { LiveRuns } from './live-runs.js';
import { acceptRun } from './new-run.js';
import type { RecordDatabase } from './record-database.js';
import type { RunCancellation } from './run-cancellation.js';
import type { NamedRun } from './run-lookup.js';
import { createRunSearch, deleteRun, findRun } from './run-lookup.js';
import { isUnfinished, toRun } from './run-rows.js';
import type { WakeSignal } from './wake-signal.js';

/** What {@link createRuns} is made of. */
export interface RunsOptions {
  readonly database: RecordDatabase;
  readonly live: LiveRuns;
  readonly changed: WakeSignal;
  readonly serverId: string;
  readonly assistants: Pick<Assistants, 'find'>;
  readonly threads: Pick<ThreadsRepo, 'get'>;
  readonly cancellation: RunCancellation;
  readonly follow: FollowRun;
  readonly next: RunsRepo['next'];
  readonly setStatus: RunsRepo['setStatus'];
  /** Aborted while the server stops: it takes no run any more. */
  readonly draining: AbortSignal;
}

type Caller = Parameters<RunsRepo['get']>[2];

/** How long the deletion of a run waits for its end, in milliseconds. */
const stopMs = 10_000;

/** Creates the runs. */
export function createRuns(options: RunsOptions): RunsRepo {
  const { database, live, threads, cancellation } = options;
  const joined = createJoined(options);
  const wait = createWait(joined);
  return {
    stream: {
      // LangGraph’s routes call it with four arguments.
      async *join(...[runId, threadId, joining, caller]) {
        yield* joined({ runId, threadId }, joining, caller);
        const { signal, cancelOnDisconnect } = joining;
        if (signal?.aborted === true && cancelOnDisconnect === true && threadId !== undefined)
          await cancellation.cancel(threadId, [runId], { action: 'interrupt' }, caller);
      },
      publish: async ({ runId, resumable: _ofTheRun, ...event }) => live.get(runId)?.log.append(event),
    },
    wait,
    next: options.next,
    setStatus: options.setStatus,
    cancel: cancellation.cancel,
    search: createRunSearch(database),
    put: createPut(options),
    async get(runId, threadId, caller) {
      const [filters] = await authorizeEvent(caller, 'threads:read', { thread_id: threadId });
      const row = await findRun(database, { runId, threadId, filters });
      return row === undefined ? null : toRun(row);
    },
    async delete(runId, threadId, caller) {
      const value = { run_id: runId, thread_id: threadId };
      const [filters] = await authorizeEvent(caller, 'threads:delete', value);
      const row = await findRun(database, { runId, threadId, filters });
      if (row === undefined) throw new HTTPException(404, { message: 'Run not found' });
      if (isUnfinished(row.status)) await cancellation.stop(row.thread_id, { runId, limitMs: stopMs });
      await deleteRun(database, row);
      return runId;
    },
    async join(runId, threadId, caller) {
      await threads.get(threadId, caller);
      const last = await wait(runId, threadId, caller);
      return last ?? (await threads.get(threadId, caller)).values ?? null;
    },
  };
}

type Joined = (run: NamedRun, following: Following, caller: Caller) => ReturnType<FollowRun>;

/** Follows a run for a caller who may. */
function createJoined({ database, follow }: RunsOptions): Joined {
  return async function* joined({ runId, threadId }, following, caller) {
    if (await mayFollow(database, threadId, caller)) yield* follow(runId, threadId, following);
    else yield { event: 'error', data: { error: 'Error', message: '404: Thread not found' } };
  };
}

function createWait(joined: Joined): RunsRepo['wait'] {
  return async (runId, threadId, caller) => {
    // From the beginning: a short run may have ended before anybody could ask.
    const following = { lastEventId: '-1', ignore404: threadId === undefined };
    let last: unknown = null;
    for await (const { event, data } of joined({ runId, threadId }, following, caller)) {
      if (event === 'values') last = data;
      // The form in which the LangGraph server tells a client of an error that it has told before.
      else if (event === 'error') last = { __error__: { error: 'Error', message: JSON.stringify(data) } };
    }
    return last;
  };
}

/** How long a client waits before it asks a server that is stopping, or the one in its place, again, in seconds. */
const retryAfterSeconds = 5;

function createPut(options: RunsOptions): RunsRepo['put'] {
  const { assistants, database, draining, live, changed, serverId } = options;
  // LangGraph’s routes call it with five arguments.
  return async (...[runId, assistantId, kwargs, given, caller]) => {
    if (draining.aborted) throw stopping();
    const assistant = await assistants.find(assistantId);
    if (assistant === undefined) {
      throw new HTTPException(404, {
        message: `No assistant found for "${assistantId}". Make sure the assistant ID is for a valid assistant or a valid graph ID.`,
      });
    }
    const [filters, { metadata }] = await authorizeEvent(caller, 'threads:create_run', {
      thread_id: given.threadId,
      assistant_id: assistantId,
      run_id: runId,
      status: given.status ?? 'pending',
      metadata: given.metadata ?? {},
      prevent_insert_if_inflight: given.preventInsertInInflight,
      multitask_strategy: given.multitaskStrategy ?? 'reject',
      if_not_exists: given.ifNotExists ?? 'reject',
      after_seconds: given.afterSeconds ?? 0,
      kwargs,
    });
    const wanted = { runId, assistant, kwargs, options: given, metadata: metadata ?? {}, filters, serverId };
    const { run, others } = await acceptRun(database, wanted);
    if (run === undefined) return [...others];
    live.add(run);
    changed.wake();
    // A copy: the run goes on while its record is answered.
    return [{ ...run }, ...others];
  };
}

function stopping(): HTTPException {
  const message = 'This server is stopping and takes no new run; send it again.';
  const headers = { 'Retry-After': String(retryAfterSeconds) };
  return new HTTPException(503, { message, res: new Response(message, { status: 503, headers }) });
}
