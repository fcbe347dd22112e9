/** One database handle over either engine: SQLite in a file, or PostgreSQL behind a URL. */
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import { Pool } from 'pg';
import { toPostgresRefusal } from './postgres-refusal.js';
import { openSqliteFile, openSqliteFileForReading } from './sqlite-file.js';

/** Which engine answers. */
export type DatabaseDialect = 'sqlite' | 'postgres';

/** An open database; `db.withTables<Tables>()` gives it its tables' types. */
export interface Database {
  readonly db: Kysely<unknown>;
  readonly dialect: DatabaseDialect;
  /** Closes every connection and gives the file's lock back; safe to call twice. */
  close(): Promise<void>;
}

/** Options of {@link openDatabase}. */
export interface OpenDatabaseOptions {
  /** PostgreSQL connection URL; the file is not used when it is given. */
  readonly url?: string | undefined;
  /** Path of the SQLite file; its folder is made when missing. */
  readonly file: string;
  /** `read` takes no lock and refuses writes, so that it works beside a running platform. Default `write`. */
  readonly access?: 'read' | 'write';
  /** Whether what is deleted from the file is overwritten, and not only marked as free; default false. */
  readonly isErasing?: boolean;
  /** Longest time that PostgreSQL spends on one statement, waiting for locks included, in milliseconds; default 10 000. */
  readonly statementTimeoutMs?: number | undefined;
}

interface PostgresOptions {
  readonly url: string;
  readonly access: 'read' | 'write';
  readonly statementTimeoutMs: number;
}

/**
 * Opens the database that the options name.
 *
 * @throws {@link ConfigError} when the SQLite file is held by another process, or PostgreSQL does not answer.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { url, access = 'write', statementTimeoutMs = 10_000 } = options;
  if (url === undefined) return openSqlite(options);
  return openPostgres({ url, access, statementTimeoutMs });
}

function openSqlite({ file, access, isErasing = false }: OpenDatabaseOptions): Database {
  const sqlite = access === 'read' ? openSqliteFileForReading(file) : openSqliteFile(file);
  if (isErasing) sqlite.connection.exec('PRAGMA secure_delete = ON');
  // Closed by ours alone: the driver's close() must come before the lock's, and only once.
  const db = new Kysely<unknown>({
    dialect: new SqliteDialect({
      database: { close: () => undefined, prepare: (text) => sqlite.connection.prepare(text) },
    }),
  });
  return {
    db,
    dialect: 'sqlite',
    close: once(async () => {
      await db.destroy();
      // The log of writes would keep what was deleted from the file.
      if (isErasing) sqlite.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      sqlite.close();
    }),
  };
}

async function openPostgres({ url, access, statementTimeoutMs }: PostgresOptions): Promise<Database> {
  const pool = new Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 5000,
    // A statement that waits, for a lock on the audit trail or a slow disk, fails in bounded time, and its call with it.
    statement_timeout: statementTimeoutMs,
    ...(access === 'read' ? { options: '-c default_transaction_read_only=on' } : {}),
  });
  // Without listeners a connection that breaks, idle or in use, ends the process; the next query reports the failure.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    await pool.query('select 1');
  } catch (cause) {
    await pool.end();
    throw toPostgresRefusal(cause);
  }
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  return { db, dialect: 'postgres', close: once(() => db.destroy()) };
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => (closing ??= close());
}
