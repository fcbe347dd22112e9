import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlatformTables, ResourceRow } from '../../src/platform/platform-tables.js';
import {
  findResource,
  findResources,
  insertResource,
  takeSealed,
} from '../../src/platform/resource-store.js';
import { openTestPlatform, type TestPlatform } from '../support/test-platform.js';

let test: TestPlatform;
let db: Kysely<PlatformTables>;
let row: ResourceRow;

beforeEach(async () => {
  test = await openTestPlatform();
  db = test.database.db.withTables<PlatformTables>();
  const { id, organization_id } = await db
    .selectFrom('environments')
    .selectAll()
    .where('slug', '=', 'staging')
    .executeTakeFirstOrThrow();
  row = {
    id: 'res_1',
    organization_id,
    environment_id: id,
    kind: 'AwsVpc',
    name: 'net_one',
    description: null,
    tags: '[]',
    spec: '{}',
    created_by_issuer: 'http://localhost/test',
    created_by: 'alice',
    created_at: '2026-01-02T03:04:05.000Z',
    final_state: 'available',
    sealed: 'sealed text',
    revealed_at: null,
  };
});
afterEach(() => test.close());

describe('insertResource', () => {
  it('takes a name once for a kind in an environment', async () => {
    expect(await insertResource(db, row)).toBe(true);
    expect(await insertResource(db, { ...row, id: 'res_2' })).toBe(false);
    expect(await insertResource(db, { ...row, id: 'res_3', kind: 'AwsS3Bucket' })).toBe(true);
    expect(await findResource(db, 'res_2', row.organization_id)).toBeUndefined();
  });
});

describe('findResource', () => {
  it('finds a resource with its place, within its organization alone', async () => {
    await insertResource(db, row);

    expect(await findResource(db, 'res_1', row.organization_id)).toMatchObject({
      org: 'acme',
      env: 'staging',
    });
    expect(await findResource(db, 'res_1', 'org_globex')).toBeUndefined();
  });
});

describe('findResources', () => {
  const found = async (filter: object): Promise<string[]> => {
    const place = { organizationId: row.organization_id, environmentIds: [row.environment_id], limit: 10 };
    return (await findResources(db, { ...place, ...filter })).map(({ id }) => id);
  };

  it('gives the newest first, at most so many, of the kinds and environments that are asked for', async () => {
    await insertResource(db, row);
    await insertResource(db, { ...row, id: 'res_2', name: 'newer', created_at: '2026-01-03T00:00:00.000Z' });
    await insertResource(db, { ...row, id: 'res_3', kind: 'AwsS3Bucket' });

    expect(await found({})).toEqual(['res_2', 'res_1', 'res_3']);
    expect(await found({ limit: 1 })).toEqual(['res_2']);
    expect(await found({ kinds: ['AwsS3Bucket'] })).toEqual(['res_3']);
    expect(await found({ kinds: [] })).toEqual([]);
    expect(await found({ environmentIds: [] })).toEqual([]);
    expect(await found({ organizationId: 'org_globex' })).toEqual([]);
  });

  it('takes the wildcards of the database for what they are', async () => {
    await insertResource(db, row);

    expect(await found({ text: 'T_O' })).toEqual(['res_1']);
    for (const text of ['%', 'net-one', 'n_t', '!']) expect(await found({ text })).toEqual([]);
  });
});

describe('takeSealed', () => {
  it('gives the sealed fields to the first of two calls', async () => {
    await insertResource(db, row);

    const taken = await Promise.all([takeSealed(db, row, 'now'), takeSealed(db, row, 'now')]);

    expect(taken.sort()).toEqual(['sealed text', undefined]);
    expect((await findResource(db, 'res_1', row.organization_id))?.sealed).toBeNull();
  });
});
