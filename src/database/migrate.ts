/** Brings a database's tables up to the newest shape, one recorded step at a time. */
import { sql, type Kysely } from 'kysely';
import type { Database } from './open-database.js';

/** One step; its name is recorded and never changes once released. */
export interface Migration {
  readonly name: string;
  /** Makes the change; the same statements must run on SQLite and PostgreSQL. */
  up(db: Kysely<unknown>): Promise<void>;
}

type MigrationTables = Record<'schema_migrations', { name: string; applied_at: string }>;

/**
 * Applies the steps that are not recorded yet, in order, each with its record in one transaction.
 * Two processes that start together on PostgreSQL wait for each other.
 */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<void> {
  for (const migration of migrations) {
    await database.db.transaction().execute(async (transaction) => {
      if (database.dialect === 'postgres')
        await sql`select pg_advisory_xact_lock(7130441)`.execute(transaction);
      await applyOnce(transaction, migration);
    });
  }
}

async function applyOnce(transaction: Kysely<unknown>, migration: Migration): Promise<void> {
  await transaction.schema
    .createTable('schema_migrations')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('applied_at', 'text', (column) => column.notNull())
    .execute();
  const records = transaction.withTables<MigrationTables>();
  const { name } = migration;
  const applied = await records
    .selectFrom('schema_migrations')
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst();
  if (applied !== undefined) return;
  await migration.up(transaction);
  await records
    .insertInto('schema_migrations')
    .values({ name, applied_at: new Date().toISOString() })
    .execute();
}
