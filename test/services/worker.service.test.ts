import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FollowedEvent, JobEvent, NewJob } from '../../src/worker-client/worker-client.js';
import type { Child } from '../support/child.js';
import { startFleet, type Fleet } from './support/fleet.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { startRedis, type RedisServer } from './support/redis.js';
import { dumpPostgres, dumpRedis } from './support/stored-text.js';

const agent = 'aws_rds_instance_creator';
const approval = [{ type: 'approve' }] as const;

let postgres: PostgresServer;
let redisServer: RedisServer;
let redis: Redis;
let fleet: Fleet;
let redisUrl: string;
let databaseUrl: string;
let worker: Child;

beforeAll(async () => {
  [postgres, redisServer] = await Promise.all([startPostgres(), startRedis()]);
  [redisUrl, databaseUrl] = await Promise.all([redisServer.createDatabase(), postgres.createDatabase()]);
  redis = new Redis(redisUrl);
  fleet = await startFleet({ redisUrl, databaseUrl });
  worker = await fleet.startWorker({ WORKER_LEASE_SECONDS: '4', WORKER_PORT: '0' });
}, 60_000);
afterAll(async () => {
  redis.disconnect();
  await fleet.close();
  await Promise.all([postgres.close(), redisServer.close()]);
});

async function say(
  input: string,
  difference: Partial<NewJob> = {},
): Promise<{ jobId: string; threadId: string }> {
  const threadId = difference.threadId ?? randomUUID();
  const token = await fleet.token('alice');
  const { jobId } = await fleet.client.enqueue({ agent, threadId, org: 'acme', input, token, ...difference });
  return { jobId, threadId };
}

async function approve(of: string, name: Parameters<Fleet['token']>[0] = 'alice'): Promise<string> {
  const token = await fleet.token(name);
  return (await fleet.client.answer({ of, decisions: [...approval], token })).jobId;
}

async function askFor(instance: string): Promise<string> {
  const { jobId } = await fleet.enqueue(instance);
  expect(endOf(await fleet.follow(jobId))).toMatchObject({ result: 'waiting' });
  return jobId;
}

/** Resolves with the first event of a type that a job tells. */
async function firstEvent(jobId: string, type: JobEvent['type']): Promise<FollowedEvent> {
  for await (const told of fleet.client.follow(jobId)) if (told.event.type === type) return told;
  throw new Error(`The job ended and never told ${type}.`);
}

function endOf(told: readonly FollowedEvent[]): JobEvent | undefined {
  return told.at(-1)?.event;
}

function typesOf(told: readonly FollowedEvent[]): readonly string[] {
  return told.map(({ event }) => event.type);
}

describe('a worker', () => {
  it('creates an instance from a job, an approval and a resume job', async () => {
    const { jobId } = await fleet.enqueue('orders');
    const asked = await fleet.follow(jobId);
    const told = await fleet.follow(await approve(jobId));

    expect(typesOf(asked).slice(-3)).toEqual(['tool-call', 'approval-wanted', 'ended']);
    expect(endOf(asked)).toEqual({ type: 'ended', result: 'waiting', message: expect.any(String) });
    expect(typesOf(told)).toEqual([
      ...['started', 'progress', 'progress', 'progress', 'tool-result', 'text', 'ended'],
    ]);
    expect(endOf(told)).toMatchObject({ result: 'done', message: expect.stringContaining('orders') });
    expect(await fleet.instances()).toContain('orders');
  });

  it('does a job once however often it comes, also after its end was told', async () => {
    const jobId = randomUUID();
    const { threadId } = await say('hello', { jobId });
    await say('hello', { jobId, threadId });
    const told = await fleet.follow(jobId);
    await say('hello', { jobId, threadId });
    const { jobId: next } = await say('hello again', { threadId });
    await fleet.follow(next);

    expect(typesOf(told).filter((type) => type === 'ended')).toHaveLength(1);
    expect(await fleet.follow(jobId)).toEqual(told);
    expect(await redis.zcard(`graph-fleet:thread:${threadId}`)).toBe(0);
  });

  it('ends a job of another organization than the token’s as refused', async () => {
    const { jobId } = await say('hello', { org: 'globex' });

    expect(endOf(await fleet.follow(jobId))).toMatchObject({ result: 'refused', code: 'org-mismatch' });
  });

  it('refuses a message of another person on a thread', async () => {
    const { jobId, threadId } = await say('hello');
    await fleet.follow(jobId);
    const stranger = await say('what was said here?', { threadId, token: await fleet.token('bob') });

    expect(await fleet.follow(stranger.jobId)).toMatchObject([
      { event: { type: 'started' } },
      { event: { type: 'ended', result: 'refused', code: 'ERR_PRINCIPAL_MISMATCH' } },
    ]);
  });

  it('refuses another person’s approval, and the person’s own still counts', async () => {
    const jobId = await askFor('guarded');
    const strangers = await fleet.follow(await approve(jobId, 'bob'));
    const looking = await fleet.client.renew({ of: jobId, token: await fleet.token('bob') });
    const looked = await fleet.follow(looking.jobId);
    const own = await fleet.follow(await approve(jobId));

    expect(endOf(strangers)).toMatchObject({ result: 'refused', code: 'ERR_PRINCIPAL_MISMATCH' });
    expect(typesOf(looked)).toEqual(['started', 'ended']);
    expect(endOf(looked)).toMatchObject({ result: 'refused', code: 'ERR_PRINCIPAL_MISMATCH' });
    expect(endOf(own)).toMatchObject({ result: 'done' });
  });

  it('refuses decisions that answer nothing, or not what is open, and the approval stays open', async () => {
    const jobId = await askFor('decided');
    const token = await fleet.token('alice');
    const twice = [...approval, ...approval];
    const wrong = await fleet.client.answer({ of: jobId, decisions: twice, token });
    const misfit = await fleet.follow(wrong.jobId);
    const answered = await fleet.follow(await approve(jobId));
    const again = await fleet.follow(await approve(jobId));

    expect(endOf(misfit)).toMatchObject({ result: 'refused', code: 'ERR_RESUME_INVALID' });
    expect(endOf(answered)).toMatchObject({ result: 'done' });
    expect(endOf(again)).toMatchObject({ result: 'refused', code: 'nothing-open' });
  });

  it('refuses to go on with a job that is not known, or does not wait', async () => {
    const { jobId } = await say('hello');
    await fleet.follow(jobId);

    expect(endOf(await fleet.follow(await approve('nobody-knows')))).toMatchObject({ code: 'job-unknown' });
    expect(endOf(await fleet.follow(await approve(jobId)))).toMatchObject({ code: 'not-waiting' });
  });

  it('waits for a new token when the one it was given has ended', async () => {
    const { jobId } = await say('hello', { token: await fleet.token('alice', { ttlSeconds: 5 }) });
    const told = await fleet.follow(jobId);
    const renewed = await fleet.client.renew({ of: jobId, token: await fleet.token('alice') });

    expect(told.at(-2)?.event).toMatchObject({ type: 'sign-in-wanted', reason: 'expired' });
    expect(endOf(await fleet.follow(renewed.jobId))).toMatchObject({ result: 'done' });
  });

  it('ends a job whose agent there is not, and one that is no job, with the reason', async () => {
    const { jobId } = await say('hello', { agent: 'nobody' });
    const malformed = randomUUID();
    await redis.xadd('graph-fleet:intake', '*', 'job', '{"jobId":');
    await redis.xadd('graph-fleet:intake', '*', 'job', JSON.stringify({ jobId: malformed, org: 'acme' }));

    expect(endOf(await fleet.follow(jobId))).toMatchObject({ result: 'refused', code: 'agent-unknown' });
    expect(endOf(await fleet.follow(malformed))).toMatchObject({ result: 'failed', code: 'malformed' });
    expect(await fleet.client.deadLetters()).toMatchObject([
      { jobId: malformed, org: 'acme', reason: 'malformed' },
      { reason: 'malformed' },
    ]);
  });

  it('cancels a job that runs, and its thread goes on', async () => {
    const { jobId, threadId } = await fleet.enqueue('cut-short');
    await fleet.follow(jobId);
    const resumed = await approve(jobId);
    await firstEvent(resumed, 'progress');
    await fleet.client.cancel(resumed);

    expect(endOf(await fleet.follow(resumed))).toMatchObject({ result: 'cancelled', code: 'cancelled' });
    const next = await say('hello', { threadId });
    expect(endOf(await fleet.follow(next.jobId))).toMatchObject({ result: 'done' });
  });

  it('cancels a job that waits for its turn', async () => {
    const first = await askFor('in-front');
    const { threadId } = (await fleet.client.job(first)) ?? {};
    const running = await approve(first);
    await firstEvent(running, 'progress');
    const parked = await say('hello', { threadId: threadId ?? '' });
    await redis.xlen('graph-fleet:intake');
    await fleet.client.cancel(parked.jobId);

    expect(endOf(await fleet.follow(parked.jobId))).toMatchObject({ result: 'cancelled' });
    expect(endOf(await fleet.follow(running))).toMatchObject({ result: 'done' });
  });

  it('answers the messages of a thread one at a time, in the order in which they came', async () => {
    const second = await fleet.startWorker();
    const threadId = randomUUID();
    const jobs: string[] = [];
    for (let index = 0; index < 12; index += 1)
      jobs.push((await say(`message ${index}`, { threadId })).jobId);
    const told = await Promise.all(jobs.map((jobId) => fleet.follow(jobId)));

    const spans = told.map((events) => [orderOf(events[0]?.id), orderOf(events.at(-1)?.id)] as const);
    const overlaps = spans.filter(([begun], index) => index > 0 && begun < (spans[index - 1]?.[1] ?? 0));
    expect(overlaps).toEqual([]);
    second.process.kill('SIGTERM');
    expect(await second.ended()).toBe(0);
  });

  it('leaves no token in Redis, PostgreSQL or its log', async () => {
    expect((await dumpRedis(redisUrl)).match(/eyJ[\w-]{10,}/g)).toBeNull();
    expect(dumpPostgres(databaseUrl).match(/eyJ[\w-]{10,}/g)).toBeNull();
    expect(fleet.output().match(/eyJ[\w-]{10,}/g)).toBeNull();
  });

  it('tells probes that it lives, and its metrics', async () => {
    const [, port = ''] = await worker.said(/"worker\.listening".*?"port":(\d+)/);
    const health = await fetch(`http://127.0.0.1:${port}/healthz`);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

    expect(await health.json()).toEqual({ status: 'ok' });
    expect(metrics).toContain('graph_fleet_worker_jobs_ended_total{result="cancelled"} 2');
    expect(metrics).toContain('graph_fleet_worker_jobs_waiting 0');
  });
});

function orderOf(id = '0-0'): number {
  const [ms = 0, count = 0] = id.split('-').map(Number);
  return ms * 1000 + count;
}
