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
});

/** Ends every other connection to the database, as a restart or a failover does; gives their number. */
async function closeConnections(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const others = 'datname = current_database() and pid <> pg_backend_pid()';
  const { rowCount } = await client.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where ${others}`,
  );
  await client.end();
  return rowCount ?? 0;
}
