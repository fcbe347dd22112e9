/** The platform's tables, step by step; a released step is never edited, a new one is added at the end. */
import type { Kysely } from 'kysely';
import type { Migration } from '../database/migrate.js';

/** What `previous_digest` holds in the first record of the audit trail. */
export const firstAuditDigest = '0'.repeat(64);

/** The steps, oldest first. */
export const platformMigrations: readonly Migration[] = [
  { name: '001-directory', up: createDirectory },
  { name: '002-resources', up: createResources },
  { name: '003-audit', up: createAudit },
  { name: '004-idempotency-keys', up: createIdempotencyKeys },
];

async function createDirectory(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('organizations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('slug', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('active', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('environments')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organization_id', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('slug', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('active', 'integer', (column) => column.notNull())
    .addUniqueConstraint('environments_slug', ['organization_id', 'slug'])
    .execute();
  await db.schema
    .createTable('memberships')
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('organization_id', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('role', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('memberships_key', ['subject', 'organization_id'])
    .execute();
}

async function createResources(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('resources')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organization_id', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('environment_id', 'text', (column) => column.notNull().references('environments.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text')
    .addColumn('tags', 'text', (column) => column.notNull())
    .addColumn('spec', 'text', (column) => column.notNull())
    .addColumn('created_by_issuer', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('final_state', 'text', (column) => column.notNull())
    .addColumn('sealed', 'text')
    .addColumn('revealed_at', 'text')
    .addUniqueConstraint('resources_name', ['environment_id', 'kind', 'name'])
    .execute();
  await db.schema
    .createIndex('resources_newest')
    .on('resources')
    .columns(['organization_id', 'created_at', 'id'])
    .execute();
}

async function createAudit(db: Kysely<unknown>): Promise<void> {
  const texts = ['recorded_at', 'request_id', 'issuer', 'subject', 'action', 'decision', 'reason', 'outcome'];
  const digests = ['argument_digest', 'previous_digest', 'digest'];
  const optional = ['token_id', 'client_id', 'organization', 'environment', 'kind', 'name', 'resource_id'];
  let table = db.schema
    .createTable('audit_records')
    .addColumn('seq', 'integer', (column) => column.primaryKey())
    .addColumn('latency_ms', 'integer', (column) => column.notNull());
  for (const name of [...texts, ...digests])
    table = table.addColumn(name, 'text', (column) => column.notNull());
  for (const name of optional) table = table.addColumn(name, 'text');
  await table.execute();
  await db.schema
    .createTable('audit_head')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .execute();
  await db
    .withTables<Record<'audit_head', { id: number; seq: number; digest: string }>>()
    .insertInto('audit_head')
    .values({ id: 1, seq: 0, digest: firstAuditDigest })
    .execute();
}

async function createIdempotencyKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('idempotency_keys')
    .addColumn('key_digest', 'text', (column) => column.primaryKey())
    .addColumn('content_digest', 'text', (column) => column.notNull())
    // No reference: the key is taken first, so that a second call waits for it and not for the name.
    .addColumn('resource_id', 'text', (column) => column.notNull())
    .addColumn('taken_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('idempotency_keys_oldest')
    .on('idempotency_keys')
    .columns(['taken_at'])
    .execute();
}
