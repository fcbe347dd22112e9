/** Where the tests’ PostgreSQL and Redis come from: told by the environment, or the binaries on this machine. */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The folder of PostgreSQL’s binaries, of the newest version; Debian keeps them out of PATH. */
export function findPostgresBinaries(env = process.env): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian).sort((one, other) => Number(other) - Number(one))
    : [];
  return [...versions.map((version) => join(debian, version, 'bin')), ...pathOf(env)].find(
    (folder) => isProgram(join(folder, 'postgres')) && isProgram(join(folder, 'initdb')),
  );
}

/** The program `redis-server`. */
export function findRedisServer(env = process.env): string | undefined {
  return pathOf(env)
    .map((folder) => join(folder, 'redis-server'))
    .find(isProgram);
}

/** Says in one sentence what is missing, or nothing when all is told or here. */
export function findMissingServices(env = process.env): string | undefined {
  const missing = [
    {
      name: 'PostgreSQL',
      setting: 'TEST_DATABASE_URL',
      debian: 'postgresql',
      found: findPostgresBinaries(env),
    },
    { name: 'Redis', setting: 'TEST_REDIS_URL', debian: 'redis-server', found: findRedisServer(env) },
  ].filter(({ setting, found }) => (env[setting] ?? '') === '' && found === undefined);
  if (missing.length === 0) return undefined;
  const list = (words: string[]): string => words.join(' and ');
  return `There is no ${list(missing.map(({ name }) => name))} here: "apt-get install ${missing
    .map(({ debian }) => debian)
    .join(' ')}", or set ${list(missing.map(({ setting }) => setting))}.`;
}

/** Are the binaries of both here, so that a test may stop and start servers of its own? */
export function canStartBoth(env = process.env): boolean {
  return findPostgresBinaries(env) !== undefined && findRedisServer(env) !== undefined;
}

function pathOf(env: NodeJS.ProcessEnv): string[] {
  return (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
