/** The threads of the LangGraph server, kept in the records. */
import { HTTPException } from 'hono/http-exception';
import { v7 as uuid7 } from '@langchain/core/utils/uuid';
import type { Thread, ThreadsRepo, ThreadsStateRepo } from '@langchain/langgraph-api/storage';
import type { Caller } from './authorize-event.js';
import { authorizeEvent, isVisible } from './authorize-event.js';
import type { RecordDatabase } from './record-database.js';
import type { ThreadRow } from './record-tables.js';
import type { RunCancellation } from './run-cancellation.js';
import type { ThreadSearch } from './thread-search.js';
import { fromStored } from './stored-json.js';
import { threadNotFound, toMetadataColumns, toThread, toThreadRow } from './thread-rows.js';

/** What {@link createThreads} is made of. */
export interface ThreadsOptions {
  readonly database: RecordDatabase;
  readonly cancellation: Pick<RunCancellation, 'stop'>;
  readonly search: ThreadSearch;
  readonly setStatus: ThreadsRepo['setStatus'];
  /** Takes a thread’s record and those of its runs away. */
  readonly forget: (threadId: string) => Promise<void>;
  /** Does the same for the server itself, however long the database is away. */
  readonly endTemporary: (threadId: string) => Promise<void>;
  /** Gives the states of threads that `get` finds. */
  readonly createState: (get: ThreadsRepo['get']) => ThreadsStateRepo;
}

/** How long the deletion of a thread waits for the end of its runs, in milliseconds. */
const stopMs = 10_000;

/** Creates the threads. */
export function createThreads(options: ThreadsOptions): ThreadsRepo {
  const { database } = options;

  const get: ThreadsRepo['get'] = async (threadId, caller) => {
    const [filters] = await authorizeEvent(caller, 'threads:read', { thread_id: threadId });
    const thread = await find(database, threadId);
    if (thread === undefined || !isVisible(thread.metadata, filters)) throw threadNotFound(threadId);
    return thread;
  };

  return {
    ...options.search,
    get,
    state: options.createState(get),
    setStatus: options.setStatus,
    async put(threadId, { metadata, if_exists }, caller) {
      const value = { thread_id: threadId, metadata, if_exists };
      const [filters, mutable] = await authorizeEvent(caller, 'threads:create', value);
      const made = toNewThread(threadId, mutable.metadata ?? {});
      if (await insert(database, toThreadRow(made))) return made;
      const standing = await find(database, threadId);
      if (standing === undefined) throw threadNotFound(threadId);
      if (!isVisible(standing.metadata, filters) || if_exists === 'raise')
        throw new HTTPException(409, { message: 'Thread already exists' });
      return standing;
    },
    patch: createPatch(database),
    async delete(threadId, caller) {
      // LangGraph’s workers end a run without a thread so, and never work again when that fails.
      if (caller === undefined) await options.endTemporary(threadId);
      else await deleteThread(options, threadId, caller);
      return [threadId];
    },
    async copy(threadId, caller) {
      const [filters] = await authorizeEvent(caller, 'threads:read', { thread_id: threadId });
      const source = await find(database, threadId);
      if (source === undefined || !isVisible(source.metadata, filters))
        throw new HTTPException(409, { message: 'Thread not found' });
      const newId = uuid7();
      const metadata = { ...source.metadata, thread_id: newId };
      await authorizeEvent(caller, 'threads:create', { thread_id: newId, metadata });
      const copy = toNewThread(newId, metadata);
      await insert(database, toThreadRow(copy));
      return copy;
    },
  };
}

async function deleteThread(
  { database, cancellation, forget }: ThreadsOptions,
  threadId: string,
  caller: Caller,
): Promise<void> {
  const [filters] = await authorizeEvent(caller, 'threads:delete', { thread_id: threadId });
  const thread = await find(database, threadId);
  if (thread === undefined || !isVisible(thread.metadata, filters)) throw threadNotFound(threadId);
  // A run that went on would write checkpoints of a thread that is not there any more.
  await cancellation.stop(threadId, { limitMs: stopMs });
  await forget(threadId);
}

function createPatch(database: RecordDatabase): ThreadsRepo['patch'] {
  return async (threadId, { metadata }, caller) => {
    const value = { thread_id: threadId, metadata };
    const [filters, mutable] = await authorizeEvent(caller, 'threads:update', value);
    return database.change(async (change) => {
      const row = await database.lockThread(change, threadId);
      if (row === undefined || !isVisible(fromStored(row.metadata), filters))
        throw new HTTPException(404, { message: 'Thread not found' });
      const merged = { ...fromStored<object>(row.metadata), ...mutable.metadata };
      const columns = { ...toMetadataColumns(merged), updated_at: new Date().toISOString() };
      await change.updateTable('agent_threads').set(columns).where('thread_id', '=', threadId).execute();
      return toThread({ ...row, ...columns });
    });
  };
}

async function find(database: RecordDatabase, threadId: string): Promise<Thread | undefined> {
  const row = await database.read((records) =>
    records.selectFrom('agent_threads').selectAll().where('thread_id', '=', threadId).executeTakeFirst(),
  );
  return row === undefined ? undefined : toThread(row);
}

async function insert(database: RecordDatabase, row: ThreadRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await database.change((change) =>
    change
      .insertInto('agent_threads')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow(),
  );
  return numInsertedOrUpdatedRows === 1n;
}

function toNewThread(threadId: string, metadata: Record<string, unknown>): Thread {
  const now = new Date();
  return { thread_id: threadId, created_at: now, updated_at: now, metadata, status: 'idle', config: {} };
}
