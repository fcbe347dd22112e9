/** The one way to the records: every query passes here, so that no text of a database reaches a client. */
import type { Kysely, RawBuilder, Transaction } from 'kysely';
import { sql } from 'kysely';
import type { Database, DatabaseDialect } from '../../database/open-database.js';
import { DatabaseUnavailableError, isFleetError } from '../../errors.js';
import type { RecordTables, ThreadRow } from './record-tables.js';

/** A connection outside a transaction. */
export type Records = Kysely<RecordTables>;
/** A connection inside one. */
export type RecordChange = Transaction<RecordTables>;

/** The records’ database. */
export interface RecordDatabase {
  readonly dialect: DatabaseDialect;
  /** @throws {@link DatabaseUnavailableError} when the database does not answer. */
  read<Result>(work: (records: Records) => Promise<Result>): Promise<Result>;
  /** Does everything or nothing. @throws {@link DatabaseUnavailableError} when the database does not answer. */
  change<Result>(work: (change: RecordChange) => Promise<Result>): Promise<Result>;
  /**
   * Reads a thread and keeps every other transaction from it until this one ends, those of other servers too: whoever
   * decides about a thread’s runs holds its row.
   */
  lockThread(change: RecordChange, threadId: string): Promise<ThreadRow | undefined>;
  /** The database’s clock, in seconds since the epoch. */
  readonly now: RawBuilder<number>;
}

const clocks: Readonly<Record<DatabaseDialect, RawBuilder<number>>> = {
  postgres: sql<number>`extract(epoch from clock_timestamp())::double precision`,
  sqlite: sql<number>`((julianday('now') - 2440587.5) * 86400.0)`,
};

/** Gives the records of an open database. */
export function createRecordDatabase({ db, dialect }: Pick<Database, 'db' | 'dialect'>): RecordDatabase {
  const records = db.withTables<RecordTables>();
  return {
    dialect,
    now: clocks[dialect],
    read: (work) => asAvailable(() => work(records)),
    change: (work) => asAvailable(() => records.transaction().execute(work)),
    lockThread: async (change, threadId) => {
      const found = change.selectFrom('agent_threads').selectAll().where('thread_id', '=', threadId);
      // SQLite has one writer: a transaction there holds every row.
      return (dialect === 'postgres' ? found.forUpdate() : found).executeTakeFirst();
    },
  };
}

async function asAvailable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isFleetError(error) || isAnswer(error) || error instanceof TypeError) throw error;
    throw new DatabaseUnavailableError({ cause: error });
  }
}

/** What a rule or a route answers with, whichever copy of Hono or of the SDK made it. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}
