import { emptyCheckpoint } from '@langchain/langgraph';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpointer } from '../../src/server/open-checkpointer.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close());

describe('openCheckpointer on PostgreSQL', () => {
  it('goes on after PostgreSQL closed its idle connections', async () => {
    const url = await server.createDatabase();
    const { checkpointer, close } = await openCheckpointer({ url, file: 'unused' });
    const config = { configurable: { thread_id: 'thread-1', checkpoint_ns: '' } };
    const metadata = { source: 'loop', step: 1, parents: {} } as const;
    const stored = await checkpointer.put(config, emptyCheckpoint(), metadata, {});

    expect(await closeConnections(url)).toBeGreaterThan(0);

    expect((await checkpointer.getTuple(config))?.config.configurable).toMatchObject(
      stored.configurable ?? {},
    );
    await close();
  });

  it('goes on after PostgreSQL closed a connection in use', async () => {
    const url = await server.createDatabase();
    const { checkpointer, close } = await openCheckpointer({ url, file: 'unused' });
    const config = { configurable: { thread_id: 'thread-1', checkpoint_ns: '' } };
    const metadata = { source: 'loop', step: 1, parents: {} } as const;
    const held = await holdTable(url, 'checkpoints');
    const put = checkpointer.put(config, emptyCheckpoint(), metadata, {});
    const failure = expect(put).rejects.toThrow('terminat');
    await held.waitedFor();

    expect(await closeConnections(url)).toBeGreaterThan(0);

    await failure;
    await held.release();
    expect(await checkpointer.getTuple(config)).toBeUndefined();
    await close();
  });

  it('does not wait for ever for an answer', async () => {
    const url = await server.createDatabase();
    const { checkpointer, close } = await openCheckpointer({ url, file: 'unused', queryTimeoutMs: 300 });
    const held = await holdTable(url, 'checkpoints');
    const config = { configurable: { thread_id: 'thread-1', checkpoint_ns: '' } };

    await expect(checkpointer.getTuple(config)).rejects.toThrow('timeout');
    await held.release();
    expect(await checkpointer.getTuple(config)).toBeUndefined();
    await close();
  });

  it('makes its tables once for processes that start together', async () => {
    const url = await server.createDatabase();

    const opened = await Promise.all([1, 2, 3, 4].map(() => openCheckpointer({ url, file: 'unused' })));

    await Promise.all(opened.map(({ close }) => close()));
  });
});

/** Ends every other connection to the database, as a restart or a failover does; gives their number. */
async function closeConnections(url: string): Promise<number> {
  return onDatabase(url, async (client) => {
    const others =
      "datname = current_database() and application_name <> 'holder' and pid <> pg_backend_pid()";
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where ${others}`,
    );
    return rowCount ?? 0;
  });
}

async function onDatabase<Result>(url: string, ask: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await ask(client);
  } finally {
    await client.end();
  }
}

/** Keeps everybody from a table, so that whoever uses it is in the middle of that. */
async function holdTable(
  url: string,
  table: string,
): Promise<{ waitedFor(): Promise<void>; release(): Promise<void> }> {
  const holder = new Client({ connectionString: url, application_name: 'holder' });
  await holder.connect();
  await holder.query(`begin; lock table ${table} in access exclusive mode`);
  return {
    waitedFor: async () => {
      for (;;) {
        const { rows } = await holder.query('select 1 from pg_locks where not granted');
        if (rows.length > 0) return;
      }
    },
    release: () => holder.end(),
  };
}
