import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FollowedEvent, JobEvent } from '../../src/worker-client/worker-client.js';
import type { Child } from '../support/child.js';
import { startFleet, type Fleet } from './support/fleet.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { startRedis, type RedisServer } from './support/redis.js';

const decisions = [{ type: 'approve' }] as const;

let redis: RedisServer;
let postgres: PostgresServer;
let fleet: Fleet;
let worker: Child;
let asked: string;

beforeAll(async () => {
  [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
});
afterAll(async () => {
  await Promise.all([redis.close(), postgres.close()]);
});
beforeEach(async () => {
  const redisUrl = await redis.createDatabase();
  const databaseUrl = await postgres.createDatabase();
  fleet = await startFleet({ redisUrl, databaseUrl, movableClock: true });
  worker = await fleet.startWorker();
  asked = (await fleet.enqueue('late-db')).jobId;
  expect(endOf(await fleet.follow(asked))).toMatchObject({ result: 'waiting' });
});
afterEach(() => fleet.close());

describe('an approval that comes two hours later', () => {
  it('is taken by a new worker, with a new token', async () => {
    worker.process.kill('SIGTERM');
    expect(await worker.ended()).toBe(0);
    await fleet.moveClock();
    await fleet.startWorker();

    const answer = await fleet.client.answer({ of: asked, decisions, token: await fleet.token('alice') });

    expect(endOf(await fleet.follow(answer.jobId))).toMatchObject({ result: 'done' });
    expect(await fleet.instances()).toEqual(['late-db']);
  });

  it('waits for a sign-in when its token has ended, and is given once with another', async () => {
    const old = await fleet.token('alice');
    await fleet.moveClock();

    const answer = await fleet.client.answer({ of: asked, decisions, token: old });
    const told = await fleet.follow(answer.jobId);
    expect(typesOf(told)).toContain('sign-in-wanted');
    expect(endOf(told)).toMatchObject({ result: 'waiting' });
    expect(await fleet.instances()).toEqual([]);

    const renewed = await fleet.client.renew({ of: answer.jobId, token: await fleet.token('alice') });
    expect(endOf(await fleet.follow(renewed.jobId))).toMatchObject({ result: 'done' });
    expect(await fleet.instances()).toEqual(['late-db']);
  });

  it('is given by whoever follows it with a way to renew the token', async () => {
    const old = await fleet.token('alice');
    await fleet.moveClock();

    const answer = await fleet.client.answer({ of: asked, decisions, token: old });
    const told = await fleet.follow(answer.jobId, { renewToken: () => fleet.token('alice') });

    expect(endOf(told)).toMatchObject({ result: 'done' });
    expect(new Set(told.map(({ jobId }) => jobId)).size).toBe(2);
    expect(await fleet.instances()).toEqual(['late-db']);
  });
});

describe('an approval from another person', () => {
  it.each(['bob', 'carol'] as const)(
    'by %s is refused and leaves the approval open to its owner',
    async (name) => {
      const wrong = await fleet.client.answer({ of: asked, decisions, token: await fleet.token(name) });

      expect(endOf(await fleet.follow(wrong.jobId))).toMatchObject({ result: 'refused' });
      expect(await fleet.instances()).toEqual([]);

      const right = await fleet.client.answer({ of: asked, decisions, token: await fleet.token('alice') });
      expect(endOf(await fleet.follow(right.jobId))).toMatchObject({ result: 'done' });
      expect(await fleet.instances()).toEqual(['late-db']);
    },
  );
});

function endOf(told: readonly FollowedEvent[]): JobEvent | undefined {
  return told.at(-1)?.event;
}

function typesOf(told: readonly FollowedEvent[]): string[] {
  return told.map(({ event }) => event.type);
}
