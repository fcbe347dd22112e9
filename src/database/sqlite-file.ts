/** The embedded database file: private to its owner, locked to one process, durable at every commit. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Libsql from 'libsql';
import { ConfigError } from '../errors.js';

/** An open connection to an embedded database file. */
export interface SqliteFile {
  readonly connection: Libsql.Database;
  /** Closes the connection and gives the lock back. */
  close(): void;
}

/**
 * Opens the file for reading and writing, as its only process.
 *
 * @throws {@link ConfigError} when another process, or another open in this one, holds the file.
 */
export function openSqliteFile(file: string): SqliteFile {
  makePrivate(file);
  const lock = takeLock(`${file}-lock`);
  try {
    const connection = new Libsql(file);
    connection.exec('PRAGMA busy_timeout = 5000');
    connection.exec('PRAGMA journal_mode = WAL');
    connection.exec('PRAGMA synchronous = FULL');
    connection.exec('PRAGMA foreign_keys = ON');
    // The first to read and write the file’s pages: what is broken or full shows here and not in the first request.
    connection.exec('PRAGMA user_version = 0');
    return { connection, close: () => closeAll(connection, lock) };
  } catch (error) {
    lock.close();
    throw toConfigError(error, file);
  }
}

/** A file that is no database, or a disk that is full, is the operator’s to mend: one sentence, no stack. */
function toConfigError(cause: unknown, file: string): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (!code.startsWith('SQLITE_')) return cause;
  const message = `the database ${JSON.stringify(file)} cannot be used (${code}); restore it from a backup, or free space.`;
  return new ConfigError('DATA_DIR', message, { cause });
}

/**
 * Opens the file for reading while another process writes it; takes no lock.
 *
 * @throws {@link ConfigError} when there is no such file.
 */
export function openSqliteFileForReading(file: string): SqliteFile {
  if (!existsSync(file)) {
    throw new ConfigError(
      'DATA_DIR',
      `there is no database ${JSON.stringify(file)} yet; start the platform once.`,
    );
  }
  const connection = new Libsql(file);
  connection.exec('PRAGMA busy_timeout = 5000');
  // The driver takes the option `readonly` and ignores it; this pragma is what refuses a write.
  connection.exec('PRAGMA query_only = ON');
  return { connection, close: () => void connection.close() };
}

function makePrivate(file: string): void {
  const folder = dirname(file);
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const path of [file, `${file}-lock`]) {
    // Never opened when it is there: closing any descriptor of a file drops every POSIX lock that this process has on it.
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
  }
}

/**
 * Holds an exclusive transaction on a database of its own. The kernel drops that lock with the process, SIGKILL
 * included, which a file with a process id in it cannot promise; and readers of the real file stay free.
 */
function takeLock(file: string): Libsql.Database {
  const lock = new Libsql(file);
  try {
    lock.exec('PRAGMA busy_timeout = 0');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    throw new ConfigError(
      'DATA_DIR',
      `another process is using ${JSON.stringify(dirname(file))}; stop it, or set DATA_DIR to a folder of its own.`,
      { cause },
    );
  }
}

function closeAll(connection: Libsql.Database, lock: Libsql.Database): void {
  try {
    connection.close();
  } finally {
    lock.close();
  }
}
