import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FollowedEvent, JobEvent } from '../../src/worker-client/worker-client.js';
import type { Child } from '../support/child.js';
import { startFleet, type Fleet } from './support/fleet.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { startRedis, type RedisServer } from './support/redis.js';
import { dumpPostgres, dumpRedis } from './support/stored-text.js';

const agent = 'aws_rds_instance_creator';
const soon = { WORKER_LEASE_SECONDS: '2' };

let postgres: PostgresServer;
let redis: RedisServer;
let fleet: Fleet;
let redisUrl: string;
let databaseUrl: string;
const workers: Child[] = [];

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  [redisUrl, databaseUrl] = await Promise.all([redis.createDatabase(), postgres.createDatabase()]);
  fleet = await startFleet({ redisUrl, databaseUrl });
}, 60_000);
afterEach(async () => {
  for (const worker of workers) worker.process.kill('SIGKILL');
  await Promise.all(workers.splice(0).map((worker) => worker.ended()));
});
afterAll(async () => {
  await fleet.close();
  await Promise.all([postgres.close(), redis.close()]);
});

async function startWorker(settings: Readonly<Record<string, string>> = {}): Promise<Child> {
  const worker = await fleet.startWorker({ ...soon, ...settings });
  workers.push(worker);
  return worker;
}

async function say(input: string, org = 'acme', name: 'alice' | 'carol' = 'alice'): Promise<string> {
  const token = await fleet.token(name);
  return (await fleet.client.enqueue({ agent, threadId: randomUUID(), org, input, token })).jobId;
}

async function approvedInstance(instance: string): Promise<string> {
  const { jobId } = await fleet.enqueue(instance);
  await fleet.follow(jobId);
  const token = await fleet.token('alice');
  return (await fleet.client.answer({ of: jobId, decisions: [{ type: 'approve' }], token })).jobId;
}

async function firstEvent(jobId: string, type: JobEvent['type']): Promise<void> {
  for await (const told of fleet.client.follow(jobId)) if (told.event.type === type) return;
  throw new Error(`The job ended and never told ${type}.`);
}

function endOf(told: readonly FollowedEvent[]): JobEvent | undefined {
  return told.at(-1)?.event;
}

function typesOf(told: readonly FollowedEvent[]): readonly string[] {
  return told.map(({ event }) => event.type);
}

describe('a job whose worker is killed in the middle', () => {
  it('waits for a new token, goes on with it elsewhere, and makes its resource once', async () => {
    const first = await startWorker();
    const jobId = await approvedInstance('killed');
    const following = fleet.follow(jobId, { renewToken: () => fleet.token('alice') });
    await firstEvent(jobId, 'progress');
    first.process.kill('SIGKILL');
    await startWorker();
    const told = await following;

    expect(endOf(told)).toMatchObject({ result: 'done' });
    expect(told.map(({ event }) => event)).toContainEqual(
      expect.objectContaining({ type: 'sign-in-wanted', reason: 'token-lost' }),
    );
    expect((await fleet.instances()).filter((name) => name === 'killed')).toHaveLength(1);
  });

  it('delivers the message once a new token is there, when it had not reached a checkpoint', async () => {
    const model = await startModel(() => undefined);
    const first = await startWorker(model.settings);
    const jobId = await say('hello');
    await model.asked();
    first.process.kill('SIGKILL');
    await startWorker();
    const told = await fleet.follow(jobId, { renewToken: () => fleet.token('alice') });

    expect(endOf(told)).toMatchObject({ result: 'done' });
    await model.close();
  });
});

describe('a worker that is asked to stop', () => {
  it('lets the running tool end and hands the rest over with its token', async () => {
    const first = await startWorker();
    const jobId = await approvedInstance('handed-over');
    await firstEvent(jobId, 'progress');
    first.process.kill('SIGTERM');

    expect(await first.ended()).toBe(0);
    await startWorker();
    const told = await fleet.follow(jobId);
    expect(endOf(told)).toMatchObject({ result: 'done' });
    expect(typesOf(told).filter((type) => type === 'tool-result')).toHaveLength(1);
    expect(typesOf(told)).toContain('handed-over');
    expect(typesOf(told)).not.toContain('sign-in-wanted');
    expect((await fleet.instances()).filter((name) => name === 'handed-over')).toHaveLength(1);
  });
});

describe('a job that breaks off at every try', () => {
  it('ends as failed after its tries, and stands in the dead-letter list with the reason', async () => {
    const model = await startModel((_request, respond) => {
      respond(400, { error: { message: 'never' } });
    });
    await startWorker({ ...model.settings, WORKER_TRIES: '2' });
    const jobId = await say('hello');
    const told = await fleet.follow(jobId);

    expect(typesOf(told)).toEqual(['started', 'handed-over', 'started', 'ended']);
    expect(endOf(told)).toMatchObject({ result: 'failed', code: 'tries-used' });
    expect(await fleet.client.deadLetters({ limit: 1 })).toMatchObject([
      { jobId, agent, org: 'acme', reason: 'tries-used', tries: 2 },
    ]);
    await model.close();
  });

  it('ends too when each try kills its worker', async () => {
    const model = await startModel(() => undefined);
    const settings = { ...model.settings, WORKER_TRIES: '2' };
    const jobId = await say('hello');
    const following = fleet.follow(jobId, { renewToken: () => fleet.token('alice') });
    for (let tries = 1; tries <= 2; tries += 1) {
      const worker = await startWorker(settings);
      await model.asked();
      worker.process.kill('SIGKILL');
      await worker.ended();
    }
    await startWorker(settings);

    expect(endOf(await following)).toMatchObject({ result: 'failed', code: 'tries-used' });
    await model.close();
  });
});

describe('the jobs of two organizations', () => {
  it('take turns, however many one of them has', async () => {
    const many = await Promise.all(Array.from({ length: 12 }, () => say('hello')));
    const few = await Promise.all(Array.from({ length: 3 }, () => say('hello', 'globex', 'carol')));
    await startWorker({ WORKER_CONCURRENCY: '1' });
    const begun = async (jobId: string): Promise<string> => (await fleet.follow(jobId))[0]?.id ?? '';
    const [manyBegun, fewBegun] = await Promise.all([many, few].map((jobs) => Promise.all(jobs.map(begun))));

    const before = manyBegun?.filter((id) => id < (fewBegun?.at(-1) ?? '')) ?? [];
    expect(before.length).toBeLessThanOrEqual(4);
  });
});

describe('what is kept', () => {
  it('holds no token', async () => {
    const kept = [await dumpRedis(redisUrl), dumpPostgres(databaseUrl), fleet.output()].join('\n');

    expect(kept.match(/eyJ[\w-]{10,}/g)).toBeNull();
  });
});

interface ModelServer {
  readonly settings: Readonly<Record<string, string>>;
  /** Resolves at the next question. */
  asked(): Promise<void>;
  close(): Promise<void>;
}

type Respond = (status: number, body: unknown) => void;

/** A model endpoint that answers as it is told, or never. */
async function startModel(answer: (request: unknown, respond: Respond) => void): Promise<ModelServer> {
  const server: Server = createServer((request, response) => {
    answer(request, (status, body) => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    settings: { MODEL: 'openai:any', OPENAI_BASE_URL: `http://127.0.0.1:${String(port)}/v1` },
    asked: async () => {
      await once(server, 'request');
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
