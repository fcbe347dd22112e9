import { describe, expect, it } from 'vitest';
import { requireUnusedName, toFoundList } from '../../../src/tools/platform-generations/newer-search.js';
import { translatedServer } from '../../support/translated-server.js';

const record = { id: 'r', name: 'Orders', slug: 'orders', org: 'acme' };
const canvas = (entries: readonly object[]) => ({
  canvas_environments: [{ env_slug: 'dev', resource_kind_mapping: { AwsRdsInstance: { entries } } }],
});
const wanted = { org_id: 'acme', env_name: 'dev', resource_name: 'Orders', kind: 'AwsRdsInstance' };
const look = (list: unknown) =>
  requireUnusedName(wanted, translatedServer({ reads: { list_cloud_resources: list } }));

describe('toFoundList', () => {
  it('gives the resources of all groups with their group’s environment and kind', () => {
    expect(toFoundList(canvas([record]))).toEqual([
      { id: 'r', name: 'orders', cloud_resource_kind: 'AwsRdsInstance', org: 'acme', env: 'dev' },
    ]);
    expect(toFoundList({})).toEqual([]);
  });

  it.each([{ found: [] }, { canvas_environments: 'x' }, canvas([{ id: 'r' }])])(
    'takes %j for no answer',
    (answer) => {
      expect(() => toFoundList(answer)).toThrow(
        expect.objectContaining({ failure: { outcome: 'contract' } }),
      );
    },
  );
});

describe('requireUnusedName', () => {
  it('lets a free name through, also where it is part of another', async () => {
    await expect(look({})).resolves.toBeUndefined();
    await expect(look(canvas([{ id: 'r', name: 'orders-2' }]))).resolves.toBeUndefined();
  });

  it('names what has the name', async () => {
    await expect(look(canvas([record]))).rejects.toMatchObject({
      failure: {
        outcome: 'conflict',
        message: expect.stringContaining('"orders" is taken in dev: r exists') as unknown,
      },
    });
  });
});
