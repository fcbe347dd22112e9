/** A PostgreSQL server for tests: the one TEST_DATABASE_URL names, or one of our own from Debian's packages. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import { findMissingServices, findPostgresBinaries } from './find-services.js';
import { findFreePort, makeHome, startOwnServer, type OwnServer } from './own-server.js';

export interface PostgresServer {
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>;
  close(): Promise<void>;
}

/** Starts a server, or takes the one that was told. */
export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env['TEST_DATABASE_URL'] ?? '';
  return given === ''
    ? startOwnPostgres()
    : { createDatabase: () => createDatabase(given), close: async () => undefined };
}

/** Starts a server that the test may take away and bring back. */
export async function startOwnPostgres(): Promise<PostgresServer & OwnServer> {
  const binaries = findPostgresBinaries();
  if (binaries === undefined) throw new Error(findMissingServices({ ...process.env, TEST_DATABASE_URL: '' }));
  // The server refuses to run as root.
  const home = makeHome('postgres', 'postgres');
  const data = join(home.folder, 'data');
  execFileSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'],
    { ...home.owner, cwd: home.folder, stdio: 'pipe' },
  );
  const port = await findFreePort();
  const settings = ['listen_addresses=127.0.0.1', 'fsync=off', 'max_connections=200'];
  const server = await startOwnServer({
    name: 'PostgreSQL',
    command: join(binaries, 'postgres'),
    words: [
      ...['-D', data, '-p', String(port), '-k', home.folder],
      ...settings.flatMap((setting) => ['-c', setting]),
    ],
    readyWords: 'ready to accept connections',
    // The fast shutdown: it ends the clients’ connections and does not wait for them.
    stopSignal: 'SIGINT',
    home,
  });
  return {
    ...server,
    createDatabase: () => createDatabase(`postgres://postgres@127.0.0.1:${String(port)}/postgres`),
  };
}

async function createDatabase(url: string): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const made = new URL(url);
  made.pathname = `/${name}`;
  return made.href;
}
