import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { keys } from '../../src/contracts/worker-jobs.js';
import { createLogger, silentLogger } from '../../src/logger.js';
import { watchCancellations } from '../../src/worker/cancellations.js';
import { startIntake } from '../../src/worker/intake.js';
import { createJobAttempts } from '../../src/worker/job-attempts.js';
import { openRedis } from '../../src/worker/open-redis.js';
import { pingOften } from '../../src/worker/redis-silence.js';
import { createRunningJobs } from '../../src/worker/running-jobs.js';
import { startMuteProxy, type MuteProxy } from './support/mute-proxy.js';
import { startRedis, type RedisServer } from './support/redis.js';

let server: RedisServer;
let redis: Redis;
let proxy: MuteProxy;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startRedis();
  const url = await server.createDatabase();
  redis = new Redis(url);
  proxy = await startMuteProxy(url);
}, 60_000);
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => {
  redis.disconnect();
  await proxy.close();
  await server.close();
});

/** A connection that may die without a word; it destroys what it has left soon, as a slow machine would in time. */
function throughProxy(): Redis {
  const made = new Redis(proxy.url, { maxRetriesPerRequest: null, disconnectTimeout: 10 });
  closers.push(() => made.disconnect());
  return made;
}

/** It may have connected while something else was waited for; its event does not come again. */
async function untilReady(connection: Redis): Promise<void> {
  if (connection.status !== 'ready') await once(connection, 'ready');
}

function listening() {
  const said: string[] = [];
  const logger = createLogger({ format: 'json', write: (line) => void said.push(line) });
  return { logger, silences: () => said.filter((line) => line.includes('"redis.silent"')) };
}

describe('a connection to Redis that dies without a word', () => {
  it('is replaced by the intake, which goes on', async () => {
    const reader = throughProxy();
    const { logger, silences } = listening();
    const accepted: string[] = [];
    let heard = (): void => undefined;
    const hears = new Promise<void>((resolve) => (heard = resolve));
    const intake = await startIntake({
      ...{ redis, reader, logger, worker: 'one', abandonedMs: 60_000, silenceMs: 2_500 },
      accept: async ({ job }) => {
        accepted.push(job?.jobId ?? '');
        heard();
      },
    });
    closers.push(() => intake.close());
    await untilReady(reader);
    proxy.mute();
    await once(reader, 'ready');
    const job = {
      ...{ jobId: randomUUID(), agent: 'a', threadId: 't' },
      input: 'x',
      org: 'o',
      tokenRef: 'r',
    };
    await redis.xadd(keys.intake, '*', 'job', JSON.stringify(job));
    await hears;

    expect(accepted).toEqual([job.jobId]);
    expect(silences()).toHaveLength(1);
  }, 20_000);

  it('is replaced by the listener, which hears what was cancelled meanwhile', async () => {
    const listener = throughProxy();
    const running = createRunningJobs();
    const { logger, silences } = listening();
    const cancellations = await watchCancellations({
      ...{ redis, listener, running, attempts: createJobAttempts(redis, 'one'), logger },
      onEnded: () => Promise.resolve(),
      pings: { everyMs: 50, silenceMs: 200 },
    });
    closers.push(cancellations.close);
    const jobId = randomUUID();
    proxy.mute();
    await redis.set(keys.cancel(jobId), '1');
    await redis.publish(keys.cancelled, jobId);
    await running.during(jobId, ({ signal }) => once(signal, 'abort'));
    // Its subscription, which the client sends again by itself, is answered too before it is closed.
    await listener.ping();

    expect(silences().length).toBeGreaterThan(0);
    expect(JSON.parse(silences()[0] ?? '')).toMatchObject({ connection: 'cancellations' });
  }, 20_000);

  it('is replaced under the commands, whose answers come', async () => {
    const commands = throughProxy();
    const { logger } = listening();
    closers.push(pingOften(commands, { name: 'commands', logger, everyMs: 50, silenceMs: 200 }));
    await once(commands, 'ready');
    proxy.mute();

    expect(await commands.set(`answer:${randomBytes(4).toString('hex')}`, '1')).toBe('OK');
  }, 20_000);

  it('is looked for by the system too, on every connection of a worker', async () => {
    const connections = await openRedis(proxy.url, silentLogger);
    closers.push(connections.close);

    expect([connections.commands, connections.another()].map(({ options }) => options.keepAlive)).toEqual([
      10_000, 10_000,
    ]);
  });
});
