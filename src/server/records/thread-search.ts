/** Finds threads. A person’s own are found by an index; only what a page shows is read whole. */
import type { Thread, ThreadsRepo } from '@langchain/langgraph-api/storage';
import type { Filters } from './authorize-event.js';
import { authorizeEvent, isVisible } from './authorize-event.js';
import { containsJson } from './contains-json.js';
import type { RecordDatabase, Records } from './record-database.js';
import { fromStored } from './stored-json.js';
import { toThread } from './thread-rows.js';

/** The part of the threads that is about many of them. */
export type ThreadSearch = Pick<ThreadsRepo, 'search' | 'count'>;

type SearchOptions = Parameters<ThreadsRepo['search']>[0];
type Wanted = Pick<SearchOptions, 'metadata' | 'values' | 'status' | 'ids' | 'sort_by' | 'sort_order'>;

/** Creates the search over a database. */
export function createThreadSearch(database: RecordDatabase): ThreadSearch {
  return {
    async *search(options, caller) {
      const { metadata, ids, status, values, limit, offset } = options;
      const value = { metadata, ids, status, values, limit, offset };
      const [filters] = await authorizeEvent(caller, 'threads:search', value);
      const found = await database.read((records) => findIds(records, options, filters));
      const page = found.slice(offset, offset + limit);
      const threads = await database.read((records) => readThreads(records, page));
      for (const thread of threads) yield { thread, total: found.length };
    },
    async count(options, caller) {
      const { metadata, status, values } = options;
      const value = { metadata, values, status, limit: 0, offset: 0 };
      const [filters] = await authorizeEvent(caller, 'threads:search', value);
      return (await database.read((records) => findIds(records, options, filters))).length;
    },
  };
}

async function findIds(records: Records, wanted: Wanted, filters: Filters): Promise<readonly string[]> {
  const { ids = [], status, values, metadata, sort_by = 'created_at', sort_order = 'desc' } = wanted;
  const { owner } = { owner: undefined, ...filters };
  const rows = await records
    .selectFrom('agent_threads')
    .select(['thread_id', 'metadata'])
    .$if(values !== undefined, (query) => query.select('state_values'))
    .$if(typeof owner === 'string', (query) =>
      query.where('owner', '=', typeof owner === 'string' ? owner : ''),
    )
    .$if(status !== undefined, (query) => query.where('status', '=', status ?? 'idle'))
    .$if(ids.length > 0, (query) => query.where('thread_id', 'in', ids))
    .orderBy(sort_by, sort_order)
    // Threads of one moment keep their order from page to page.
    .orderBy('thread_id', sort_order)
    .execute();
  return rows
    .filter((row) => {
      const own = fromStored<Thread['metadata']>(row.metadata);
      // As in the LangGraph server’s own storage, a thread without values has them all.
      const kept = row.state_values ?? undefined;
      return (
        isVisible(own, filters) &&
        containsJson(own, metadata) &&
        (kept === undefined || containsJson(fromStored(kept), values))
      );
    })
    .map(({ thread_id }) => thread_id);
}

async function readThreads(records: Records, ids: readonly string[]): Promise<readonly Thread[]> {
  if (ids.length === 0) return [];
  const rows = await records.selectFrom('agent_threads').selectAll().where('thread_id', 'in', ids).execute();
  const byId = new Map(rows.map((row) => [row.thread_id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    return row === undefined ? [] : [toThread(row)];
  });
}
