/** The processes of a fleet as people run them: the development server with the platform, and workers. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadDevelopmentKeys } from '../src/auth/development-keys.js';
import { mintDevelopmentToken } from '../src/auth/development-principals.js';
import { startPostgres } from '../test/services/support/postgres.js';
import { startRedis } from '../test/services/support/redis.js';

/** Somebody who asks. */
export interface FleetPerson {
  readonly name: 'alice' | 'bob' | 'carol' | 'dave';
  readonly org: string;
}

/** The people of the development keys. */
export const fleetPeople: readonly FleetPerson[] = [
  { name: 'alice', org: 'acme' },
  { name: 'bob', org: 'acme' },
  { name: 'carol', org: 'globex' },
  { name: 'dave', org: 'acme' },
];

/** Running processes. */
export interface FleetProcesses {
  /** The LangGraph development server, as `npm run dev` starts it. */
  readonly developmentServer: string;
  readonly redisUrl: string;
  readonly sealKey: string;
  token(person: FleetPerson): Promise<string>;
  /** How many workers there are. */
  workers(): number;
  /** Starts one more worker, and resolves when it takes jobs. */
  addWorker(): Promise<void>;
  close(): Promise<void>;
}

/** Starts Redis, PostgreSQL and the development server; no worker yet. */
export async function startFleetProcesses(): Promise<FleetProcesses> {
  const folder = mkdtempSync(join(tmpdir(), 'graph-fleet-bench-'));
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  const [redisUrl, databaseUrl] = await Promise.all([redis.createDatabase(), postgres.createDatabase()]);
  const sealKey = randomBytes(32).toString('base64');
  const common = { DATA_DIR: folder, MODEL: 'offline', LOG_FORMAT: 'json', LOG_LEVEL: 'info' };
  const dev = startProcess('src/commands/dev/main.ts', { ...common, PORT: '0', PLATFORM_PORT: '0' });
  const [, developmentServer = ''] = await dev.said(/agent server\s+(\S+)/);
  const [, platform = ''] = await dev.said(/platform MCP\s+(\S+)/);
  await untilAnswers(`${developmentServer}/healthz`);
  const workers: BenchProcess[] = [];
  return {
    developmentServer,
    redisUrl,
    sealKey,
    token: async ({ name }) =>
      mintDevelopmentToken(await loadDevelopmentKeys(folder), {
        name,
        issuer: 'http://localhost/dev',
        audiences: ['graph-fleet', platform],
        ttlSeconds: 3600,
      }),
    workers: () => workers.length,
    async addWorker() {
      const worker = startProcess('src/worker/main.ts', {
        ...common,
        ...{ REDIS_URL: redisUrl, DATABASE_URL: databaseUrl, TOKEN_SEAL_KEY: sealKey },
        PLATFORM_MCP_URL: platform,
      });
      workers.push(worker);
      await worker.said(/"worker\.started"/);
    },
    async close() {
      await Promise.all([...workers, dev].map((each) => each.stop()));
      await Promise.all([redis.close(), postgres.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface BenchProcess {
  /** Resolves with the first match in what the process wrote. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  stop(): Promise<void>;
}

function startProcess(file: string, settings: Readonly<Record<string, string>>): BenchProcess {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...settings };
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', resolve(file)], { env });
  const closed = once(child, 'close');
  let written = '';
  for (const output of [child.stdout, child.stderr])
    output?.on('data', (chunk: Buffer) => (written += chunk.toString()));
  return {
    async said(pattern) {
      for (;;) {
        const match = pattern.exec(written);
        if (match !== null) return match;
        if (child.exitCode !== null) throw new Error(`${file} ended before it was ready:\n${written}`);
        await Promise.race([onceEither(child), closed]);
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

function onceEither({ stdout, stderr }: ChildProcess): Promise<unknown> {
  return Promise.race([stdout, stderr].flatMap((output) => (output === null ? [] : [once(output, 'data')])));
}

async function untilAnswers(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const isThere = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} does not answer.`);
}
