import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FollowedEvent } from '../../src/worker-client/worker-client.js';
import type { Child } from '../support/child.js';
import { canStartBoth } from './support/find-services.js';
import { startFleet, type Fleet } from './support/fleet.js';
import type { Outages } from './support/own-server.js';
import { startOwnPostgres } from './support/postgres.js';
import { startOwnRedis } from './support/redis.js';

// As long as an operator's restart takes; everything else here waits for what is told.
const outageMs = 10_000;
const jobs = 6;

describe.skipIf(!canStartBoth())('workers whose servers go away and come back', () => {
  let redis: Awaited<ReturnType<typeof startOwnRedis>>;
  let postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
  let fleet: Fleet;
  let workers: readonly Child[];

  beforeAll(async () => {
    [redis, postgres] = await Promise.all([startOwnRedis(), startOwnPostgres()]);
    fleet = await startFleet({
      redisUrl: await redis.createDatabase(),
      databaseUrl: await postgres.createDatabase(),
    });
    // Two, so that what one hands over another takes; a lease that ends while the server is away.
    const settings = { WORKER_CONCURRENCY: '2', WORKER_LEASE_SECONDS: '5' };
    workers = await Promise.all([fleet.startWorker(settings), fleet.startWorker(settings)]);
  });
  afterAll(async () => {
    await fleet.close();
    await Promise.all([redis.close(), postgres.close()]);
  });

  it.each([
    ['Redis is gone for ten seconds', 'redis', ['redis'], outageMs],
    ['PostgreSQL is gone for ten seconds', 'postgresql', ['postgres'], outageMs],
    ['both are restarted', 'both', ['redis', 'postgres'], 0],
  ] as const)('goes on with every job after %s', async (_title, name, away, ms) => {
    const servers = away.map((each): Outages => ({ redis, postgres })[each]);
    const names = Array.from({ length: jobs }, (_, index) => `${name}-${String(index)}`);
    const asked = await Promise.all(names.map((instance) => fleet.enqueue(instance)));
    const questions = await Promise.all(asked.map(({ jobId }) => fleet.follow(jobId)));
    expect(questions.map(endOf)).toEqual(names.map(() => 'waiting'));
    const paused = count('worker.paused');

    const answers = await Promise.all(asked.map(({ jobId }) => approve(jobId)));
    const followed = answers.map(({ jobId }) => fleet.follow(jobId));
    await firstResult(answers.map(({ jobId }) => jobId));
    await Promise.all(servers.map((server) => server.stop()));
    if (ms > 0) {
      await until(() => count('worker.paused') > paused);
      const over = wait(ms);
      await enqueueDuring(away[0], name);
      await over;
    }
    await Promise.all(servers.map((server) => server.start()));

    const streams = await Promise.all(followed);
    expect(streams.map(endOf)).toEqual(names.map(() => 'done'));
    expect(streams.filter((told) => !isWhole(told))).toEqual([]);
    expect((await fleet.instances()).filter((instance) => instance.startsWith(name))).toEqual(names);
    expect(await fleet.client.deadLetters()).toEqual([]);
    // The same job as the one that was enqueued while the server was away, where that went well.
    const last = await fleet.enqueue(`${name}-last`, `${name}-last`);
    expect(endOf(await fleet.follow(last.jobId))).toBe('waiting');
    expect(workers.map(({ process: { exitCode } }) => exitCode)).toEqual([null, null]);
    await until(() => count('worker.resumed') === count('worker.paused'));
  });

  function count(event: string): number {
    const said = workers.map(({ output }) => output.stderr).join('');
    return said.split(`"event":"${event}"`).length - 1;
  }

  /** A backend is told when it cannot enqueue; what it enqueues is kept until the worker goes on. */
  async function enqueueDuring(away: string, name: string): Promise<void> {
    const enqueued = fleet.enqueue(`${name}-last`, `${name}-last`);
    if (away === 'redis') await expect(enqueued).rejects.toMatchObject({ code: 'ERR_REDIS_UNAVAILABLE' });
    else await enqueued;
  }

  async function approve(of: string): Promise<{ readonly jobId: string }> {
    return fleet.client.answer({ of, decisions: [{ type: 'approve' }], token: await fleet.token('alice') });
  }

  /** Resolves when the first of these jobs has begun to work: then some are in the middle and some wait. */
  async function firstResult(jobIds: readonly string[]): Promise<void> {
    const found = new AbortController();
    const looks = jobIds.map(async (jobId) => {
      for await (const { event } of fleet.client.follow(jobId, { signal: found.signal }))
        if (event.type === 'progress' || event.type === 'tool-result') return;
    });
    await Promise.any(looks);
    found.abort();
    await Promise.allSettled(looks);
  }

  /** Waits, looking again whenever a worker says something. */
  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const heard = new AbortController();
      await Promise.race(
        workers.map(({ process: { stderr } }) => once(stderr, 'data', { signal: heard.signal })),
      );
      heard.abort();
    }
  }
});

function endOf(told: readonly FollowedEvent[]): string | undefined {
  const last = told.at(-1)?.event;
  return last?.type === 'ended' ? last.result : undefined;
}

/** In order, begun by an attempt, ended once, by its last event. */
function isWhole(told: readonly FollowedEvent[]): boolean {
  const ids = told.map(({ id }) => id.split('-').map(Number));
  const isOrdered = ids.every(([time = 0, count = 0], index) => {
    const [priorTime = 0, priorCount = -1] = ids[index - 1] ?? [];
    return time > priorTime || (time === priorTime && count > priorCount);
  });
  const ends = told.filter(({ event }) => event.type === 'ended');
  return isOrdered && ends.length === 1 && told[0]?.event.type === 'started' && endOf(told) !== undefined;
}
