import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeImageFolder, type ImageFolder } from '../deployment/image-folder.js';
import { containerOf, deployments, sharedSettings } from '../deployment/read-manifests.js';
import { statusOf } from '../support/status-of.js';
import { findFreePort } from './support/own-server.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { startRedis, type RedisServer } from './support/redis.js';

const [container] = deployments
  .filter(({ name }) => name === 'graph-fleet-worker')
  .map(({ spec }) => containerOf(spec));

let redis: RedisServer;
let postgres: PostgresServer;
let image: ImageFolder;
let worker: ReturnType<ImageFolder['run']>;
let port: number;
let filesBefore: string[];

beforeAll(async () => {
  [redis, postgres, port] = await Promise.all([startRedis(), startPostgres(), findFreePort()]);
  image = makeImageFolder();
  filesBefore = image.files();
  // As the manifests say it, with the secrets that they leave out.
  worker = image.run(container?.command ?? [], {
    ...sharedSettings(),
    WORKER_PORT: String(port),
    DATABASE_URL: await postgres.createDatabase(),
    REDIS_URL: await redis.createDatabase(),
    TOKEN_SEAL_KEY: randomBytes(32).toString('base64'),
  });
  await started(worker);
});
afterAll(async () => {
  worker.kill('SIGKILL');
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');
  image.remove();
  await Promise.all([redis.close(), postgres.close()]);
});

describe('the worker of deploy/Dockerfile, without Docker', () => {
  it('answers the probes of the manifest', async () => {
    const { path, httpHeaders } = container?.livenessProbe.httpGet ?? { path: '', httpHeaders: [] };
    const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));

    expect(await statusOf({ port, path }, headers)).toBe(200);
  });

  it('ends at SIGTERM by itself, and has written nothing into the image', async () => {
    worker.kill('SIGTERM');

    expect(await once(worker, 'exit')).toEqual([0, null]);
    expect(image.files()).toEqual(filesBefore);
  });
});

async function started(child: ReturnType<ImageFolder['run']>): Promise<void> {
  let said = '';
  child.stdout.resume();
  const ended = once(child, 'exit').then(() => {
    throw new Error(`The worker ended: ${said}`);
  });
  const ready = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('"worker.started"')) resolve();
    });
  });
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
}
