import { describe, expect, it } from 'vitest';
import {
  newerCreate,
  newerGetResource,
  newerGetSchema,
  newerListEnvironments,
  newerListKinds,
  newerListOrganizations,
  newerSearch,
} from '../../../src/tools/platform-generations/newer-tools.js';
import { runTranslation } from '../../support/translated-server.js';

const catalog = {
  providers: { aws: { api_version: 'aws/v1', kinds: ['AwsS3Bucket', 'AwsRdsInstance'] } },
};
const resources = {
  'cloud-resource-kinds://catalog': catalog,
  'cloud-resource-schema://AwsRdsInstance': {
    type: 'object',
    properties: { engine: { type: 'string' }, password: {} },
  },
};
const create = {
  ...{ cloud_resource_kind: 'aws_rds_instance', org_id: 'acme', env_name: 'dev', resource_name: 'Orders' },
  ...{ spec: { engine: 'postgres' }, description: 'for orders' },
};
const applied = { metadata: { id: 'r', name: 'orders' } };

describe('the newer generation', () => {
  it('is told by the tool that lists resources', () => {
    const isSpoken = (tool: string) =>
      newerListOrganizations.isSpoken?.({ has: (name) => name === tool, schema: () => undefined });

    expect(isSpoken('list_cloud_resources')).toBe(true);
    expect(isSpoken('list_organizations')).toBe(false);
  });

  it('is asked under its own names', async () => {
    const places = await runTranslation(newerListEnvironments, { org_id: 'acme' }, { call: {} });
    const one = await runTranslation(newerGetResource, { resource_id: 'r' }, { call: applied });
    const all = await runTranslation(
      newerListOrganizations,
      {},
      { call: { entries: [{ metadata: { slug: 'acme' } }] } },
    );

    expect(places).toEqual({ result: [], sent: [{ org: 'acme' }] });
    expect(one).toMatchObject({ result: { id: 'r' }, sent: [{ id: 'r' }] });
    expect(all).toEqual({ result: [{ slug: 'acme' }], sent: [{}] });
  });

  it('gives kinds and schemas from its resources and calls nothing for them', async () => {
    expect(await runTranslation(newerListKinds, {}, { resources })).toEqual({
      result: [
        { kind: 'AwsRdsInstance', provider: 'aws' },
        { kind: 'AwsS3Bucket', provider: 'aws' },
      ],
      sent: [],
    });
    expect(
      await runTranslation(newerGetSchema, { cloud_resource_kind: 'AWS RDS instance' }, { resources }),
    ).toEqual({
      result: {
        kind: 'AwsRdsInstance',
        schema: { type: 'object', properties: { engine: { type: 'string' }, password: { writeOnly: true } } },
      },
      sent: [],
    });
  });

  it('searches with the filters that were given, spelled its way', async () => {
    const { sent } = await runTranslation(
      newerSearch,
      { org_id: 'acme', env_names: ['dev'], cloud_resource_kinds: ['aws_rds_instance'], search_text: 'x' },
      { call: {}, resources },
    );
    const bare = await runTranslation(newerSearch, { org_id: 'acme' }, { call: {} });

    expect(sent).toEqual([{ org: 'acme', envs: ['dev'], kinds: ['AwsRdsInstance'], search_text: 'x' }]);
    expect(bare.sent).toEqual([{ org: 'acme' }]);
  });

  it('looks the name up right before it applies', async () => {
    const { sent } = await runTranslation(
      newerCreate((spec) => ({ ...spec, multi_az: false })),
      create,
      {
        ...{ call: applied, resources, reads: { list_cloud_resources: {} } },
      },
    );

    expect(sent).toEqual([
      ['list_cloud_resources', { org: 'acme', envs: ['dev'], kinds: ['AwsRdsInstance'] }],
      {
        cloud_object: {
          api_version: 'aws/v1',
          kind: 'AwsRdsInstance',
          metadata: { name: 'orders', org: 'acme', env: 'dev' },
          spec: { engine: 'postgres', multi_az: false },
        },
      },
    ]);
  });

  it.each([
    [
      'taken',
      {
        canvas_environments: [
          {
            env_slug: 'dev',
            resource_kind_mapping: { AwsRdsInstance: { entries: [{ id: 'r', name: 'ORDERS' }] } },
          },
        ],
      },
      'conflict',
    ],
    [
      'not told',
      { canvas_environments: [{ resource_kind_mapping: { AwsRdsInstance: { entries: [{ id: 'r' }] } } }] },
      'contract',
    ],
    ['unreadable', { canvas_environments: 'none' }, 'contract'],
    ['somewhere else', { found: [] }, 'contract'],
  ])('applies nothing while the name is %s', async (_title, list, outcome) => {
    const run = runTranslation(
      newerCreate((spec) => spec),
      create,
      {
        ...{ call: applied, resources, reads: { list_cloud_resources: list } },
      },
    );

    await expect(run).rejects.toMatchObject({ failure: { outcome } });
  });

  it('applies nothing of a kind that does not exist, nor without its catalog', async () => {
    const unknown = { ...create, cloud_resource_kind: 'AwsRdsInstanze' };
    const apply = newerCreate((spec) => spec);
    const empty = { 'cloud-resource-kinds://catalog': {} };

    await expect(runTranslation(apply, unknown, { call: applied, resources })).rejects.toMatchObject({
      failure: { outcome: 'invalid-argument', issues: [{ path: 'cloud_resource_kind' }] },
    });
    await expect(runTranslation(apply, create, { call: applied, resources: empty })).rejects.toMatchObject({
      failure: { outcome: 'contract' },
    });
  });
});
