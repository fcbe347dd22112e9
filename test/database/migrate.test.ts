import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, type Migration } from '../../src/database/migrate.js';
import { openDatabase, type Database } from '../../src/database/open-database.js';
import { makeFolder } from '../support/test-platform.js';

let folder: string;
let database: Database;

beforeEach(async () => {
  folder = makeFolder();
  database = await openDatabase({ file: join(folder, 'some.db') });
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

function step(name: string, statement: string, ran: string[]): Migration {
  return {
    name,
    up: async (db) => {
      ran.push(name);
      await sql.raw(statement).execute(db);
    },
  };
}

const names = async (): Promise<unknown[]> =>
  (
    await sql<{ name: string }>`select name from schema_migrations order by name`.execute(database.db)
  ).rows.map(({ name }) => name);

describe('migrate', () => {
  it('applies each step once, in order, however often it runs', async () => {
    const ran: string[] = [];
    const steps = [
      step('1', 'create table a (x text)', ran),
      step('2', 'alter table a add column y text', ran),
    ];

    await migrate(database, steps.slice(0, 1));
    await migrate(database, steps);
    await migrate(database, steps);

    expect(ran).toEqual(['1', '2']);
    expect(await names()).toEqual(['1', '2']);
  });

  it('leaves nothing of a step that failed, and keeps the steps before it', async () => {
    const broken: Migration = {
      name: '2',
      up: async (db) => {
        await sql`create table b (x text)`.execute(db);
        await sql`create nonsense`.execute(db);
      },
    };

    await expect(migrate(database, [step('1', 'create table a (x text)', []), broken])).rejects.toThrow(
      /nonsense/,
    );

    expect(await names()).toEqual(['1']);
    await expect(sql`select * from b`.execute(database.db)).rejects.toThrow(/no such table/);
  });
});
