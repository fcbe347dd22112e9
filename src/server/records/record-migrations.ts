/** The agent server’s tables, step by step; a released step is never edited, a new one is added at the end. */
import type { Kysely } from 'kysely';
import type { Migration } from '../../database/migrate.js';

/** The steps, oldest first. Their names stand beside the platform’s where both keep their tables in one database. */
export const recordMigrations: readonly Migration[] = [{ name: 'agent-001-records', up: createRecords }];

async function createRecords(db: Kysely<unknown>): Promise<void> {
  await createServers(db);
  await createAssistants(db);
  await createThreads(db);
  await createRuns(db);
}

async function createServers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('agent_servers')
    .addColumn('server_id', 'text', (column) => column.primaryKey())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('seen_at', 'double precision', (column) => column.notNull())
    .execute();
}

async function createAssistants(db: Kysely<unknown>): Promise<void> {
  const columns = ['graph_id', 'name', 'config', 'context', 'metadata', 'created_at'];
  let assistants = db.schema
    .createTable('agent_assistants')
    .addColumn('assistant_id', 'text', (column) => column.primaryKey());
  let versions = db.schema
    .createTable('agent_assistant_versions')
    .addColumn('assistant_id', 'text', (column) =>
      column.notNull().references('agent_assistants.assistant_id').onDelete('cascade'),
    );
  for (const name of columns) {
    assistants = assistants.addColumn(name, 'text', (column) => column.notNull());
    versions = versions.addColumn(name, 'text', (column) => column.notNull());
  }
  await assistants
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .addColumn('description', 'text')
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute();
  await versions
    .addColumn('description', 'text')
    .addColumn('version', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('agent_assistant_versions_key', ['assistant_id', 'version'])
    .execute();
}

async function createThreads(db: Kysely<unknown>): Promise<void> {
  let threads = db.schema
    .createTable('agent_threads')
    .addColumn('thread_id', 'text', (column) => column.primaryKey());
  for (const name of ['status', 'metadata', 'config', 'created_at', 'updated_at'])
    threads = threads.addColumn(name, 'text', (column) => column.notNull());
  for (const name of ['owner', 'state_values', 'interrupts', 'error'])
    threads = threads.addColumn(name, 'text');
  await threads.execute();
  await db.schema
    .createIndex('agent_threads_of_owner')
    .on('agent_threads')
    .columns(['owner', 'created_at'])
    .execute();
}

async function createRuns(db: Kysely<unknown>): Promise<void> {
  let runs = db.schema
    .createTable('agent_runs')
    .addColumn('run_id', 'text', (column) => column.primaryKey())
    .addColumn('thread_id', 'text', (column) =>
      column.notNull().references('agent_threads.thread_id').onDelete('cascade'),
    )
    .addColumn('attempt', 'integer', (column) => column.notNull());
  const texts = ['assistant_id', 'server_id', 'status', 'metadata', 'kwargs', 'multitask_strategy'];
  for (const name of [...texts, 'created_at', 'updated_at'])
    runs = runs.addColumn(name, 'text', (column) => column.notNull());
  await runs.addColumn('cancel_action', 'text').addColumn('error', 'text').execute();
  await db.schema
    .createIndex('agent_runs_of_thread')
    .on('agent_runs')
    .columns(['thread_id', 'run_id'])
    .execute();
  await db.schema
    .createIndex('agent_runs_of_server')
    .on('agent_runs')
    .columns(['status', 'server_id'])
    .execute();
}
