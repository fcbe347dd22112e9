import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FollowedEvent, JobEvent, WorkerClient } from '../../src/worker-client/worker-client.js';
import { createWorkerClient } from '../../src/worker-client/worker-client.js';
import { assistantId, wholeRequest } from '../support/agent-api.js';
import { startAgentServer, type TestAgentServer } from '../support/agent-server.js';
import { startChild, type Child } from '../support/child.js';
import { startRedis, type RedisServer } from './support/redis.js';

const sealKey = randomBytes(32).toString('base64');
let redis: RedisServer;
let redisUrl: string;
let server: TestAgentServer;
let client: WorkerClient;
const workers: Child[] = [];

beforeAll(async () => {
  [redis, server] = await Promise.all([startRedis(), startAgentServer()]);
  redisUrl = await redis.createDatabase();
  client = createWorkerClient({ redis: redisUrl, sealKey });
}, 60_000);
afterAll(async () => {
  for (const worker of workers) worker.process.kill('SIGKILL');
  await Promise.all(workers.map((worker) => worker.ended()));
  await client.close();
  await Promise.all([redis.close(), server.remove()]);
});

async function startWorker(): Promise<Child> {
  const worker = startChild('worker/main.ts', [], {
    DATA_DIR: server.dataDir,
    REDIS_URL: redisUrl,
    TOKEN_SEAL_KEY: sealKey,
    AGENT_SERVER_URL: server.url(),
    WORKER_LEASE_SECONDS: '2',
  });
  workers.push(worker);
  await worker.said(/"worker\.started"/);
  return worker;
}

async function say(input: string, threadId: string, name: 'alice' | 'bob' = 'alice'): Promise<string> {
  const token = await server.token(name);
  return (await client.enqueue({ agent: assistantId, threadId, org: 'acme', input, token })).jobId;
}

async function approve(of: string): Promise<string> {
  const token = await server.token('alice');
  return (await client.answer({ of, decisions: [{ type: 'approve' }], token })).jobId;
}

async function follow(jobId: string): Promise<readonly FollowedEvent[]> {
  const told: FollowedEvent[] = [];
  const renewToken = (): Promise<string> => server.token('alice');
  for await (const event of client.follow(jobId, { renewToken })) told.push(event);
  return told;
}

async function firstEvent(jobId: string, type: JobEvent['type']): Promise<void> {
  for await (const { event } of client.follow(jobId)) if (event.type === type) return;
  throw new Error(`The job ended and never told ${type}.`);
}

function endOf(told: readonly FollowedEvent[]): JobEvent | undefined {
  return told.at(-1)?.event;
}

describe('a worker whose agents run on an agent server', () => {
  it('creates an instance from a job, an approval and a resume job', async () => {
    await startWorker();
    const asked = await follow(await say(wholeRequest('remote'), 'a-thread-of-any-name'));
    const told = await follow(await approve(asked[0]?.jobId ?? ''));

    expect(asked.slice(-3).map(({ event }) => event.type)).toEqual(['tool-call', 'approval-wanted', 'ended']);
    expect(told.map(({ event }) => event.type)).toEqual(
      expect.arrayContaining(['started', 'progress', 'tool-result', 'text', 'ended']),
    );
    expect(endOf(told)).toMatchObject({ result: 'done', message: expect.stringContaining('remote') });
  });

  it('refuses another person on the thread', async () => {
    const told = await follow(await say('what was said?', 'a-thread-of-any-name', 'bob'));

    expect(endOf(told)).toMatchObject({ result: 'refused', code: 'ERR_PRINCIPAL_MISMATCH' });
  });

  it('cancels the run on the server', async () => {
    const threadId = randomUUID();
    const asked = await follow(await say(wholeRequest('stopped'), threadId));
    const resumed = await approve(asked[0]?.jobId ?? '');
    await firstEvent(resumed, 'progress');
    await client.cancel(resumed);

    expect(endOf(await follow(resumed))).toMatchObject({ result: 'cancelled' });
    expect(endOf(await follow(await say('hello', threadId)))).toMatchObject({ result: 'done' });
  });

  it('joins the run that an attempt before it began', async () => {
    const asked = await follow(await say(wholeRequest('joined'), randomUUID()));
    const resumed = await approve(asked[0]?.jobId ?? '');
    await firstEvent(resumed, 'progress');
    workers.at(-1)?.process.kill('SIGTERM');
    expect(await workers.at(-1)?.ended()).toBe(0);
    await startWorker();
    const told = await follow(resumed);

    const given = told.flatMap(({ event }) => (event.type === 'handed-over' ? [event.reason] : []));
    expect(given).toEqual(['worker-stopping']);
    expect(endOf(told)).toMatchObject({ result: 'done' });
  });

  it('ends a job whose agent the server does not have as refused', async () => {
    const token = await server.token('alice');
    const { jobId } = await client.enqueue({
      ...{ agent: 'nobody', threadId: randomUUID(), org: 'acme', input: 'hello', token },
    });

    expect(endOf(await follow(jobId))).toMatchObject({ result: 'refused', code: 'agent-unknown' });
  });
});
