import { describe, expect, it } from 'vitest';
import {
  olderCreate,
  olderGetResource,
  olderGetSchema,
  olderListEnvironments,
  olderListKinds,
  olderListOrganizations,
  olderSearch,
} from '../../../src/tools/platform-generations/older-tools.js';
import { runTranslation } from '../../support/translated-server.js';

const failed = { error: 'PERMISSION_DENIED', message: 'no' };
const kinds = [
  { kind: 'gcp_gke_cluster', provider: 'gcp' },
  { kind: 'aws_rds_instance', provider: 'aws' },
];

describe('the older generation', () => {
  it('is told from the present one by what it leaves unsaid of its arguments', () => {
    const isSpoken = (schema: object): boolean | undefined =>
      olderSearch.isSpoken?.({
        has: (tool) => tool === 'search_cloud_resources',
        schema: (tool) => (tool === 'search_cloud_resources' ? { properties: schema } : undefined),
      });

    expect(isSpoken({ org_id: { type: 'string' } })).toBe(true);
    expect(isSpoken({ org_id: { type: 'string', maxLength: 63 } })).toBe(false);
    expect(isSpoken({})).toBe(false);
  });

  it.each([
    ['organizations', olderListOrganizations, {}],
    ['environments', olderListEnvironments, { org_id: 'acme' }],
    ['kinds', olderListKinds, {}],
    ['a schema', olderGetSchema, { cloud_resource_kind: 'x' }],
    ['a resource', olderGetResource, { resource_id: 'x' }],
    ['a search', olderSearch, { org_id: 'acme' }],
  ])('tells of a failure at %s', async (_title, translation, args) => {
    await expect(runTranslation(translation, args, { call: failed })).rejects.toMatchObject({
      failure: { outcome: 'permission-denied', details: 'no' },
    });
  });

  it('sorts the kinds and spells them as they are spelled elsewhere', async () => {
    const { result } = await runTranslation(olderListKinds, {}, { call: kinds });

    expect(result).toEqual([
      { kind: 'AwsRdsInstance', provider: 'aws' },
      { kind: 'GcpGkeCluster', provider: 'gcp' },
    ]);
  });

  it('looks up the kinds of a search before it searches, and a failure of the look is one of the search', async () => {
    const args = { org_id: 'acme', cloud_resource_kinds: ['AwsRdsInstance'] };
    const reads = { list_cloud_resource_kinds: kinds };
    const found = [
      { id: 'r', slug: 'orders', cloud_resource_kind: 'AwsRdsInstance' },
      { id: 's', slug: 'others', cloud_resource_kind: 'AwsS3Bucket' },
    ];

    const { result, sent } = await runTranslation(olderSearch, args, { call: found, reads });

    expect(sent).toEqual([['list_cloud_resource_kinds', {}], args]);
    expect(result).toEqual([{ id: 'r', name: 'orders', cloud_resource_kind: 'AwsRdsInstance' }]);
    await expect(
      runTranslation(olderSearch, args, { call: found, reads: { list_cloud_resource_kinds: failed } }),
    ).rejects.toMatchObject({ failure: { outcome: 'permission-denied' } });
  });

  it('creates with the spec it is given and without a description', async () => {
    const args = {
      ...{ cloud_resource_kind: 'AwsRdsInstance', org_id: 'acme', env_name: 'dev', resource_name: 'orders' },
      ...{ spec: { engine: 'postgres' }, description: 'for orders', tags: ['a'] },
    };
    const { description: _description, ...rest } = args;

    const { result, sent } = await runTranslation(
      olderCreate((spec) => ({ ...spec, multi_az: false })),
      args,
      { call: { kind: 'AwsRdsInstance', metadata: { id: 'r', name: 'orders' } } },
    );

    expect(sent).toEqual([{ ...rest, spec: { engine: 'postgres', multi_az: false } }]);
    expect(result).toMatchObject({ id: 'r', name: 'orders' });
  });
});
