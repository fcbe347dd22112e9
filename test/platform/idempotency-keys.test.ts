import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  dropIdempotencyKeys,
  parseIdempotencyKey,
  takeIdempotencyKey,
  type KeyUse,
} from '../../src/platform/idempotency-keys.js';
import type { PlatformTables } from '../../src/platform/platform-tables.js';
import { callerFor, openTestPlatform, type TestPlatform } from '../support/test-platform.js';

let test: TestPlatform;
let db: Kysely<PlatformTables>;

beforeEach(async () => {
  test = await openTestPlatform();
  db = test.database.db.withTables<PlatformTables>();
});
afterEach(() => test.close());

const { principal } = callerFor('alice');
const use: KeyUse = {
  key: 'key-1',
  principal,
  content: { name: 'orders', size: 1 },
  resourceId: 'res_1',
  at: '2026-01-02T03:04:05.000Z',
};
const take = (changes: Partial<KeyUse> = {}) => takeIdempotencyKey(db, { ...use, ...changes });

describe('parseIdempotencyKey', () => {
  it('gives a key as it came, and nothing where there is none', () => {
    expect(parseIdempotencyKey('key-1')).toBe('key-1');
    expect(parseIdempotencyKey(undefined)).toBeUndefined();
  });

  it.each([null, '', ['key-1'], { key: 1 }])('refuses %j', (value) => {
    expect(() => parseIdempotencyKey(value)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});

describe('takeIdempotencyKey', () => {
  it('gives the resource of the first use to every later one', async () => {
    expect(await take()).toBeUndefined();
    expect(await take({ resourceId: 'res_2' })).toBe('res_1');
    expect(await take({ resourceId: 'res_3' })).toBe('res_1');
  });

  it('knows the same content in another order', async () => {
    await take();

    expect(await take({ content: { size: 1, name: 'orders' } })).toBe('res_1');
  });

  it('refuses other content', async () => {
    await take();

    await expect(take({ content: { name: 'orders', size: 2 } })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });

  it.each([
    ['subject', { subject: 'bob' }],
    ['issuer', { issuer: 'http://localhost/other' }],
  ])('keeps the keys of another %s apart', async (_title, changes) => {
    await take();

    expect(await take({ principal: { ...principal, ...changes } })).toBeUndefined();
  });

  it('knows the principal by a renewed token', async () => {
    await take();

    expect(await take({ principal: { ...principal, tokenId: 'renewed' } })).toBe('res_1');
  });

  it('is undone with the transaction around it', async () => {
    const transaction = db.transaction().execute(async (inside) => {
      await takeIdempotencyKey(inside, use);
      throw new Error('rolled back');
    });
    await expect(transaction).rejects.toThrow('rolled back');

    expect(await take()).toBeUndefined();
  });
});

describe('dropIdempotencyKeys', () => {
  it('drops what was taken before a time, and nothing of that time', async () => {
    await take();
    await take({ key: 'key-2', at: '2026-01-02T03:04:06.000Z' });

    await dropIdempotencyKeys(db, '2026-01-02T03:04:06.000Z');

    expect(await take({ resourceId: 'res_9' })).toBeUndefined();
    expect(await take({ key: 'key-2', resourceId: 'res_9' })).toBe('res_1');
  });
});
