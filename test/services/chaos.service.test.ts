import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../../src/platform/platform.js';
import type { FollowedEvent, WorkerClient } from '../../src/worker-client/worker-client.js';
import { createWorkerClient } from '../../src/worker-client/worker-client.js';
import type { ChatRequest } from '../support/openai-request-rules.js';
import type { ScriptedAnswer } from '../support/openai-answer.js';
import type { Fleet, FleetPerson } from './support/chaos-fleet.js';
import { startChaosFleet } from './support/chaos-fleet.js';
import type { PostgresServer } from './support/postgres.js';
import { startPostgres } from './support/postgres.js';
import type { RedisServer } from './support/redis.js';
import { startRedis } from './support/redis.js';
import { dumpPostgres, dumpRedis } from './support/stored-text.js';

const agent = 'aws_rds_instance_creator';
/** A conversation is two jobs: the wish, and the answer to the approval. */
const conversations = 500;
const people: readonly FleetPerson[] = Array.from({ length: 50 }, (_none, index) => ({
  subject: `person-${String(index)}`,
  org: `org-${String(index % 5)}`,
}));

/** When a worker is killed: in a model call, around a create, and while an approval is carried out. */
const moments = ['model', 'before-create', 'in-create', 'after-create', 'approval'] as const;
type Moment = (typeof moments)[number];
/** One in so many is a worker’s last: five of each moment, twenty-five in all. */
const every = 90;

let postgres: PostgresServer;
let redis: RedisServer;
let redisUrl: string;
let databaseUrl: string;
let fleet: Fleet;
let client: WorkerClient;
/** The worker that has the conversation of each name. */
const holders = new Map<string, string>();
const seen = new Map<Moment, number>();
const struck: Moment[] = [];

/** Kills the worker that has a conversation, when its time has come. */
function strike(moment: Moment, name: string): void {
  const count = (seen.get(moment) ?? 0) + 1;
  const isDue = count >= every;
  const worker = holders.get(name);
  if (isDue && worker !== undefined && fleet.kill(worker)) {
    struck.push(moment);
    seen.set(moment, 0);
  } else {
    seen.set(moment, count);
  }
}

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  [databaseUrl, redisUrl] = await Promise.all([postgres.createDatabase(), redis.createDatabase()]);
  const sealKey = randomBytes(32).toString('base64');
  client = createWorkerClient({ redis: redisUrl, sealKey });
  fleet = await startChaosFleet({
    ...{ redisUrl, databaseUrl, sealKey, people, workers: 4 },
    // A worker that dies breaks ten jobs off, most of which did nothing to it.
    settings: { WORKER_TRIES: '20' },
    model: play,
    guard: withStrikes,
  });
});

afterAll(async () => {
  await client.close();
  await fleet.close();
  await Promise.all([postgres.close(), redis.close()]);
});

describe('a thousand jobs of fifty people over four workers that are killed', () => {
  it('all end, make each resource once, and leave no token behind', async () => {
    const told = await Promise.all(Array.from({ length: conversations }, (_none, index) => converse(index)));

    expect(fleet.kills()).toBeGreaterThanOrEqual(20);
    expect(new Set(struck)).toEqual(new Set(moments));
    const names = Array.from({ length: conversations }, (_none, index) => nameOf(index));
    expect([...(await fleet.resources())].sort()).toEqual([...names].sort());
    for (const events of told) await expectWhole(events);
    expect(await client.deadLetters()).toEqual([]);
    const stored = `${dumpPostgres(databaseUrl)}\n${await dumpRedis(redisUrl)}\n${fleet.output()}`;
    expect(stored).toContain(nameOf(0));
    expect([...fleet.tokens].filter((token) => holdsPart(stored, token))).toEqual([]);
  }, 900_000);
});

/** Asks for a resource, approves it, and gives a new token whenever one was lost; resolves with everything that was told. */
async function converse(index: number): Promise<readonly FollowedEvent[]> {
  const person = people[index % people.length];
  if (person === undefined) throw new RangeError('There are fewer people than that.');
  const name = nameOf(index);
  const { jobId } = await client.enqueue({
    ...{ agent, threadId: `thread-${name}`, org: person.org, env: 'dev' },
    input: `create ${name} in ${person.org}`,
    token: fleet.token(person),
  });
  const asked = await follow(jobId, { name, person });
  expect(resultOf(asked)).toEqual({ type: 'ended', result: 'waiting', message: expect.any(String) });
  const answer = await client.answer({
    of: asked.at(-1)?.jobId ?? '',
    decisions: [{ type: 'approve' }],
    token: fleet.token(person),
  });
  const done = await follow(answer.jobId, { name, person, moment: 'approval' });
  expect(resultOf(done)).toMatchObject({ result: 'done', message: `${name} was made.` });
  return [...asked, ...done];
}

interface Conversation {
  readonly name: string;
  readonly person: FleetPerson;
  readonly moment?: Moment;
}

async function follow(
  jobId: string,
  { name, person, moment }: Conversation,
): Promise<readonly FollowedEvent[]> {
  const told: FollowedEvent[] = [];
  for await (const followed of client.follow(jobId, { renewToken: () => fleet.token(person) })) {
    told.push(followed);
    if (followed.event.type !== 'started') continue;
    holders.set(name, followed.event.worker);
    if (moment !== undefined) strike(moment, name);
  }
  const [question, end] = told.slice(-2);
  if (question?.event.type !== 'sign-in-wanted' || end === undefined) return told;
  // So many workers died with it that the client asks before it renews the token once more.
  const renewed = await client.renew({ of: end.jobId, token: fleet.token(person) });
  return [...told, ...(await follow(renewed.jobId, { name, person }))];
}

function resultOf(told: readonly FollowedEvent[]): unknown {
  return told.at(-1)?.event;
}

/** The streams of all jobs of a conversation, read again: the same events, in order, and one end each. */
async function expectWhole(told: readonly FollowedEvent[]): Promise<void> {
  for (const jobId of new Set(told.map((followed) => followed.jobId))) {
    const again: FollowedEvent[] = [];
    for await (const followed of client.follow(jobId)) again.push(followed);
    const attempts = again.flatMap(({ event }) => (event.type === 'started' ? [event.attempt] : []));
    // A worker may die before it tells that it has started.
    expect(attempts).toEqual([...new Set(attempts)].sort((one, other) => one - other));
    expect(again.findIndex(({ event }) => event.type === 'ended')).toBe(again.length - 1);
    const live = told.filter((followed) => followed.jobId === jobId);
    expect(again.slice(0, live.length)).toEqual(live);
  }
}

function holdsPart(stored: string, token: string): boolean {
  return token.split('.').some((part, at) => at > 0 && stored.includes(part));
}

function nameOf(index: number): string {
  return `db-${String(index).padStart(3, '0')}`;
}

/** Makes what it is asked for, then says so. */
function play({ messages }: ChatRequest): ScriptedAnswer {
  const said = messages.findLast(({ role }) => role === 'user');
  const [, name = '', org = ''] = /create (\S+) in (\S+)/.exec(JSON.stringify(said?.content)) ?? [];
  if (messages.at(-1)?.role === 'tool') {
    strike('after-create', name);
    const isMade = JSON.stringify(messages.at(-1)?.content).includes('res_');
    return { text: isMade ? `${name} was made.` : `${name} was not made.` };
  }
  strike('model', name);
  const spec = {
    ...{ engine: 'postgres', engine_version: '16.4', instance_class: 'db.t3.small' },
    ...{ allocated_storage_gb: 20, username: 'app_admin', publicly_accessible: false },
    subnet_ids: ['subnet-a1', 'subnet-b2'],
  };
  const args = {
    cloud_resource_kind: 'AwsRdsInstance',
    org_id: org.replaceAll('"', ''),
    env_name: 'dev',
    spec,
  };
  return { calls: [{ name: 'create_cloud_resource', args: { ...args, resource_name: name } }] };
}

/** The platform, in whose creates workers die. */
function withStrikes(platform: Platform): Platform {
  return {
    ...platform,
    async createResource(caller, input, key) {
      // The arguments of the tool, which the platform checks.
      const { resource_name: name } = input as { readonly resource_name: string };
      strike('before-create', name);
      const made = await platform.createResource(caller, input, key);
      strike('in-create', name);
      return made;
    },
  };
}
