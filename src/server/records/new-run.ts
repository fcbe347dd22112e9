/** How a run is accepted: one transaction decides, for all servers, whether its thread takes it. */
import { HTTPException } from 'hono/http-exception';
import { v7 as uuid7 } from '@langchain/core/utils/uuid';
import type {
  Assistant,
  Run,
  RunKwargs,
  RunnableConfig,
  RunsRepo,
  Thread,
} from '@langchain/langgraph-api/storage';
import type { Filters } from './authorize-event.js';
import { isVisible } from './authorize-event.js';
import type { RecordChange, RecordDatabase } from './record-database.js';
import { toRun, toRunRow, unfinished } from './run-rows.js';
import { toStored } from './stored-json.js';
import { toMetadataColumns, toThread, toThreadRow } from './thread-rows.js';

/** A run that its caller may make. */
export interface WantedRun {
  readonly runId: string;
  readonly assistant: Assistant;
  readonly kwargs: RunKwargs;
  readonly options: Parameters<RunsRepo['put']>[3];
  /** The run’s metadata as the rules of authorization left it. */
  readonly metadata: Record<string, unknown>;
  readonly filters: Filters;
  readonly serverId: string;
}

/** What came of it: the run, unless its thread does not take it, and what waits or executes beside it. */
export interface AcceptedRun {
  readonly run: Run | undefined;
  readonly others: readonly Run[];
}

interface NewThread {
  readonly threadId: string;
  readonly now: Date;
}

/**
 * Accepts a run, and makes its thread when that is asked for.
 *
 * @returns no run when the thread is not there, or when another run stands in the way of one that does not wait.
 * @throws {@link HTTPException} 404 for a thread of somebody else.
 */
export async function acceptRun(database: RecordDatabase, wanted: WantedRun): Promise<AcceptedRun> {
  const { options, filters } = wanted;
  const now = new Date();
  const threadId = options.threadId ?? uuid7();
  return database.change(async (change) => {
    const isNew = await makeThread(change, wanted, { threadId, now });
    const row = await database.lockThread(change, threadId);
    if (row === undefined) return { run: undefined, others: [] };
    const found = toThread(row);
    if (!isNew && !isVisible(found.metadata, filters)) throw new HTTPException(404);
    const others = await readUnfinished(change, threadId);
    if (options.preventInsertInInflight === true && others.length > 0) return { run: undefined, others };
    // While a run is under way its thread keeps the config of that run.
    const thread = isNew || row.status === 'busy' ? found : takeUp(found, wanted);
    const run = toNewRun(wanted, isNew ? { ...thread, metadata: {}, config: {} } : thread, now);
    await change.insertInto('agent_runs').values(toRunRow(run, wanted.serverId)).execute();
    await change
      .updateTable('agent_threads')
      .set({ ...toMetadataColumns(thread.metadata), config: toStored(thread.config ?? {}) })
      .set({ status: 'busy', error: null, updated_at: now.toISOString() })
      .where('thread_id', '=', threadId)
      .execute();
    return { run, others };
  });
}

/** Makes the thread of a run that may have a new one. @returns false when there is one, or none is to be made. */
async function makeThread(
  change: RecordChange,
  { options, assistant, kwargs, metadata }: WantedRun,
  { threadId, now }: NewThread,
): Promise<boolean> {
  if (options.threadId !== undefined && options.ifNotExists !== 'create') return false;
  const thread: Thread = {
    thread_id: threadId,
    status: 'busy',
    metadata: { graph_id: assistant.graph_id, assistant_id: assistant.assistant_id, ...metadata },
    config: mergeConfigs(assistant.config, kwargs.config),
    created_at: now,
    updated_at: now,
  };
  const { numInsertedOrUpdatedRows } = await change
    .insertInto('agent_threads')
    .values(toThreadRow(thread))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

async function readUnfinished(change: RecordChange, threadId: string): Promise<readonly Run[]> {
  const rows = await change
    .selectFrom('agent_runs')
    .selectAll()
    .where('thread_id', '=', threadId)
    .where('status', 'in', unfinished)
    .orderBy('run_id')
    .execute();
  return rows.map(toRun);
}

/** A thread that rested is from now on of the run’s assistant, and hands the run’s config on to later runs. */
function takeUp(thread: Thread, { assistant, kwargs }: WantedRun): Thread {
  const { graph_id, assistant_id } = assistant;
  return {
    ...thread,
    metadata: { ...thread.metadata, graph_id, assistant_id },
    config: mergeConfigs(assistant.config, thread.config, kwargs.config),
  };
}

function toNewRun(
  { runId, assistant, kwargs, options, metadata }: WantedRun,
  thread: Thread,
  now: Date,
): Run {
  const { assistant_id, graph_id, config: offered, context: given } = assistant;
  const merged = { ...assistant.metadata, ...thread.metadata, ...metadata };
  const { configurable } = mergeConfigs(offered, thread.config, kwargs.config);
  const own = { run_id: runId, thread_id: thread.thread_id, graph_id, assistant_id };
  const user_id = configurable?.['user_id'] ?? options.userId;
  const config = { ...offered, ...kwargs.config, configurable: { ...configurable, ...own, user_id } };
  return {
    run_id: runId,
    thread_id: thread.thread_id,
    assistant_id,
    metadata: merged,
    status: options.status ?? 'pending',
    kwargs: {
      ...kwargs,
      config: { ...config, metadata: merged },
      // As the LangGraph server merges them: an assistant’s context that is no object stands alone.
      context:
        typeof given === 'object' || given === undefined ? Object.assign({}, given, kwargs.context) : given,
    },
    multitask_strategy: options.multitaskStrategy ?? 'reject',
    created_at: new Date(now.getTime() + (options.afterSeconds ?? 0) * 1000),
    updated_at: now,
  };
}

/** Later configs win, member by member, and in their configurable once more. */
function mergeConfigs(...configs: readonly (RunnableConfig | undefined)[]): RunnableConfig {
  return configs.reduce<RunnableConfig>(
    (merged, config) => ({
      ...merged,
      ...config,
      configurable: { ...merged.configurable, ...config?.configurable },
    }),
    {},
  );
}
