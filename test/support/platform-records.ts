/** What the platform of a data folder has recorded, read beside the running process. */
import type { Database } from '../../src/database/open-database.js';
import { openDatabase } from '../../src/database/open-database.js';
import { platformDatabaseFile } from '../../src/mcp-server/assemble-platform.js';
import type { AuditRow, PlatformTables } from '../../src/platform/platform-tables.js';

/** The names of all resources there are. */
export async function readResourceNames(dataDir: string): Promise<string[]> {
  return withPlatform(dataDir, async ({ db }) => {
    const rows = await db.withTables<PlatformTables>().selectFrom('resources').select('name').execute();
    return rows.map(({ name }) => name).sort();
  });
}

/** The audit trail, oldest first. */
export async function readAuditRows(dataDir: string): Promise<AuditRow[]> {
  return withPlatform(dataDir, ({ db }) =>
    db.withTables<PlatformTables>().selectFrom('audit_records').selectAll().orderBy('seq').execute(),
  );
}

async function withPlatform<Result>(
  dataDir: string,
  read: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase({ file: platformDatabaseFile(dataDir), access: 'read' });
  try {
    return await read(database);
  } finally {
    await database.close();
  }
}
