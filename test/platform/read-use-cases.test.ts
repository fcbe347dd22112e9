import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callerFor, openTestPlatform, type TestPlatform } from '../support/test-platform.js';

let test: TestPlatform;

beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const alice = callerFor('alice');

describe('listOrganizations', () => {
  it('lists the one organization that the token names', async () => {
    expect(await test.platform.listOrganizations(alice, {})).toEqual([
      { id: 'org_acme', slug: 'acme', name: 'Acme' },
    ]);
    expect(await test.platform.listOrganizations(callerFor('carol'), {})).toMatchObject([{ slug: 'globex' }]);
  });
});

describe('listEnvironments', () => {
  it('takes id or slug, and keeps the order of the directory', async () => {
    const bySlug = await test.platform.listEnvironments(alice, { org_id: 'acme' });
    expect(bySlug.map(({ slug }) => slug)).toEqual(['dev', 'staging', 'prod']);
    expect(Object.keys(bySlug[0] ?? {}).sort()).toEqual(['description', 'id', 'name', 'slug']);
    expect(await test.platform.listEnvironments(alice, { org_id: 'org_acme' })).toEqual(bySlug);
  });
});

describe('listResourceKinds', () => {
  it('gives kind, provider and description, the same way every time', async () => {
    const kinds = await test.platform.listResourceKinds(alice, {});
    expect(kinds[0]).toEqual({
      kind: 'AwsRdsInstance',
      provider: 'aws',
      description: expect.any(String) as string,
    });
    expect(await test.platform.listResourceKinds(callerFor('carol'), {})).toEqual(kinds);
  });
});

describe('getResourceSchema', () => {
  it('gives the schema and notes the kind', async () => {
    const answer = await test.platform.getResourceSchema(alice, { cloud_resource_kind: 'aws rds instance' });
    expect(answer).toMatchObject({
      kind: 'AwsRdsInstance',
      schema: { type: 'object', properties: { engine: {} } },
    });
    expect((await test.audit())[0]).toMatchObject({ kind: 'AwsRdsInstance' });
  });
});

describe('searchResources', () => {
  it('refuses a kind with a typo instead of widening the search', async () => {
    const call = test.platform.searchResources(alice, {
      org_id: 'acme',
      cloud_resource_kinds: ['AwsVpc', 'AwsVcp'],
    });
    await expect(call).rejects.toMatchObject({ issues: [{ path: 'cloud_resource_kinds.1' }] });
  });

  it('names an environment that does not exist', async () => {
    const call = test.platform.searchResources(alice, { org_id: 'acme', env_names: ['dev', 'qa'] });
    await expect(call).rejects.toMatchObject({ kind: 'environment', id: 'qa' });
  });

  it.each([undefined, null, 'acme', { org_id: 7 }, { org_id: '' }])(
    'refuses %j as arguments',
    async (input) => {
      await expect(test.platform.searchResources(alice, input)).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
      expect(await test.audit()).toHaveLength(1);
    },
  );
});
