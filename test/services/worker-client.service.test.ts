import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobEvent } from '../../src/contracts/worker-jobs.js';
import { keys } from '../../src/contracts/worker-jobs.js';
import { createForgingKey, forgeToken } from '../../src/testing/forge-token.js';
import { secretSpellings } from '../../src/token-text.js';
import type {
  FollowedEvent,
  FollowOptions,
  NewJob,
  WorkerClient,
  WorkerClientOptions,
} from '../../src/worker-client/worker-client.js';
import { createWorkerClient } from '../../src/worker-client/worker-client.js';
import type { StandInWorker } from '../support/stand-in-worker.js';
import {
  approvalWanted,
  createStandInWorker,
  done,
  said,
  signInWanted,
  started,
  waiting,
} from '../support/stand-in-worker.js';
import { startOwnRedis } from './support/redis.js';

const sealKey = randomBytes(32).toString('base64');
const forgingKey = createForgingKey('ES256');
const now = 1_800_000_000;

let server: Awaited<ReturnType<typeof startOwnRedis>>;
let url: string;
let worker: StandInWorker;
let client: WorkerClient;
const open: WorkerClient[] = [];

beforeAll(async () => {
  server = await startOwnRedis();
}, 60_000);
afterAll(() => server.close());
beforeEach(async () => {
  url = await server.createDatabase();
  worker = createStandInWorker(url, sealKey);
  client = openClient();
});
afterEach(async () => {
  worker.close();
  await Promise.all(open.splice(0).map(({ close }) => close()));
});

function openClient(options: Partial<WorkerClientOptions> = {}): WorkerClient {
  const made = createWorkerClient({ redis: url, sealKey, ...options });
  open.push(made);
  return made;
}

function tokenThatEnds(exp: number): string {
  return forgeToken(forgingKey, { alg: 'ES256', kid: 'ES256' }, { sub: 'alice', exp });
}

function newJob(changes: Partial<NewJob> = {}): NewJob {
  const token = tokenThatEnds(now + 3_600);
  return { agent: 'an_agent', threadId: randomUUID(), input: 'Hello', org: 'acme', token, ...changes };
}

/** Follows to the end and gives what was told. */
async function followAll(jobId: string, options?: FollowOptions): Promise<readonly FollowedEvent[]> {
  const told: FollowedEvent[] = [];
  for await (const event of client.follow(jobId, options)) told.push(event);
  return told;
}

const eventsOf = (told: readonly FollowedEvent[]): readonly JobEvent[] => told.map(({ event }) => event);
const textsOf = (told: readonly FollowedEvent[]): readonly string[] =>
  eventsOf(told).flatMap((event) => (event.type === 'text' ? [event.text] : []));

describe('enqueue', () => {
  it('hands a job to a worker, and its token to the first that takes it', async () => {
    const asked = newJob({ env: 'dev' });
    const { jobId } = await client.enqueue(asked);

    const { job, token } = await worker.take();

    const { token: sent, ...rest } = asked;
    expect(job).toEqual({ kind: 'run', jobId, tokenRef: expect.any(String), ...rest });
    expect(token.reveal()).toBe(sent);
    expect(await worker.redis.get(keys.token(job.tokenRef))).toBeNull();
  });

  it.each([
    ['ten minutes at most', now + 3_600, 600],
    ['no longer than the token itself', now + 45, 45],
    ['a second when the token has ended', now - 45, 1],
  ])('lets a token lie for %s', async (_title, exp, seconds) => {
    const { enqueue } = openClient({ clock: () => now * 1000 });
    await enqueue(newJob({ token: tokenThatEnds(exp) }));

    const [key = ''] = await worker.redis.keys(keys.token('*'));

    expect(await worker.redis.ttl(key)).toBe(seconds);
  });

  it('takes the same job twice', async () => {
    const asked = newJob({ jobId: 'job-1' });

    expect([await client.enqueue(asked), await client.enqueue(asked)]).toEqual([
      { jobId: 'job-1' },
      { jobId: 'job-1' },
    ]);

    const [one, other] = [await worker.take(), await worker.take()];
    expect(other.token.reveal()).toBe(one.token.reveal());
    expect(other.job).toEqual({ ...one.job, tokenRef: other.job.tokenRef });
  });

  it('sends nothing of a job that is out of bounds', async () => {
    await expect(client.enqueue(newJob({ threadId: 'a:b' }))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });

    expect(await worker.redis.dbsize()).toBe(0);
  });

  it('waits for a Redis that is away, and sends the job once it is back', async () => {
    await client.job('job-0');
    await server.stop();
    const enqueued = client.enqueue(newJob({ jobId: 'job-1' }));
    await server.start();

    await enqueued;

    expect((await worker.take()).job.jobId).toBe('job-1');
  });

  it('says that Redis refuses, and nothing of what was sent', async () => {
    const asked = newJob({ input: 'A private matter' });
    await worker.redis.set(keys.intake, 'not a stream');

    const error = await client.enqueue(asked).catch((caught: unknown) => caught);

    expect(error).toMatchObject({ code: 'ERR_REDIS_UNAVAILABLE', reason: 'WRONGTYPE' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/private|v1\./);
  });
});

describe('what a client puts into Redis', () => {
  it('holds no token but the sealed one', async () => {
    const token = tokenThatEnds(now + 3_600);
    const monitor = await worker.redis.monitor();
    const seen: string[] = [];
    monitor.on('monitor', (_time: string, words: readonly string[]) => seen.push(words.join(' ')));
    const { jobId } = await client.enqueue(newJob({ token }));
    await client.answer({ of: jobId, decisions: [{ type: 'approve' }], token });
    await client.renew({ of: jobId, token });
    await client.cancel(jobId);
    await worker.redis.echo('the end');
    await untilTrue([monitor, 'monitor'], () => seen.some((line) => line.includes('the end')));
    monitor.disconnect();

    const everything = [...seen, ...(await dump(worker.redis))].join('\n');

    expect(everything).toMatch(/v1\.[\w-]{16}\.[\w-]+\.[\w-]{22}/);
    expect(secretSpellings(token).filter((spelling) => everything.includes(spelling))).toEqual([]);
  });
});

describe('follow', () => {
  it('gives what a job tells, live, until it ends', async () => {
    const following = followAll('job-1');
    await worker.tell('job-1', started, said('one'));
    await worker.tell('job-1', said('two'), done);

    expect(eventsOf(await following)).toEqual([started, said('one'), said('two'), done]);
  });

  it('gives what was told before, from any point', async () => {
    const ids = await worker.tell('job-1', started, said('one'), said('two'), done);

    expect((await followAll('job-1')).map(({ id }) => id)).toEqual(ids);
    expect((await followAll('job-1', { after: ids[1] })).map(({ id }) => id)).toEqual(ids.slice(2));
    expect(await followAll('job-1', { after: ids[3] })).toEqual([]);
  });

  it('leaves out an event of a kind that it does not know', async () => {
    await worker.redis.xadd(keys.events('job-1'), '*', 'event', '{"type":"something-new"}');
    await worker.redis.xadd(keys.events('job-1'), '*', 'event', 'not JSON');
    await worker.tell('job-1', done);

    expect(eventsOf(await followAll('job-1'))).toEqual([done]);
  });

  it('loses and repeats nothing when its connections are cut', async () => {
    const stream = client.follow('job-1')[Symbol.asyncIterator]();
    const texts: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      await worker.tell('job-1', said(`${round}a`));
      texts.push(textOf(await stream.next()));
      await worker.redis.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await worker.tell('job-1', said(`${round}b`));
      texts.push(textOf(await stream.next()));
    }
    await worker.tell('job-1', done);

    expect(texts).toEqual([0, 1, 2, 3, 4].flatMap((round) => [`${round}a`, `${round}b`]));
    expect((await stream.next()).value).toMatchObject({ event: done });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('goes on after Redis died and came back', async () => {
    const stream = client.follow('job-1')[Symbol.asyncIterator]();
    await worker.tell('job-1', said('before'));
    const before = textOf(await stream.next());
    const next = stream.next();
    await server.kill();
    await server.start();
    await worker.tell('job-1', said('after'), done);

    expect([before, textOf(await next)]).toEqual(['before', 'after']);
    expect((await stream.next()).value).toMatchObject({ event: done });
  });

  it('keeps the order of many events for one who reads slowly', async () => {
    const count = 3_000;
    const all = Array.from({ length: count }, (_, index) => said(String(index)));
    const stream = client.follow('job-1')[Symbol.asyncIterator]();
    await worker.tell('job-1', started);
    await stream.next();
    await worker.tell('job-1', ...all, done);
    const follower: FollowedEvent[] = [];
    for (let next = await stream.next(); next.done !== true; next = await stream.next()) {
      if (follower.length % 500 === 0) await client.job('job-1');
      follower.push(next.value);
    }

    expect(textsOf(follower)).toEqual(all.map((_, index) => String(index)));
    expect(follower.at(-1)?.event).toEqual(done);
  });

  it('shares connections among many jobs, and each gets its own events', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `job-${index}`);
    const following = ids.map((id) => followAll(id));
    for (const id of ids) await worker.tell(id, said(id));
    const readers = (await worker.redis.call('CLIENT', 'LIST')) as string;
    for (const id of ids) await worker.tell(id, done);

    const told = await Promise.all(following);

    expect(told.map(textsOf)).toEqual(ids.map((id) => [id]));
    expect(readers.split('\n').filter((line) => line.includes('cmd=xread')).length).toBeLessThanOrEqual(5);
  });

  it('lets two follow one job, each from their own point', async () => {
    const [first] = await worker.tell('job-1', started);
    const following = Promise.all([followAll('job-1'), followAll('job-1', { after: first })]);
    await worker.tell('job-1', said('one'), done);

    expect((await following).map(eventsOf)).toEqual([
      [started, said('one'), done],
      [said('one'), done],
    ]);
  });

  it('stops when its signal aborts, and when the client is closed', async () => {
    const abort = new AbortController();
    const stopped = followAll('job-1', { signal: abort.signal });
    const closed = followAll('job-1');
    abort.abort(new Error('The person left.'));

    await expect(stopped).rejects.toThrow('The person left.');
    await client.close();
    await expect(closed).rejects.toMatchObject({ name: 'AbortError' });
    await expect(followAll('job-1')).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('gives nothing more once its signal has aborted, not even what it has read', async () => {
    const abort = new AbortController();
    const stream = client.follow('job-1', { signal: abort.signal })[Symbol.asyncIterator]();
    await worker.tell('job-1', started, said('one'), done);
    await stream.next();
    abort.abort(new Error('The person left.'));

    await expect(stream.next()).rejects.toThrow('The person left.');
  });

  it('says that Redis refuses to be read', async () => {
    await worker.redis.set(keys.events('job-1'), 'not a stream');

    await expect(followAll('job-1')).rejects.toMatchObject({
      code: 'ERR_REDIS_UNAVAILABLE',
      reason: 'WRONGTYPE',
    });
  });
});

describe('follow with renewToken', () => {
  it('gives a job whose token was lost a new one, and goes on with what the resume job tells', async () => {
    const { jobId } = await client.enqueue(newJob());
    const asked: unknown[] = [];
    const renewed = tokenThatEnds(now + 7_200);
    const following = followAll(jobId, {
      renewToken: (wanted) => {
        asked.push(wanted);
        return renewed;
      },
    });
    await worker.take();
    await worker.tell(jobId, said('one'), signInWanted, waiting);
    const { job, token } = await worker.take();
    await worker.tell(job.jobId, said('two'), done);

    const told = await following;

    expect(asked).toEqual([{ jobId, reason: 'token-lost', message: 'Sign in again.' }]);
    expect(job).toMatchObject({ kind: 'resume', of: jobId });
    expect(token.reveal()).toBe(renewed);
    expect(eventsOf(told)).toEqual([said('one'), signInWanted, said('two'), done]);
    expect(told.map((each) => each.jobId)).toEqual([jobId, jobId, job.jobId, job.jobId]);
  });

  it('renews once for two who follow, and for one who comes back', async () => {
    let renewals = 0;
    const renewToken = (): string => {
      renewals += 1;
      return tokenThatEnds(now + 7_200);
    };
    await worker.tell('job-1', signInWanted, waiting);
    const following = Promise.all([followAll('job-1', { renewToken }), followAll('job-1', { renewToken })]);
    const { job } = await worker.take();
    await worker.tell(job.jobId, said('two'), done);
    const [one, other] = await following;
    renewals = 0;

    const later = await followAll('job-1', { renewToken });

    expect(other).toEqual(one);
    expect(later).toEqual(one);
    expect(renewals).toBe(0);
  });

  it('cancels a job together with the job that renewed it', async () => {
    const subscriber = worker.redis.duplicate();
    await subscriber.subscribe(keys.cancelled);
    const cancelled: string[] = [];
    subscriber.on('message', (_channel: string, id: string) => cancelled.push(id));
    await client.enqueue(newJob({ jobId: 'job-1' }));
    await worker.take();
    await worker.tell('job-1', signInWanted, waiting);
    const following = followAll('job-1', { renewToken: () => tokenThatEnds(now + 7_200) });
    const { job } = await worker.take();
    await worker.tell(job.jobId, started);

    await client.cancel('job-1');
    await untilTrue([subscriber, 'message'], () => cancelled.includes(job.jobId));
    subscriber.disconnect();
    await worker.tell(job.jobId, { type: 'ended', result: 'cancelled', message: 'Stopped.' });

    expect(await worker.redis.exists(keys.cancel('job-1'), keys.cancel(job.jobId))).toBe(2);
    expect((await following).at(-1)).toMatchObject({ event: { result: 'cancelled' } });
  });
});

describe('answer', () => {
  it('sends the decisions of a person, with a token of their own', async () => {
    await worker.tell('job-1', approvalWanted, waiting);
    const decisions = [{ type: 'reject', message: 'Too large.' }] as const;

    const { jobId } = await client.answer({ of: 'job-1', decisions, token: tokenThatEnds(now + 60) });

    const { job } = await worker.take();
    expect(job).toEqual({ kind: 'resume', jobId, of: 'job-1', decisions, tokenRef: expect.any(String) });
  });
});

describe('job and deadLetters', () => {
  it('tell what the workers keep, and nothing of what they keep for themselves', async () => {
    await worker.redis.hset(keys.job('job-1'), {
      ...{ state: 'ended', attempt: '2', result: 'failed', code: 'ERR_CONFIG', agent: 'an_agent' },
      ...{ threadId: 'thread-1', org: 'acme', input: 'A private matter' },
    });
    const letter = {
      jobId: 'job-1',
      reason: 'It broke off too often.',
      tries: 5,
      at: '2026-01-01T00:00:00Z',
    };
    for (const jobId of ['job-0', 'job-1']) {
      await worker.redis.xadd(keys.dead, '*', 'letter', JSON.stringify({ ...letter, jobId }));
    }

    expect(await client.job('job-1')).toEqual({
      ...{ state: 'ended', attempt: 2, result: 'failed', code: 'ERR_CONFIG', agent: 'an_agent' },
      ...{ threadId: 'thread-1', org: 'acme' },
    });
    expect(await client.job('job-2')).toBeUndefined();
    expect(await client.deadLetters({ limit: 1 })).toEqual([letter]);
    expect(await client.deadLetters()).toHaveLength(2);
  });
});

describe('a connection of the backend’s own', () => {
  it('is used and left open', async () => {
    const own = new Redis(url, { commandTimeout: 1_000, maxRetriesPerRequest: 1 });
    const { enqueue, close, follow } = openClient({ redis: own });
    const { jobId } = await enqueue(newJob());
    const stream = follow(jobId)[Symbol.asyncIterator]();
    await worker.tell(jobId, started);
    await stream.next();

    await close();

    await expect(stream.next()).rejects.toMatchObject({ name: 'AbortError' });
    expect(await own.ping()).toBe('PONG');
    own.disconnect();
  });

  it('must not have a key prefix', () => {
    const own = new Redis(url, { keyPrefix: 'mine:', lazyConnect: true });

    expect(() => createWorkerClient({ redis: own, sealKey })).toThrow(/^redis: .*keyPrefix/);
  });
});

describe('a Redis user with the rights of docs/worker.md', () => {
  it('can do all that a client does, and read no token', async () => {
    const line = /^ACL SETUSER .*$/m.exec(readFileSync('docs/worker.md', 'utf8'))?.[0] ?? '';
    await worker.redis.call('ACL', ...line.split(' ').slice(1));
    const own = new URL(url);
    own.username = 'backend';
    own.password = 'a-long-password';
    client = openClient({ redis: own.href });
    const { jobId } = await client.enqueue(newJob());
    const { job } = await worker.take();
    const following = followAll(jobId, { renewToken: () => tokenThatEnds(now + 60) });
    const others = [1, 2, 3].map((number) => followAll(`job-${number}`));
    await worker.tell(jobId, signInWanted, waiting);
    const renewal = await worker.take();
    await worker.tell(renewal.job.jobId, done);
    for (const number of [1, 2, 3]) await worker.tell(`job-${number}`, done);
    const direct = new Redis(own.href);

    expect((await following).at(-1)).toMatchObject({ event: done });
    expect((await Promise.all(others)).map(eventsOf)).toEqual([[done], [done], [done]]);
    await client.answer({ of: jobId, decisions: [{ type: 'approve' }], token: tokenThatEnds(now + 60) });
    await client.cancel(jobId);
    expect(await client.job(jobId)).toBeUndefined();
    expect(await client.deadLetters()).toEqual([]);
    await expect(direct.getdel(keys.token(job.tokenRef))).rejects.toThrow('NOPERM');
    await expect(direct.set(keys.token('ref'), '', 'GET')).rejects.toThrow('NOPERM');
    await expect(direct.xrange(keys.intake, '-', '+')).rejects.toThrow('NOPERM');
    direct.disconnect();
  });
});

describe('examples/worker-client', () => {
  it('shows what the agent says, asks for a decision and sends it', async () => {
    const env = { ...process.env, REDIS_URL: url, TOKEN_SEAL_KEY: sealKey, USER_TOKEN: tokenThatEnds(now) };
    const words = ['--import', 'tsx', 'examples/worker-client/backend.ts', 'Create a database'];
    const backend = spawn(process.execPath, words, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const shown: string[] = [];
    backend.stdout.on('data', (chunk: Buffer) => shown.push(chunk.toString()));
    const ended = once(backend, 'exit');

    const { job } = await worker.take();
    await worker.tell(job.jobId, said('May I?'), approvalWanted, waiting);
    await untilTrue([backend.stdout, 'data'], () => shown.join('').includes('Approve? '));
    backend.stdin.write('yes\n');
    const answer = await worker.take();
    await worker.tell(answer.job.jobId, said('Done.'), done);

    expect(await ended).toEqual([0, null]);
    expect(job).toMatchObject({ input: 'Create a database', org: 'acme' });
    expect(answer.job).toMatchObject({ of: job.jobId, decisions: [{ type: 'approve' }] });
    expect(shown.join('')).toBe('May I?\n[waiting]\nApprove? Done.\n[done]\n');
  });
});

function textOf(next: IteratorResult<FollowedEvent>): string {
  const event = next.done === true ? undefined : next.value.event;
  return event?.type === 'text' ? event.text : `no text: ${JSON.stringify(event)}`;
}

async function untilTrue([emitter, name]: [EventEmitter, string], isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await once(emitter, name);
}

/** Everything that stands in the database, as texts. */
async function dump(redis: Redis): Promise<readonly string[]> {
  const names = await redis.keys('*');
  const read = async (name: string): Promise<unknown> => {
    const type = await redis.type(name);
    if (type === 'stream') return redis.xrange(name, '-', '+');
    return type === 'string' ? redis.get(name) : `an unexpected ${type}`;
  };
  return Promise.all(names.map(async (name) => `${name} ${JSON.stringify(await read(name))}`));
}
