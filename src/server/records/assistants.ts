/** The assistants: what each graph is offered as. This server’s rules let clients read them and nothing else. */
import { HTTPException } from 'hono/http-exception';
import type { Assistant, AssistantsRepo } from '@langchain/langgraph-api/storage';
import { assistantNotFound, toAssistant } from './assistant-rows.js';
import type { AssistantVersions } from './assistant-versions.js';
import type { Caller, Filters } from './authorize-event.js';
import { authorizeEvent, isVisible } from './authorize-event.js';
import { containsJson } from './contains-json.js';
import type { RecordChange, RecordDatabase } from './record-database.js';
import type { AssistantRow } from './record-tables.js';
import { fromStored, toStored } from './stored-json.js';

/** The assistants of the LangGraph server, and those of this process’s own use. */
export interface Assistants extends AssistantsRepo {
  /** Reads one for the server itself; undefined when there is none. */
  find(assistantId: string): Promise<Assistant | undefined>;
}

type Search = Pick<Parameters<AssistantsRepo['count']>[0], 'graph_id' | 'name' | 'metadata'>;

/** Creates the assistants over a database. */
export function createAssistants(database: RecordDatabase, versions: AssistantVersions): Assistants {
  const find = createFind(database);
  const match = createMatch(database);
  return {
    find,
    ...versions,
    async *search(options, caller) {
      const found = await match(options, caller);
      const page = found.slice(options.offset, options.offset + options.limit);
      for (const assistant of page) yield { assistant, total: found.length };
    },
    count: async (options, caller) => (await match(options, caller)).length,
    async get(assistantId, caller) {
      const [filters] = await authorizeEvent(caller, 'assistants:read', { assistant_id: assistantId });
      const assistant = await find(assistantId);
      if (assistant === undefined || !isVisible(assistant.metadata, filters)) throw assistantNotFound();
      return assistant;
    },
    async put(assistantId, options, caller) {
      const [filters, { metadata }] = await authorizeEvent(caller, 'assistants:create', {
        ...options,
        assistant_id: assistantId,
      });
      const made = toNewRow(assistantId, { ...options, metadata: metadata ?? {} });
      const inserted = await versions.insert(made);
      if (inserted) return toAssistant(made);
      const standing = await find(assistantId);
      if (standing === undefined) throw assistantNotFound();
      if (!isVisible(standing.metadata, filters) || options.if_exists === 'raise')
        throw new HTTPException(409, { message: 'Assistant already exists' });
      return standing;
    },
    async delete(assistantId, deleteThreads, caller) {
      const [filters] = await authorizeEvent(caller, 'assistants:delete', { assistant_id: assistantId });
      await database.change(async (change) => {
        await deleteAssistant(change, assistantId, filters);
        if (deleteThreads) await deleteThreadsOf(change, assistantId);
      });
      return [assistantId];
    },
  };
}

function createFind(database: RecordDatabase): Assistants['find'] {
  return async (assistantId) => {
    const row = await database.read((records) =>
      records
        .selectFrom('agent_assistants')
        .selectAll()
        .where('assistant_id', '=', assistantId)
        .executeTakeFirst(),
    );
    return row === undefined ? undefined : toAssistant(row);
  };
}

/** Finds the assistants that a search asks for and its caller may see, newest first. */
function createMatch(database: RecordDatabase): (search: Search, caller: Caller) => Promise<Assistant[]> {
  return async ({ graph_id, name = '', metadata }, caller) => {
    const [filters] = await authorizeEvent(caller, 'assistants:search', { graph_id, metadata });
    const rows = await database.read((records) =>
      records
        .selectFrom('agent_assistants')
        .selectAll()
        .$if(graph_id !== undefined, (all) => all.where('graph_id', '=', graph_id ?? ''))
        .orderBy('created_at', 'desc')
        .execute(),
    );
    return rows
      .map(toAssistant)
      .filter((assistant) => assistant.name.toLowerCase().includes(name.toLowerCase()))
      .filter((assistant) => containsJson(assistant.metadata, metadata))
      .filter((assistant) => isVisible(assistant.metadata, filters));
  };
}

async function deleteAssistant(change: RecordChange, assistantId: string, filters: Filters): Promise<void> {
  const gone = await change
    .deleteFrom('agent_assistants')
    .where('assistant_id', '=', assistantId)
    .returning('metadata')
    .executeTakeFirst();
  if (gone === undefined || !isVisible(fromStored(gone.metadata), filters)) throw assistantNotFound();
  await change.deleteFrom('agent_runs').where('assistant_id', '=', assistantId).execute();
}

async function deleteThreadsOf(change: RecordChange, assistantId: string): Promise<void> {
  const threads = await change.selectFrom('agent_threads').select(['thread_id', 'metadata']).execute();
  const ids = threads
    .filter(({ metadata }) => containsJson(fromStored(metadata), { assistant_id: assistantId }))
    .map(({ thread_id }) => thread_id);
  if (ids.length > 0) await change.deleteFrom('agent_threads').where('thread_id', 'in', ids).execute();
}

type NewAssistant = Omit<Parameters<AssistantsRepo['put']>[1], 'if_exists'>;

function toNewRow(assistantId: string, options: NewAssistant): AssistantRow {
  const now = new Date().toISOString();
  return {
    assistant_id: assistantId,
    graph_id: options.graph_id,
    // An empty name counts as none, as in the LangGraph server’s own storage.
    name: options.name === undefined || options.name === '' ? options.graph_id : options.name,
    description: options.description ?? null,
    config: toStored(options.config),
    context: toStored(options.context ?? {}),
    metadata: toStored(options.metadata),
    version: 1,
    created_at: now,
    updated_at: now,
  };
}
