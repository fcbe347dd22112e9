/** Everything a job passes through, for a test: Redis, PostgreSQL, a platform, workers in processes of their own, a backend. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDevelopmentKeys } from '../../../src/auth/development-keys.js';
import type { DevelopmentPrincipalName } from '../../../src/auth/development-principals.js';
import { mintDevelopmentToken } from '../../../src/auth/development-principals.js';
import type { FollowedEvent, FollowOptions, WorkerClient } from '../../../src/worker-client/worker-client.js';
import { createWorkerClient } from '../../../src/worker-client/worker-client.js';
import { startChild, type Child } from '../../support/child.js';

export interface FleetOptions {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** Lets the clock of the platform and the workers be moved. */
  readonly movableClock?: boolean;
}

/** Starts a platform, which keeps its own rows in SQLite, and what is needed to start workers. */
export interface Fleet {
  readonly client: WorkerClient;
  /** Starts a worker and waits until it takes jobs. */
  startWorker(settings?: Readonly<Record<string, string>>): Promise<Child>;
  token(name: DevelopmentPrincipalName, options?: { readonly ttlSeconds?: number }): Promise<string>;
  /** Enqueues a request by Alice for an instance of this name, on a thread of its own. */
  enqueue(instance: string, jobId?: string): Promise<{ readonly jobId: string; readonly threadId: string }>;
  /** Everything a job told, once it has ended. */
  follow(jobId: string, options?: FollowOptions): Promise<readonly FollowedEvent[]>;
  /** The names of the instances that there are in acme/dev, as often as they are there. */
  instances(): Promise<readonly string[]>;
  /** Moves the clocks of every process that runs, and of the backend, on by two hours. */
  moveClock(): Promise<void>;
  /** What every process wrote. */
  output(): string;
  close(): Promise<void>;
}

const sealKey = randomBytes(32).toString('base64');
const shiftedClock = `--import ${new URL('../../support/shifted-clock.mjs', import.meta.url).href}`;

export async function startFleet({ redisUrl, databaseUrl, movableClock }: FleetOptions): Promise<Fleet> {
  const dataDir = await mkdtemp(join(tmpdir(), 'graph-fleet-fleet-'));
  const children: Child[] = [];
  let shiftMs = 0;
  const clock = (): number => Date.now() + shiftMs;
  const start = (file: string, settings: Readonly<Record<string, string>>): Child => {
    const child = startChild(file, [], {
      DATA_DIR: dataDir,
      MODEL: 'offline',
      ...(movableClock === true ? { NODE_OPTIONS: shiftedClock } : {}),
      ...settings,
    });
    children.push(child);
    return child;
  };
  const platform = start('mcp-server/main.ts', { PLATFORM_PORT: '0' });
  const [, platformUrl = ''] = await platform.said(/"platform\.listening".*?"url":"([^"]+)"/);
  const client = createWorkerClient({ redis: redisUrl, sealKey, clock });

  const token: Fleet['token'] = async (name, { ttlSeconds = 3600 } = {}) =>
    mintDevelopmentToken(await loadDevelopmentKeys(dataDir), {
      name,
      issuer: 'http://localhost/dev',
      audiences: ['graph-fleet', platformUrl],
      ttlSeconds,
      clock,
    });
  const moveOne = async (child: Child): Promise<void> => {
    const before = child.output.stderr.length;
    child.process.kill('SIGUSR2');
    // Only what comes from now on: the clock may have been moved before.
    while (!child.output.stderr.includes('clock: moved', before))
      await new Promise((done) => child.process.stderr.once('data', done));
  };
  return {
    client,
    token,
    startWorker: async (settings = {}) => {
      const worker = start('worker/main.ts', {
        REDIS_URL: redisUrl,
        DATABASE_URL: databaseUrl,
        TOKEN_SEAL_KEY: sealKey,
        PLATFORM_MCP_URL: platformUrl,
        ...settings,
      });
      await worker.said(/"worker\.started"/);
      for (let moved = 0; moved < shiftMs; moved += twoHoursMs) await moveOne(worker);
      return worker;
    },
    enqueue: async (instance, jobId = randomUUID()) => {
      const threadId = `thread-${jobId}`;
      await client.enqueue({
        jobId,
        agent: 'aws_rds_instance_creator',
        threadId,
        org: 'acme',
        input: `Create a PostgreSQL 16.4 instance named ${instance} in dev of acme, class db.t3.small, 20 GB, user app_admin, private, with subnet-0a1b2c3d and subnet-1a2b3c4d`,
        token: await token('alice'),
      });
      return { jobId, threadId };
    },
    follow: async (jobId, options = {}) => {
      const told: FollowedEvent[] = [];
      for await (const event of client.follow(jobId, options)) told.push(event);
      return told;
    },
    instances: async () => listInstances(platformUrl, await token('alice')),
    moveClock: async () => {
      for (const child of children) if (isRunning(child)) await moveOne(child);
      shiftMs += twoHoursMs;
    },
    output: () => children.map(({ output }) => `${output.stdout}${output.stderr}`).join('\n'),
    close: async () => {
      await client.close();
      for (const child of children) child.process.kill('SIGKILL');
      await Promise.all(children.map((child) => child.ended()));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const twoHoursMs = 7_200_000;

function isRunning({ process: child }: Child): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Asks the platform itself, over MCP, as a person with a token does. */
async function listInstances(platformUrl: string, token: string): Promise<readonly string[]> {
  const response = await fetch(platformUrl, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2025-11-25',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'search_cloud_resources', arguments: { org_id: 'acme', env_names: ['dev'] } },
    }),
  });
  const text = await response.text();
  return [...text.matchAll(/\\"name\\":\\"([^"\\]+)\\"/g)].map(([, name = '']) => name).sort();
}
