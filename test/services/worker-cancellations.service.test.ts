import { randomBytes, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { sealToken, toSealKey } from '../../src/auth/sealed-token.js';
import type { JobEvent } from '../../src/contracts/worker-jobs.js';
import { keys } from '../../src/contracts/worker-jobs.js';
import { silentLogger } from '../../src/logger.js';
import { createWorkerMetrics } from '../../src/telemetry/worker-metrics.js';
import { toPart } from '../../src/testing/forge-token.js';
import { createAcceptance } from '../../src/worker/accept-job.js';
import type { Agents } from '../../src/worker/agent-runs.js';
import { RunDrainedError } from '../../src/worker/agent-runs.js';
import { createFairShare } from '../../src/worker/fair-share.js';
import { parseIntakeEntry } from '../../src/worker/intake-entry.js';
import { createJobAttempts } from '../../src/worker/job-attempts.js';
import { endWith } from '../../src/worker/job-ends.js';
import { readHeldJob } from '../../src/worker/job-record.js';
import { createJobTokens } from '../../src/worker/job-tokens.js';
import type { JobWorkOptions } from '../../src/worker/run-job.js';
import { createJobWork } from '../../src/worker/run-job.js';
import { createRunningJobs } from '../../src/worker/running-jobs.js';
import { createThreadTurns } from '../../src/worker/thread-turns.js';
import { startRedis, type RedisServer } from './support/redis.js';

const sealKey = toSealKey(randomBytes(32).toString('base64'));
let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(await server.createDatabase());
}, 60_000);
beforeEach(() => redis.flushdb());
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

/** Takes a job into the records, with a token of its person; gives its id. */
async function accept(token = toBearerToken('a.token.text')): Promise<string> {
  const jobId = randomUUID();
  const job = { jobId, agent: 'a', threadId: 't', input: 'hi', org: 'acme', tokenRef: jobId };
  const accepts = createAcceptance({ redis, logger: silentLogger, onAccepted: () => Promise.resolve() });
  await accepts(parseIntakeEntry('1-1', ['job', JSON.stringify(job)]));
  await redis.set(keys.token(jobId), sealToken(sealKey, jobId, token));
  return jobId;
}

/** A worker whose agents do this; `again` works on the job once more, as another worker would. */
function workerOf(agents: Pick<Agents, 'run' | 'stopRun'>) {
  const share = createFairShare(redis);
  const principal = { organization: 'acme' } as never;
  const running = createRunningJobs();
  const options: JobWorkOptions = {
    ...{ redis, share, logger: silentLogger, maxTries: 3 },
    attempts: createJobAttempts(redis, 'one'),
    tokens: createJobTokens(redis, sealKey),
    turns: createThreadTurns({ redis, share, enqueue: () => Promise.resolve() }),
    agents: { ...agents, findAway: () => Promise.resolve(undefined), close: () => Promise.resolve() },
    verifier: { verify: () => Promise.resolve(principal) },
    metrics: createWorkerMetrics({
      ...{ results: [], running: () => 0, waiting: async () => 0, isPaused: () => false },
    }),
    isCancelled: async (jobId) => (await redis.exists(keys.cancel(jobId))) === 1,
    onAway: () => undefined,
    tokensComeUntil: () => 0,
  };
  const work = createJobWork(options);
  return { running, work: (jobId: string) => running.during(jobId, work) };
}

const cancelled = endWith('cancelled', 'cancelled');
const runs: Agents['run'] = async ({ onServerRun }) => {
  await onServerRun();
  throw new RunDrainedError();
};

async function endOf(jobId: string): Promise<JobEvent> {
  const [last] = await redis.xrevrange(keys.events(jobId), '+', '-', 'COUNT', 1);
  return JSON.parse(last?.[1][1] ?? '{}');
}

async function endQueued(jobId: string): Promise<boolean> {
  const job = await readHeldJob(redis, jobId);
  return job !== undefined && createJobAttempts(redis, 'any').endQueued(job, cancelled);
}

describe('a cancelled job', () => {
  it('that an attempt left with a run on an agent server is ended by the next, which ends that run', async () => {
    const stopped: string[] = [];
    const agents = workerOf({
      run: runs,
      stopRun: async ({ jobId }, token) => {
        stopped.push(`${jobId} ${token.reveal()}`);
        expect((await endOf(jobId)).type).toBe('started');
        return true;
      },
    });
    const jobId = await accept();
    await agents.work(jobId);
    await redis.set(keys.cancel(jobId), '1');

    expect(await endQueued(jobId)).toBe(false);
    await agents.work(jobId);
    expect(stopped).toEqual([`${jobId} a.token.text`]);
    expect(await endOf(jobId)).toMatchObject({ result: 'cancelled', message: cancelled.message });
  });

  it('that is cut in the middle of its run on an agent server has that run ended', async () => {
    const stopped: string[] = [];
    const agents = workerOf({
      run: async ({ onServerRun, job, signal }) => {
        await onServerRun();
        agents.running.cut(job.jobId, 'cancelled');
        signal.throwIfAborted();
        throw new Error('It was not cut.');
      },
      stopRun: async ({ jobId }) => stopped.push(jobId) === 1,
    });
    const jobId = await accept();
    await agents.work(jobId);

    expect(stopped).toEqual([jobId]);
    expect(await endOf(jobId)).toMatchObject({ result: 'cancelled', message: cancelled.message });
  });

  it.each([
    ['its token is lost', true, true],
    ['the agent server does not confirm it', false, false],
  ])('says that its run may go on when %s', async (_title, isLost, isConfirmed) => {
    const agents = workerOf({ run: runs, stopRun: () => Promise.resolve(isConfirmed) });
    const jobId = await accept();
    await agents.work(jobId);
    await redis.set(keys.cancel(jobId), '1');
    if (isLost) await redis.del(keys.token(jobId));
    await agents.work(jobId);

    expect(await endOf(jobId)).toMatchObject({
      ...{ result: 'cancelled', code: 'cancelled' },
      message: expect.stringContaining('may still go on'),
    });
  });

  it('that began no run elsewhere is ended without its token', async () => {
    const agents = workerOf({ run: runs });
    const jobId = await accept();
    await redis.set(keys.cancel(jobId), '1');
    await agents.work(jobId);

    expect(await endOf(jobId)).toMatchObject({ result: 'cancelled', message: cancelled.message });
    expect(await redis.exists(keys.token(jobId))).toBe(1);
  });

  it('that waits is ended by one worker, also when its connection broke before the answer', async () => {
    const [one, two] = [await accept(), await accept()];
    const twice = new Proxy(redis, {
      get: (target, name) =>
        name !== 'evalsha'
          ? (Reflect.get(target, name) as unknown)
          : async (...words: Parameters<Redis['evalsha']>) => {
              await target.evalsha(...words);
              return target.evalsha(...words);
            },
    });
    const job = await readHeldJob(redis, one);
    const ends = job && (await createJobAttempts(twice, 'any').endQueued(job, cancelled));

    expect(ends).toBe(true);
    expect(await Promise.all([endQueued(two), endQueued(two), endQueued(two)])).toEqual([true, false, false]);
  });
});

describe('a token that is given back', () => {
  it('lies no longer than it lives', async () => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const jobId = await accept(toBearerToken(`h.${toPart({ exp })}.s`));
    await workerOf({ run: runs }).work(jobId);

    const seconds = await redis.ttl(keys.token(jobId));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('is taken away again when another attempt has ended the job meanwhile', async () => {
    const agents = workerOf({
      run: async ({ job }) => {
        const other = await createJobAttempts(redis, 'two').begin(job);
        if (typeof other === 'object') await other.end({ result: 'done', message: 'yes' });
        agents.running.cut(job.jobId, 'lost');
        throw new Error('It was cut.');
      },
    });
    const jobId = await accept();
    await agents.work(jobId);

    expect(await endOf(jobId)).toMatchObject({ result: 'done' });
    expect(await redis.exists(keys.token(jobId))).toBe(0);
  });
});
