import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { findMissingServices } from './find-services.js';
import { startOwnPostgres } from './postgres.js';
import { startOwnRedis, startRedis } from './redis.js';

describe('a Redis of our own', () => {
  let server: Awaited<ReturnType<typeof startOwnRedis>>;
  beforeAll(async () => {
    server = await startOwnRedis();
  });
  afterAll(() => server.close());

  it.each(['stop', 'kill'] as const)('keeps its address and its keys over %s and start', async (end) => {
    const url = await server.createDatabase();
    const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
    redis.on('error', () => undefined);
    await redis.set('key', 'value');

    await server[end]();
    await server.start();

    expect(await redis.get('key')).toBe('value');
    redis.disconnect();
  });

  it('is durable and evicts nothing', async () => {
    const redis = new Redis(await server.createDatabase());

    expect(await redis.config('GET', 'appendonly', 'maxmemory-policy')).toEqual(
      expect.arrayContaining(['yes', 'noeviction']),
    );
    redis.disconnect();
  });

  it('gives each caller a database without keys', async () => {
    const [one, other] = [await server.createDatabase(), await server.createDatabase()];
    const [first, second] = [new Redis(one), new Redis(other)];
    await first.set('key', 'value');

    expect(await second.dbsize()).toBe(0);
    first.disconnect();
    second.disconnect();
  });
});

describe('a PostgreSQL of our own', () => {
  let server: Awaited<ReturnType<typeof startOwnPostgres>>;
  beforeAll(async () => {
    server = await startOwnPostgres();
  });
  afterAll(() => server.close());

  it.each(['stop', 'kill'] as const)('keeps its address and its rows over %s and start', async (end) => {
    const url = await server.createDatabase();
    await query(url, 'create table kept as select 1 as value');

    await server[end]();
    await expect(query(url, 'select 1')).rejects.toThrow('ECONNREFUSED');
    await server.start();

    expect(await query(url, 'select value from kept')).toEqual([{ value: 1 }]);
  });
});

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('a Redis that TEST_REDIS_URL names', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('lends databases without keys, and gets them back empty, the others as they were', async () => {
    const own = await startOwnRedis();
    const url = await own.createDatabase();
    const somebody = new Redis(url);
    await somebody.set('theirs', 'kept');
    vi.stubEnv('TEST_REDIS_URL', url);

    const lent = await startRedis();
    const [one, other] = [await lent.createDatabase(), await lent.createDatabase()];
    expect(new Set([url, one, other]).size).toBe(3);
    const ours = new Redis(one);
    await ours.set('ours', 'gone');
    await lent.close();

    expect(await ours.dbsize()).toBe(0);
    expect(await somebody.get('theirs')).toBe('kept');
    ours.disconnect();
    somebody.disconnect();
    await own.close();
  });
});

describe('findMissingServices', () => {
  it('says in one sentence what to install or to set', () => {
    expect(findMissingServices({ PATH: '' })).toContain(
      'Redis here: "apt-get install redis-server", or set TEST_REDIS_URL.',
    );
  });

  it('misses nothing that is told', () => {
    const told = { TEST_REDIS_URL: 'redis://127.0.0.1:1', TEST_DATABASE_URL: 'postgres://127.0.0.1:1/x' };

    expect(findMissingServices({ PATH: '', ...told })).toBeUndefined();
  });
});
