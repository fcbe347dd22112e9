/** Where threads are kept: SQLite in a file of this process, or PostgreSQL. */
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { Pool } from 'pg';
import { toPostgresRefusal } from '../database/postgres-refusal.js';
import { openSqliteFile } from '../database/sqlite-file.js';

/** The advisory lock of whoever makes the tables; any number that nobody else on the database takes. */
const setUpLock = 7_130_442;

/** Each query of a checkpointer is a small one. */
const longestQueryMs = 30_000;

/** An open checkpointer. */
export interface OpenCheckpointer {
  readonly checkpointer: BaseCheckpointSaver;
  close(): Promise<void>;
}

/**
 * Opens the checkpointer.
 *
 * @param options.url PostgreSQL connection URL; the file is not used when it is given.
 * @param options.file path of the SQLite file.
 * @param options.queryTimeoutMs how long PostgreSQL may take to answer a query; default 30 s.
 * @throws {@link ConfigError} when the file is held by another process, or PostgreSQL does not answer.
 */
export async function openCheckpointer(options: {
  url: string | undefined;
  file: string;
  queryTimeoutMs?: number;
}): Promise<OpenCheckpointer> {
  const { url, file, queryTimeoutMs = longestQueryMs } = options;
  return url === undefined ? openSqlite(file) : openPostgres(url, queryTimeoutMs);
}

async function openPostgres(url: string, queryTimeoutMs: number): Promise<OpenCheckpointer> {
  // Not PostgresSaver.fromConnString: its pool waits for ever, and has no listener for errors.
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    // A connection that dies without a word would otherwise hold its run for ever.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    query_timeout: queryTimeoutMs,
  });
  // Without listeners a connection that breaks, idle or in use, ends the process; the next query reports the failure.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const saver = new PostgresSaver(pool);
  try {
    await setUpAlone(pool, saver);
  } catch (cause) {
    await pool.end();
    throw toPostgresRefusal(cause);
  }
  return { checkpointer: saver, close: () => saver.end() };
}

/** Makes the saver’s tables. Of processes that start together on an empty database its own way lets one succeed. */
async function setUpAlone(pool: Pool, saver: PostgresSaver): Promise<void> {
  const holder = await pool.connect();
  try {
    await holder.query('select pg_advisory_lock($1)', [setUpLock]);
    await saver.setup();
  } finally {
    // Its end gives the lock back.
    holder.release(true);
  }
}

function openSqlite(file: string): OpenCheckpointer {
  const sqlite = openSqliteFile(file);
  // What a person deletes is overwritten, and not only marked as free.
  sqlite.connection.exec('PRAGMA secure_delete = ON');
  // libsql stands in for better-sqlite3 by an override in package.json; its interface is the same.
  const saver = new SqliteSaver(sqlite.connection);
  return {
    checkpointer: saver,
    close: () => {
      // The log of writes would keep what was deleted from the file.
      sqlite.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      sqlite.close();
      return Promise.resolve();
    },
  };
}

/**
 * Makes a graph use this checkpointer whatever the LangGraph server assigns: it sets its own at every access.
 */
export function pinCheckpointer(graph: object, checkpointer: BaseCheckpointSaver): void {
  Object.defineProperty(graph, 'checkpointer', {
    configurable: true,
    enumerable: true,
    get: () => checkpointer,
    set: () => undefined,
  });
}
