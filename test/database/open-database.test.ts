import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import { openDatabase } from '../../src/database/open-database.js';
import { makeFolder } from '../support/test-platform.js';

const module = join(import.meta.dirname, '../../src/database/open-database.ts');
let folder: string;
let file: string;

beforeEach(() => {
  folder = makeFolder();
  file = join(folder, 'data', 'some.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(text: string): string[] {
  return [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    `import { openDatabase } from ${JSON.stringify(module)}; ${text}`,
  ];
}

describe('openDatabase', () => {
  it('makes a folder and files that only their owner may read', async () => {
    const database = await openDatabase({ file });
    await sql`create table t (a text)`.execute(database.db);

    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
    for (const name of [file, `${file}-wal`, `${file}-lock`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    await database.close();
  });

  it('commits to a write-ahead log, in full, with foreign keys on', async () => {
    const database = await openDatabase({ file });
    const read = async (pragma: string): Promise<unknown> =>
      Object.values(
        (await sql.raw<Record<string, unknown>>(`pragma ${pragma}`).execute(database.db)).rows[0] ?? {},
      )[0];

    expect([await read('journal_mode'), await read('synchronous'), await read('foreign_keys')]).toEqual([
      'wal',
      2,
      1,
    ]);
    await database.close();
  });

  it('overwrites what is deleted where that is asked for, in its log of writes too', async () => {
    const database = await openDatabase({ file, isErasing: true });
    await sql`create table t (a text)`.execute(database.db);
    await sql`insert into t values ('words of Alice')`.execute(database.db);
    await sql`delete from t`.execute(database.db);
    await database.close();

    const left = [file, `${file}-wal`]
      .filter((name) => existsSync(name))
      .map((name) => readFileSync(name, 'latin1'));
    expect(left.join('')).not.toContain('words of Alice');
  });

  it('refuses a second opening in one sentence that names DATA_DIR, and lets go when it closes', async () => {
    const first = await openDatabase({ file });
    await expect(openDatabase({ file })).rejects.toMatchObject({ code: 'ERR_CONFIG', path: 'DATA_DIR' });
    const other = spawnSync(
      'node',
      script(`openDatabase({ file: ${JSON.stringify(file)} }).catch((e) => console.log(e.message))`),
    );
    expect(other.stderr.toString()).toBe('');
    expect(other.stdout.toString()).toMatch(/^DATA_DIR: another process is using .*\n$/);

    await first.close();
    await first.close();
    await (await openDatabase({ file })).close();
  });

  it('is free again after the process that held it was killed', async () => {
    const holder = spawn(
      'node',
      script(
        `await openDatabase({ file: ${JSON.stringify(file)} }); console.log('open'); setInterval(() => {}, 1000);`,
      ),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(holder.stdout, 'data');
    await expect(openDatabase({ file })).rejects.toMatchObject({ path: 'DATA_DIR' });
    holder.kill('SIGKILL');
    await once(holder, 'exit');

    await (await openDatabase({ file })).close();
  });

  it('opens for reading beside a writer, and refuses to write there', async () => {
    const writer = await openDatabase({ file });
    await sql`create table t (a text)`.execute(writer.db);
    await sql`insert into t values ('x')`.execute(writer.db);
    const reader = await openDatabase({ file, access: 'read' });

    expect((await sql`select a from t`.execute(reader.db)).rows).toEqual([{ a: 'x' }]);
    await expect(sql`insert into t values ('y')`.execute(reader.db)).rejects.toThrow(/readonly/);
    await reader.close();
    await writer.close();
  });

  it('names DATA_DIR when there is nothing to read yet', async () => {
    await expect(openDatabase({ file, access: 'read' })).rejects.toMatchObject({ path: 'DATA_DIR' });
  });

  it('names DATABASE_URL when PostgreSQL does not answer', async () => {
    await expect(openDatabase({ file, url: 'postgres://nobody@127.0.0.1:1/none' })).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      path: 'DATABASE_URL',
    });
  });
});
