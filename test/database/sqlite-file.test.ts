import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteFile, openSqliteFileForReading } from '../../src/database/sqlite-file.js';
import { makeFolder } from '../support/test-platform.js';

let folder: string;

beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('openSqliteFile', () => {
  it('keeps what was written and can be opened again after it was closed', () => {
    const file = join(folder, 'x.db');
    const first = openSqliteFile(file);
    first.connection.exec('create table t (a text)');
    first.close();

    const second = openSqliteFile(file);
    expect(second.connection.prepare('select count(*) as n from t').get()).toMatchObject({ n: 0 });
    second.close();
  });
});

describe('openSqliteFileForReading', () => {
  it('makes no file', () => {
    const file = join(folder, 'none.db');
    expect(() => openSqliteFileForReading(file)).toThrow(/start the platform once/);
    expect(existsSync(file)).toBe(false);
  });
});
