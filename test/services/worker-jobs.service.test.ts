import { randomBytes, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { sealToken, toSealKey } from '../../src/auth/sealed-token.js';
import { keys } from '../../src/contracts/worker-jobs.js';
import { silentLogger } from '../../src/logger.js';
import { createAcceptance } from '../../src/worker/accept-job.js';
import { createFairShare } from '../../src/worker/fair-share.js';
import { startIntake } from '../../src/worker/intake.js';
import { parseIntakeEntry } from '../../src/worker/intake-entry.js';
import type { Attempt } from '../../src/worker/job-attempts.js';
import { createJobAttempts } from '../../src/worker/job-attempts.js';
import { endForSignIn, endWith, tokenLost } from '../../src/worker/job-ends.js';
import type { HeldJob } from '../../src/worker/job-record.js';
import { readHeldJob } from '../../src/worker/job-record.js';
import { createJobTokens } from '../../src/worker/job-tokens.js';
import { createThreadTurns } from '../../src/worker/thread-turns.js';
import { intakeGroup, workerKeys } from '../../src/worker/worker-keys.js';
import { startRedis, type RedisServer } from './support/redis.js';

let server: RedisServer;
let redis: Redis;
const offered: string[] = [];
const accepted: string[] = [];

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(await server.createDatabase());
}, 60_000);
beforeEach(async () => {
  await redis.flushdb();
  offered.length = 0;
  accepted.length = 0;
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

const done = { result: 'done', message: 'yes' } as const;

function payload(difference: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const jobId = randomUUID();
  return {
    ...{ jobId, agent: 'a', threadId: 't', input: 'hi', org: 'acme', tokenRef: jobId },
    ...difference,
  };
}

const acceptance = () =>
  createAcceptance({
    redis,
    logger: silentLogger,
    onAccepted: async (threadId) => void accepted.push(threadId),
  });

/** Takes a job into the records, as an entry of the intake; gives it as a worker holds it. */
async function accept(difference: Readonly<Record<string, unknown>> = {}, entryId = '1-1'): Promise<HeldJob> {
  const job = payload(difference);
  await acceptance()(parseIntakeEntry(entryId, ['job', JSON.stringify(job)]));
  return held(String(job['jobId']));
}

async function held(jobId: string): Promise<HeldJob> {
  const job = await readHeldJob(redis, jobId);
  if (job === undefined) throw new Error(`Nothing is known of ${jobId}.`);
  return job;
}

async function begin(job: HeldJob, worker = 'one'): Promise<Attempt> {
  const attempt = await createJobAttempts(redis, worker).begin(job);
  if (typeof attempt === 'string') throw new Error(`It was not taken: ${attempt}.`);
  return attempt;
}

async function eventsOf({ jobId }: HeldJob): Promise<readonly { readonly type: string }[]> {
  const entries = await redis.xrange(keys.events(jobId), '-', '+');
  return entries.map(([, [, event = '']]) => JSON.parse(event));
}

const typesOf = async (job: HeldJob) => (await eventsOf(job)).map(({ type }) => type);

describe('createJobAttempts', () => {
  it('tells that an attempt started in the step that takes the job', async () => {
    const job = await accept();
    const attempt = await begin(job, 'a "worker"');

    expect(attempt).toMatchObject({ number: 1, tries: 1 });
    expect(await eventsOf(job)).toEqual([{ type: 'started', attempt: 1, worker: 'a "worker"' }]);
  });

  it('lets nothing be told, kept, released or ended by an attempt that another one replaced', async () => {
    const job = await accept();
    const first = await begin(job, 'one');
    await begin(job, 'two');
    const lost = { name: 'AttemptLostError' };

    await expect(first.tell([{ type: 'progress', data: 1 }])).rejects.toMatchObject(lost);
    await expect(first.noteAnswered()).rejects.toMatchObject(lost);
    await expect(first.release('x', { isCounted: true })).rejects.toMatchObject(lost);
    await expect(first.end(done)).rejects.toMatchObject(lost);
    expect(await typesOf(job)).toEqual(['started', 'started']);
    expect(await held(job.jobId)).toMatchObject({ state: 'running', attempt: 2 });
  });

  it('tells the end once, and nothing behind it', async () => {
    const job = await accept();
    const attempt = await begin(job);
    await attempt.end(done);
    await attempt.end(done);

    await expect(attempt.tell([{ type: 'progress', data: 1 }])).rejects.toThrow();
    expect(await createJobAttempts(redis, 'two').begin(job)).toBe('ended');
    expect(await typesOf(job)).toEqual(['started', 'ended']);
    expect(await redis.ttl(keys.events(job.jobId))).toBeGreaterThan(600_000);
    expect(await redis.ttl(keys.job(job.jobId))).toBeGreaterThan(600_000);
  });

  it('counts an attempt that broke off, and none that was handed over', async () => {
    const job = await accept();
    await (await begin(job)).release('worker-stopping', { isCounted: false });
    const second = await begin(job);
    await second.release('broke-off', { isCounted: true });
    const third = await begin(job);

    expect([second.tries, third.tries, third.number]).toEqual([1, 2, 3]);
  });

  it('takes back the try of an attempt that another one replaced although its worker lives, and no other', async () => {
    const job = await accept();
    const attempts = createJobAttempts(redis, 'one');
    await (await begin(job)).release('broke-off', { isCounted: true });
    const second = await begin(job);
    await attempts.uncount(job, second);
    const before = (await held(job.jobId)).tries;
    await begin(job);
    await attempts.uncount(job, second);

    expect([before, (await held(job.jobId)).tries]).toEqual([2, 2]);
  });

  it('keeps a thread’s turn from its first attempt to its end', async () => {
    const first = await accept({}, '1-1');
    const second = await accept({}, '2-1');
    const attempts = createJobAttempts(redis, 'one');
    const early = await attempts.begin(second);
    const attempt = await begin(first);
    await attempt.release('worker-stopping', { isCounted: false });
    const between = await attempts.begin(second);
    await (await begin(first)).end(done);

    expect([early, between]).toEqual(['not-its-turn', 'not-its-turn']);
    expect(await attempts.begin(second)).toMatchObject({ number: 1 });
  });

  it('does not take a job while an older message of its thread may stand in the intake', async () => {
    const older = JSON.stringify(payload({ threadId: 'mine' }), undefined, 1);
    await redis.xadd(keys.intake, '1-1', 'job', older);
    await redis.xadd(keys.intake, '1-2', 'job', JSON.stringify(payload({ threadId: 'mine2' })));
    const job = await accept({ threadId: 'mine' }, '2-1');
    const other = await accept({ threadId: 'other' }, '2-2');
    const attempts = createJobAttempts(redis, 'one');

    expect(await attempts.begin(job)).toBe('too-early');
    expect(await attempts.begin(other)).toMatchObject({ number: 1 });
    await redis.xdel(keys.intake, '1-1');
    expect(await attempts.begin(job)).toMatchObject({ number: 1 });
  });

  it('ends a job that waits, once, and none that runs', async () => {
    const [waiting, running] = [await accept({ threadId: 'w' }), await accept({ threadId: 'r' })];
    const attempts = createJobAttempts(redis, 'one');
    await begin(running);
    const cancelled = endWith('cancelled', 'cancelled');
    const ended = await Promise.all([1, 2].map(() => attempts.endQueued(waiting, cancelled)));

    expect(ended.filter(Boolean)).toHaveLength(1);
    expect(await attempts.endQueued(running, cancelled)).toBe(false);
    expect(await typesOf(waiting)).toEqual(['ended']);
    expect(await redis.exists(workerKeys.thread('w'))).toBe(0);
  });

  it('writes a letter for a job that is given up, with no ref of a token', async () => {
    const job = await accept({ tokenRef: 'the-ref' });
    const attempt = await begin(job);
    await attempt.end({ ...endWith('failed', 'tries-used'), isDead: true });
    const letter = (await redis.xrange(keys.dead, '-', '+'))[0]?.[1][1] ?? '';

    expect(JSON.parse(letter)).toMatchObject({ jobId: job.jobId, reason: 'tries-used', tries: 1 });
    expect(letter).not.toContain('the-ref');
    expect(await redis.hgetall(keys.job(job.jobId))).not.toHaveProperty('tokenRef');
    expect(await redis.hgetall(keys.job(job.jobId))).not.toHaveProperty('text');
  });

  it('hides a token that an event would tell', async () => {
    const job = await accept();
    const parts = [{ alg: 'ES256', typ: 'JWT' }, { sub: 'alice' }].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const token = [...parts, 'c2lnbmF0dXJl'].join('.');
    await (await begin(job)).tell([{ type: 'text', messageId: 'm', text: `It is\n${token} here` }]);

    expect(JSON.stringify(await eventsOf(job))).not.toContain(parts[0]);
    expect((await eventsOf(job))[1]).toMatchObject({ type: 'text' });
  });
});

describe('createAcceptance', () => {
  it('takes a job once, however often it comes, and orders a thread by the intake', async () => {
    const jobId = randomUUID();
    const later = await accept({}, '9-1');
    await accept({ jobId }, '5-1');
    await accept({ jobId, input: 'something else' }, '10-1');

    expect(await redis.zrange(workerKeys.thread('t'), 0, -1)).toEqual([jobId, later.jobId]);
    expect((await held(jobId)).text).toBe('hi');
  });

  it('gives a resume job what the job before it was about, and its own decisions', async () => {
    const first = await accept({ env: 'dev' });
    const wanted = [{ type: 'approval-wanted', interruptId: 'i', request: {} }] as const;
    await (await begin(first)).end({ result: 'waiting', message: 'x', wanted });
    const decisions = [{ type: 'approve' }];
    const resume = { kind: 'resume', jobId: randomUUID(), of: first.jobId, decisions, tokenRef: 'r2' };
    await acceptance()(parseIntakeEntry('2-1', ['job', JSON.stringify(resume)]));

    expect(await held(resume.jobId)).toMatchObject({
      ...{ root: first.jobId, agent: 'a', threadId: 't', org: 'acme', env: 'dev', text: 'hi' },
      ...{ of: first.jobId, tokenRef: 'r2', decisions, asked: ['i'], tries: 0 },
    });
  });

  it('carries decisions and tries over to a renewal of a job whose token was lost', async () => {
    const first = await accept();
    const wanted = [{ type: 'approval-wanted', interruptId: 'i', request: {} }] as const;
    await (await begin(first)).end({ result: 'waiting', message: 'x', wanted });
    const answer = { kind: 'resume', jobId: randomUUID(), of: first.jobId, tokenRef: 'r' };
    const decisions = [{ type: 'approve' }];
    await acceptance()(parseIntakeEntry('2-1', ['job', JSON.stringify({ ...answer, decisions })]));
    const killed = await begin(await held(answer.jobId));
    await killed.noteAnswered();
    await (await begin(await held(answer.jobId))).end(endForSignIn(tokenLost, 'x'));
    const renewal = { ...answer, jobId: randomUUID(), of: answer.jobId };
    await acceptance()(parseIntakeEntry('3-1', ['job', JSON.stringify(renewal)]));

    expect(await held(renewal.jobId)).toMatchObject({ decisions, asked: ['i'], answered: '1', tries: 1 });
  });

  it('turns away what goes on with nothing, and what is no job, and leaves known jobs alone', async () => {
    const known = await accept();
    const [unknown, idle] = [randomUUID(), randomUUID()];
    const entries = [
      { kind: 'resume', jobId: unknown, of: 'nobody', tokenRef: 'r' },
      { kind: 'resume', jobId: idle, of: known.jobId, tokenRef: 'r' },
      { jobId: known.jobId, threadId: 7 },
    ];
    for (const entry of entries) await acceptance()(parseIntakeEntry('2-1', ['job', JSON.stringify(entry)]));
    const codes = await Promise.all(
      [unknown, idle, known.jobId].map((id) => redis.hget(keys.job(id), 'code')),
    );

    expect(codes).toEqual(['job-unknown', 'not-waiting', null]);
    expect(await held(known.jobId)).toMatchObject({ state: 'queued' });
    expect(await redis.xlen(keys.dead)).toBe(1);
  });
});

describe('createFairShare', () => {
  it('lets organizations take turns from where the queue is now', async () => {
    const share = createFairShare(redis);
    const [a1, a2, a3] = [
      await accept({ threadId: '1' }),
      await accept({ threadId: '2' }),
      await accept({ threadId: '3' }),
    ];
    const places = [];
    for (const job of [a1, a2, a3]) places.push(await share.place(job.jobId));
    await share.leave(a1.jobId);
    await share.leave(a2.jobId);
    const other = await accept({ threadId: '4', org: 'globex' });
    places.push(await share.place(other.jobId), await share.place(other.jobId));

    expect(places).toEqual([1, 2, 3, 3, 3]);
    expect(await share.waiting()).toBe(2);
  });

  it('gives no place to a job that does not wait, and begins anew when nobody does', async () => {
    const share = createFairShare(redis);
    const [first, second] = [await accept({ threadId: '1' }), await accept({ threadId: '2' })];
    await share.place(first.jobId);
    await begin(first);
    await share.leave(first.jobId);

    expect(await share.place(first.jobId)).toBeUndefined();
    expect(await share.place('nobody')).toBeUndefined();
    expect(await share.place(second.jobId)).toBe(1);
  });
});

describe('createThreadTurns', () => {
  it('offers the first job of a thread that waits, and nothing while one runs', async () => {
    const share = createFairShare(redis);
    const enqueue = async (jobId: string, place: number): Promise<void> =>
      void offered.push(`${jobId} ${place}`);
    const turns = createThreadTurns({ redis, share, enqueue });
    const first = await accept({}, '1-1');
    const second = await accept({}, '2-1');
    await turns.offerNext('t');
    const attempt = await begin(first);
    await share.leave(first.jobId);
    await turns.offerNext('t');
    await attempt.end(done);
    await turns.offerNext('t');
    await turns.offerNext('nobody');

    expect(offered).toEqual([`${first.jobId} 1`, `${second.jobId} 1`]);
  });
});

describe('startIntake', () => {
  const start = (worker: string) =>
    startIntake({
      ...{ redis, reader: redis.duplicate(), logger: silentLogger, worker, abandonedMs: 1 },
      accept: acceptance(),
    });

  async function untilTaken(): Promise<void> {
    while ((await redis.xlen(keys.intake)) > 0) await new Promise(setImmediate);
  }

  it('takes every entry out of the stream, also one that another reader left', async () => {
    await redis.xgroup('CREATE', keys.intake, intakeGroup, '0', 'MKSTREAM');
    await redis.xadd(keys.intake, '*', 'job', JSON.stringify(payload({ jobId: 'left' })));
    await redis.xreadgroup('GROUP', intakeGroup, 'dead', 'COUNT', 1, 'STREAMS', keys.intake, '>');
    await redis.xadd(keys.intake, '*', 'job', JSON.stringify(payload({ jobId: 'new' })));
    const intake = await start('alive');
    await untilTaken();
    await intake.close();

    expect(await redis.zrange(workerKeys.thread('t'), 0, -1)).toEqual(['left', 'new']);
    expect(accepted).toEqual(['t', 't']);
    const consumers = JSON.stringify(await redis.xinfo('CONSUMERS', keys.intake, intakeGroup));
    expect(consumers).not.toContain('alive');
  });

  it('goes on after its group was deleted', async () => {
    const intake = await start('one');
    await redis.del(keys.intake);
    await redis.xadd(keys.intake, '*', 'job', JSON.stringify(payload({ jobId: 'after' })));
    await untilTaken();
    await intake.close();

    expect(await held('after')).toMatchObject({ state: 'queued' });
  });
});

describe('createJobTokens', () => {
  const sealKey = toSealKey(randomBytes(32).toString('base64'));
  const token = toBearerToken('a.token.text');

  it('takes a token once, holds it, and gives it back for the next attempt', async () => {
    const job = await accept();
    const [one, two] = [createJobTokens(redis, sealKey), createJobTokens(redis, sealKey)];
    await redis.set(keys.token(job.tokenRef), sealToken(sealKey, job.jobId, token));
    const taken = await one.take(job);
    const again = [await one.take(job), await two.take(job)];
    await one.giveBack(job);

    expect(taken?.reveal()).toBe('a.token.text');
    expect(again).toEqual([taken, undefined]);
    expect(await redis.get(keys.token(job.tokenRef))).toMatch(/^v1\./);
    expect(await redis.ttl(keys.token(job.tokenRef))).toBeGreaterThan(500);
    expect((await two.take(job))?.reveal()).toBe('a.token.text');
    expect(await one.take(job)).toBeUndefined();
  });

  it('forgets the token of a job that has ended', async () => {
    const job = await accept();
    const tokens = createJobTokens(redis, sealKey);
    await redis.set(keys.token(job.tokenRef), sealToken(sealKey, job.jobId, token));
    await tokens.take(job);
    tokens.forget(job.jobId);
    await tokens.giveBack(job);

    expect(await redis.exists(keys.token(job.tokenRef))).toBe(0);
  });

  it('refuses a token that was sealed for another job', async () => {
    const job = await accept();
    await redis.set(keys.token(job.tokenRef), sealToken(sealKey, 'another', token));

    await expect(createJobTokens(redis, sealKey).take(job)).rejects.toMatchObject({
      code: 'ERR_SEALED_TOKEN',
    });
  });
});
