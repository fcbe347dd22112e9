/** What an assistant was, version by version: each change makes a new one, and an older one can be taken up again. */
import { HTTPException } from 'hono/http-exception';
import type { Selectable } from 'kysely';
import type { AssistantsRepo, AssistantVersion } from '@langchain/langgraph-api/storage';
import { assistantNotFound, toAssistant } from './assistant-rows.js';
import type { Filters } from './authorize-event.js';
import { authorizeEvent, isVisible } from './authorize-event.js';
import { containsJson } from './contains-json.js';
import type { RecordChange, RecordDatabase } from './record-database.js';
import type { AssistantRow, RecordTables } from './record-tables.js';
import { fromStored, toStored } from './stored-json.js';

/** The part of the assistants that is about versions. */
export interface AssistantVersions extends Pick<AssistantsRepo, 'patch' | 'setLatest' | 'getVersions'> {
  /** Keeps a new assistant as its first version. @returns false when there is one with this id. */
  insert(row: AssistantRow): Promise<boolean>;
}

/** Creates the part over a database. */
export function createAssistantVersions(database: RecordDatabase): AssistantVersions {
  return {
    insert: (row) =>
      database.change(async (change) => {
        const { numInsertedOrUpdatedRows } = await change
          .insertInto('agent_assistants')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow();
        if (numInsertedOrUpdatedRows !== 1n) return false;
        await addVersion(change, row);
        return true;
      }),
    async patch(assistantId, options, caller) {
      const { graph_id, config, metadata, name, description } = options;
      const [filters, mutable] = await authorizeEvent(caller, 'assistants:update', {
        ...{ assistant_id: assistantId, graph_id, config, metadata, name, description },
      });
      return database.change(async (change) => {
        const row = await requireRow(change, assistantId, filters);
        const merged = { ...fromStored<object>(row.metadata), ...mutable.metadata };
        const next: AssistantRow = {
          ...row,
          graph_id: graph_id ?? row.graph_id,
          name: name ?? row.name,
          description: description ?? row.description,
          config: config === undefined ? row.config : toStored(config),
          context: options.context === undefined ? row.context : toStored(options.context),
          metadata: toStored(merged),
          version: (await readNewestVersion(change, assistantId)) + 1,
          updated_at: new Date().toISOString(),
        };
        await writeRow(change, next);
        await addVersion(change, { ...next, created_at: next.updated_at });
        return toAssistant(next);
      });
    },
    async setLatest(assistantId, version, caller) {
      const value = { assistant_id: assistantId, version };
      const [filters] = await authorizeEvent(caller, 'assistants:update', value);
      return database.change(async (change) => {
        const row = await requireRow(change, assistantId, filters);
        const wanted = await change
          .selectFrom('agent_assistant_versions')
          .select(['config', 'metadata', 'version', 'name'])
          .where('assistant_id', '=', assistantId)
          .where('version', '=', version)
          .executeTakeFirst();
        if (wanted === undefined) throw new HTTPException(404, { message: 'Assistant version not found' });
        const next = { ...row, ...wanted, updated_at: new Date().toISOString() };
        await writeRow(change, next);
        return toAssistant(next);
      });
    },
    getVersions: createGetVersions(database),
  };
}

function createGetVersions(database: RecordDatabase): AssistantVersions['getVersions'] {
  return async (assistantId, { limit, offset, metadata }, caller) => {
    const [filters] = await authorizeEvent(caller, 'assistants:read', { assistant_id: assistantId });
    const rows = await database.read((records) =>
      records
        .selectFrom('agent_assistant_versions')
        .selectAll()
        .where('assistant_id', '=', assistantId)
        .orderBy('version', 'desc')
        .execute(),
    );
    return rows
      .map(toVersion)
      .filter((version) => containsJson(version.metadata, metadata) && isVisible(version.metadata, filters))
      .slice(offset, offset + limit);
  };
}

/** Reads an assistant that is going to change, and keeps other changes of it waiting. */
async function requireRow(
  change: RecordChange,
  assistantId: string,
  filters: Filters,
): Promise<AssistantRow> {
  // A write that changes nothing is the lock that both engines have.
  const row = await change
    .updateTable('agent_assistants')
    .set((columns) => ({ version: columns.ref('version') }))
    .where('assistant_id', '=', assistantId)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined || !isVisible(fromStored(row.metadata), filters)) throw assistantNotFound();
  return row;
}

async function readNewestVersion(change: RecordChange, assistantId: string): Promise<number> {
  const newest = await change
    .selectFrom('agent_assistant_versions')
    .select('version')
    .where('assistant_id', '=', assistantId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest?.version ?? 0;
}

async function writeRow(change: RecordChange, { assistant_id, ...columns }: AssistantRow): Promise<void> {
  await change
    .updateTable('agent_assistants')
    .set(columns)
    .where('assistant_id', '=', assistant_id)
    .execute();
}

async function addVersion(change: RecordChange, row: AssistantRow): Promise<void> {
  const { updated_at: _now, ...columns } = row;
  await change.insertInto('agent_assistant_versions').values(columns).execute();
}

function toVersion(row: Selectable<RecordTables['agent_assistant_versions']>): AssistantVersion {
  return {
    ...row,
    config: fromStored(row.config),
    context: fromStored(row.context),
    metadata: fromStored(row.metadata),
    created_at: new Date(row.created_at),
  };
}
