import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/open-database.js';
import { migrate } from '../../src/database/migrate.js';
import { openAuditTrail } from '../../src/platform/audit-log.js';
import { platformMigrations } from '../../src/platform/migrations.js';
import { describePlatform } from '../support/platform-contract.js';
import { callerFor, createInput, openTestPlatform, readTrail } from '../support/test-platform.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close());

const open = async (url: string) => openDatabase({ url, file: 'unused' });

describePlatform('PostgreSQL', async () => ({ database: await open(await server.createDatabase()) }));

describe('two platforms on one PostgreSQL', () => {
  it('start together, give a name once and keep one chain', async () => {
    const url = await server.createDatabase();
    const platforms = await Promise.all(
      [1, 2].map(async () => openTestPlatform({ database: await open(url) })),
    );
    const calls = platforms.flatMap(({ platform }) =>
      Array.from({ length: 10 }, () => platform.createResource(callerFor('alice'), createInput())),
    );
    const endings = await Promise.allSettled(calls);

    expect(endings.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [first] = platforms;
    if (first === undefined) throw new Error('unreachable');
    expect(await readTrail(first.database)).toHaveLength(20);
    expect(await openAuditTrail(first.database).verify()).toMatchObject({ intact: true, records: 20 });
    await Promise.all(platforms.map((each) => each.close()));
  });

  it('start though one of them meets the organizations that the other is writing', async () => {
    const database = await open(await server.createDatabase());
    await migrate(database, platformMigrations);
    // The moment in which both write cannot be held still; this is what PostgreSQL says in it, once.
    await sql`create sequence tries`.execute(database.db);
    await sql`create function meet_other() returns trigger language plpgsql as $$
      begin
        if nextval('tries') = 1 then raise unique_violation; end if;
        return new;
      end $$`.execute(database.db);
    await sql`create trigger meet_other before insert on organizations
      for each row execute function meet_other()`.execute(database.db);

    const { platform, close } = await openTestPlatform({ database });

    expect(await platform.listOrganizations(callerFor('alice'), {})).toMatchObject([{ slug: 'acme' }]);
    await close();
  });
});

describe('openDatabase on PostgreSQL', () => {
  it('refuses to write when opened for reading', async () => {
    const url = await server.createDatabase();
    const writer = await open(url);
    await migrate(writer, platformMigrations);
    const reader = await openDatabase({ url, file: 'unused', access: 'read' });

    expect(await openAuditTrail(reader).verify()).toMatchObject({ intact: true, records: 0 });
    await expect(sql`delete from audit_head`.execute(reader.db)).rejects.toThrow(/read-only/);
    await reader.close();
    await writer.close();
  });
});

describe('a platform whose PostgreSQL is restarted', () => {
  it('lets what was in the middle fail, and goes on', async () => {
    const url = await server.createDatabase();
    const database = await open(url);
    const { platform, close } = await openTestPlatform({ database });
    const closer = await open(url);

    await expect(
      database.db.transaction().execute(async (transaction) => {
        await sql`select 1`.execute(transaction);
        // Between two statements nobody waits for an answer of this connection, and its end is heard all the same.
        await endOthers(closer);
        await sql`select 1`.execute(transaction);
      }),
    ).rejects.toThrow(/terminat|not queryable/);

    expect(await platform.listOrganizations(callerFor('alice'), {})).toMatchObject([{ slug: 'acme' }]);
    await closer.close();
    await close();
  });
});

describe('an audit trail that somebody holds', () => {
  it('stops writes in bounded time and lets reads go on', async () => {
    const url = await server.createDatabase();
    const database = await openDatabase({ url, file: 'unused', statementTimeoutMs: 300 });
    const { platform, close } = await openTestPlatform({ database });
    const holder = await open(url);

    await holder.db.transaction().execute(async (transaction) => {
      await sql`select * from audit_head for update`.execute(transaction);
      await expect(platform.createResource(callerFor('alice'), createInput())).rejects.toMatchObject({
        code: 'ERR_STORAGE_UNAVAILABLE',
      });
      expect(await platform.listOrganizations(callerFor('alice'), {})).toMatchObject([{ slug: 'acme' }]);
    });

    expect(await platform.createResource(callerFor('alice'), createInput())).toBeDefined();
    await holder.close();
    await close();
  });
});

/** Ends every other connection to the database, and waits until each is gone. */
async function endOthers({ db }: Awaited<ReturnType<typeof open>>): Promise<void> {
  await sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`.execute(db);
}
